#include "report/recording/log_lane.hpp"

#include <cstring>
#include <exception>
#include <utility>

namespace hoplab::report::recording {
namespace {

constexpr std::size_t chunk_size = 128 * 1024;
constexpr std::size_t chunks_max = 16;

std::int64_t nanoseconds(sim::WallTime instant) { return instant.time_since_epoch().count(); }
sim::WallTime instant(std::int64_t nanoseconds) {
  return sim::WallTime(sim::Duration(nanoseconds));
}

}  // namespace

LogLane::LogLane(LogWriter& writer, bool has_thread) : writer_(writer), has_thread_(has_thread) {
  if (has_thread_) thread_ = std::thread([this] { work(); });
}

LogLane::~LogLane() {
  if (!has_thread_) return;
  {
    const std::lock_guard lock(mutex_);
    chunks_.clear();
    is_closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LogLane::open_stream(std::string_view group, std::string_view name) {
  if (!has_thread_) return writer_.open_stream(group, name);
  std::string both(group);
  both += name;
  put({.kind = Kind::open_stream,
       .size = static_cast<std::uint32_t>(both.size()),
       .size_of_name = static_cast<std::uint32_t>(group.size())},
      both);
}

void LogLane::log(std::uint32_t stream, const models::telemetry::LogEvent& event) {
  if (!has_thread_) return writer_.log(stream, event);
  put({.kind = Kind::log,
       .stream = stream,
       .size = static_cast<std::uint32_t>(event.message.size()),
       .timestamp = nanoseconds(event.timestamp),
       .ingestion = nanoseconds(event.ingestion)},
      event.message);
}

void LogLane::task(sim::WallTime at, std::string_view json) {
  if (!has_thread_) return writer_.task(at, json);
  put({.kind = Kind::task,
       .size = static_cast<std::uint32_t>(json.size()),
       .timestamp = nanoseconds(at)},
      json);
}

void LogLane::put(const Head& head, std::string_view text) {
  filling_.append(reinterpret_cast<const char*>(&head), sizeof head);
  filling_ += text;
  if (filling_.size() >= chunk_size) hand_over();
}

void LogLane::hand_over() {
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

void LogLane::settle() {
  if (!has_thread_) return;
  if (!filling_.empty()) hand_over();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return trouble_ || (chunks_.empty() && !is_working_); });
  if (trouble_) std::rethrow_exception(trouble_);
}

void LogLane::work() {
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

void LogLane::replay(std::string_view chunk) {
  while (!chunk.empty()) {
    Head head;
    std::memcpy(&head, chunk.data(), sizeof head);
    const std::string_view text = chunk.substr(sizeof head, head.size);
    chunk.remove_prefix(sizeof head + head.size);
    switch (head.kind) {
      case Kind::open_stream:
        writer_.open_stream(text.substr(0, head.size_of_name), text.substr(head.size_of_name));
        break;
      case Kind::log:
        writer_.log(head.stream, {instant(head.timestamp), instant(head.ingestion), text});
        break;
      case Kind::task:
        writer_.task(instant(head.timestamp), text);
        break;
    }
  }
}

}  // namespace hoplab::report::recording
