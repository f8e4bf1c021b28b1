#include "report/recording/record_lane.hpp"

#include <cstring>
#include <exception>
#include <utility>

namespace hoplab::report::recording {
namespace tm = models::telemetry;
namespace {

constexpr std::size_t chunk_size = 128 * 1024;
constexpr std::size_t chunks_max = 16;

std::int64_t nanoseconds(sim::WallTime instant) { return instant.time_since_epoch().count(); }
sim::WallTime instant(std::int64_t nanoseconds) {
  return sim::WallTime(sim::Duration(nanoseconds));
}

}  // namespace

RecordLane::RecordLane(Writers writers, bool has_thread)
    : writers_(writers), has_thread_(has_thread) {
  if (has_thread_) thread_ = std::thread([this] { work(); });
}

RecordLane::~RecordLane() {
  if (!has_thread_) return;
  {
    const std::lock_guard lock(mutex_);
    chunks_.clear();
    is_closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void RecordLane::open_stream(std::string_view group, std::string_view name) {
  const auto size = static_cast<std::uint32_t>(group.size());
  put({.kind = Kind::open_stream, .detail = size}, group, name);
}

void RecordLane::add_firelens(std::string_view members) {
  put({.kind = Kind::add_firelens}, members);
}

void RecordLane::log(std::uint32_t stream, const tm::LogEvent& event) {
  if (!has_thread_) return writers_.logs.log(stream, event);
  put({.kind = Kind::log,
       .source = event.source,
       .index = stream,
       .detail = event.firelens.index,
       .at = nanoseconds(event.timestamp),
       .value = nanoseconds(event.ingestion)},
      event.message);
}

void RecordLane::task(sim::WallTime at, std::string_view json) {
  put({.kind = Kind::task, .at = nanoseconds(at)}, json);
}

void RecordLane::open_statsd(std::string_view path) { put({.kind = Kind::open_statsd}, path); }

void RecordLane::add_series(std::uint32_t task, std::string_view head, std::string_view tail) {
  const auto size = static_cast<std::uint32_t>(head.size());
  put({.kind = Kind::add_series, .index = task, .detail = size}, head, tail);
}

void RecordLane::datagram(std::uint32_t task, std::int64_t at_ms, std::string_view datagram) {
  if (!has_thread_) return writers_.statsd.datagram(task, at_ms, datagram);
  put({.kind = Kind::datagram, .index = task, .at = at_ms}, datagram);
}

void RecordLane::value(std::uint32_t series, std::int64_t at_ms, std::uint64_t value) {
  if (!has_thread_) return writers_.statsd.value(series, at_ms, value);
  put({.kind = Kind::value,
       .index = series,
       .at = at_ms,
       .value = static_cast<std::int64_t>(value)},
      {});
}

void RecordLane::open_lines(std::string_view path) { put({.kind = Kind::open_lines}, path); }

void RecordLane::line(std::uint32_t file, std::string_view line) {
  put({.kind = Kind::line, .index = file}, line);
}

void RecordLane::put(const Head& head, std::string_view text, std::string_view more) {
  Head sized = head;
  sized.size = static_cast<std::uint32_t>(text.size() + more.size());
  filling_.append(reinterpret_cast<const char*>(&sized), sizeof sized);
  filling_ += text;
  filling_ += more;
  if (!has_thread_) {
    replay(std::exchange(filling_, {}));
  } else if (filling_.size() >= chunk_size) {
    hand_over();
  }
}

void RecordLane::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return chunks_.size() < chunks_max || trouble_; });
  if (trouble_) std::rethrow_exception(trouble_);
  std::string next;
  if (!spare_.empty()) {
    next = std::move(spare_.front());
    spare_.pop_front();
  }
  chunks_.push_back(std::exchange(filling_, std::move(next)));
  lock.unlock();
  changed_.notify_all();
}

void RecordLane::settle() {
  if (!has_thread_) return;
  if (!filling_.empty()) hand_over();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return trouble_ || (chunks_.empty() && !is_working_); });
  if (trouble_) std::rethrow_exception(trouble_);
}

void RecordLane::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_closed_ || !chunks_.empty(); });
    if (is_closed_) return;
    std::string chunk = std::move(chunks_.front());
    chunks_.pop_front();
    is_working_ = true;
    lock.unlock();
    std::exception_ptr trouble;
    try {
      replay(chunk);
    } catch (const std::exception&) {
      trouble = std::current_exception();
    }
    chunk.clear();
    lock.lock();
    is_working_ = false;
    spare_.push_back(std::move(chunk));
    if (trouble) {
      trouble_ = trouble;
      chunks_.clear();
    }
    changed_.notify_all();
  }
}

void RecordLane::replay(std::string_view chunk) {
  while (!chunk.empty()) {
    Head head;
    std::memcpy(&head, chunk.data(), sizeof head);
    replay(head, chunk.substr(sizeof head, head.size));
    chunk.remove_prefix(sizeof head + head.size);
  }
}

void RecordLane::replay(const Head& head, std::string_view text) {
  switch (head.kind) {
    case Kind::open_stream:
      return writers_.logs.open_stream(text.substr(0, head.detail), text.substr(head.detail));
    case Kind::add_firelens:
      return writers_.logs.add_firelens(text);
    case Kind::log:
      return writers_.logs.log(
          head.index,
          {instant(head.at), instant(head.value), text, head.source, {.index = head.detail}});
    case Kind::task:
      return writers_.logs.task(instant(head.at), text);
    case Kind::open_statsd:
      return writers_.statsd.open(text);
    case Kind::add_series:
      return writers_.statsd.add_series(head.index, text.substr(0, head.detail),
                                        text.substr(head.detail));
    case Kind::datagram:
      return writers_.statsd.datagram(head.index, head.at, text);
    case Kind::value:
      return writers_.statsd.value(head.index, head.at, static_cast<std::uint64_t>(head.value));
    case Kind::open_lines:
      return writers_.lines.open(text);
    case Kind::line:
      return writers_.lines.line(head.index, text);
  }
}

}  // namespace hoplab::report::recording
