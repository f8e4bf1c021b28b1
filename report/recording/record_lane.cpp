#include "report/recording/record_lane.hpp"

#include <cstddef>
#include <cstring>
#include <exception>
#include <utility>

namespace hoplab::report::recording {
namespace tm = models::telemetry;
namespace {

// Small, and the one that was emptied last is filled next: what is under way stays in the caches.
constexpr std::size_t chunk_size = 16 * 1024;
constexpr std::size_t chunks_max = 64;
// To wake a thread costs the other one a system call: whoever has nothing to do sleeps until there
// is something for a while.
constexpr std::size_t chunks_to_read = 8;
constexpr std::size_t chunks_to_go_on = chunks_max / 2;

std::int64_t nanoseconds(sim::WallTime instant) { return instant.time_since_epoch().count(); }
sim::WallTime instant(std::int64_t nanoseconds) {
  return sim::WallTime(sim::Duration(nanoseconds));
}

}  // namespace

RecordLane::RecordLane(Writers writers, bool has_thread)
    : has_thread_(has_thread), writers_(writers) {
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

void RecordLane::value(std::uint32_t series, sim::WallTime at, std::uint64_t value) {
  if (!has_thread_) return writers_.statsd.value(series, sim::epoch_milliseconds(at), value);
  if (at != value_at_) {
    value_at_ = at;
    put({.kind = Kind::instant, .at = nanoseconds(at)}, {});
  }
  const Value entry{.series = series, .value = value};
  filling_ += std::string_view(reinterpret_cast<const char*>(&entry), sizeof entry);
  hand_over_if_full();
}

void RecordLane::open_lines(std::string_view path) { put({.kind = Kind::open_lines}, path); }

void RecordLane::line(std::uint32_t file, std::string_view line) {
  put({.kind = Kind::line, .index = file}, line);
}

void RecordLane::put(const Head& head, std::string_view text, std::string_view more) {
  Head sized = head;
  sized.size = static_cast<std::uint32_t>(text.size() + more.size());
  filling_ += std::string_view(reinterpret_cast<const char*>(&sized), sizeof sized);
  filling_ += text;
  filling_ += more;
  hand_over_if_full();
}

void RecordLane::hand_over_if_full() {
  if (!has_thread_) {
    // What a writer refuses must not be handed over once more.
    const sim::Text entry = std::exchange(filling_, {});
    replay(entry.view());
  } else if (filling_.size() >= chunk_size) {
    hand_over();
  }
}

void RecordLane::hand_over() {
  std::unique_lock lock(mutex_);
  if (chunks_.size() >= chunks_max) {
    changed_.wait(lock, [this] { return chunks_.size() <= chunks_to_go_on || trouble_; });
  }
  if (trouble_) std::rethrow_exception(trouble_);
  sim::Text next;
  if (!spare_.empty()) {
    next = std::move(spare_.back());
    spare_.pop_back();
  }
  chunks_.push_back(std::exchange(filling_, std::move(next)));
  const bool wakes = chunks_.size() == chunks_to_read;
  lock.unlock();
  if (wakes) changed_.notify_all();
}

void RecordLane::settle() {
  if (!has_thread_) return;
  if (!filling_.empty()) hand_over();
  std::unique_lock lock(mutex_);
  is_urgent_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return trouble_ || (chunks_.empty() && !is_working_); });
  is_urgent_ = false;
  if (trouble_) std::rethrow_exception(trouble_);
}

void RecordLane::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (chunks_.empty()) {
      changed_.wait(lock, [this] {
        return is_closed_ || chunks_.size() >= chunks_to_read || (is_urgent_ && !chunks_.empty());
      });
    }
    if (is_closed_) return;
    sim::Text chunk = std::move(chunks_.front());
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
    if (chunks_.size() == chunks_to_go_on || chunks_.empty()) changed_.notify_all();
  }
}

void RecordLane::replay(std::string_view chunk) {
  static_assert(offsetof(Head, kind) == 0 && offsetof(Value, kind) == 0);
  while (!chunk.empty()) {
    if (static_cast<Kind>(chunk.front()) == Kind::value) {
      Value value;
      std::memcpy(&value, chunk.data(), sizeof value);
      writers_.statsd.value(value.series, value_at_ms_, value.value);
      chunk.remove_prefix(sizeof value);
      continue;
    }
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
    case Kind::instant:
      value_at_ms_ = sim::epoch_milliseconds(instant(head.at));
      return;
    case Kind::value:
      return;  // It has no head.
    case Kind::open_lines:
      return writers_.lines.open(text);
    case Kind::line:
      return writers_.lines.line(head.index, text);
  }
}

}  // namespace hoplab::report::recording
