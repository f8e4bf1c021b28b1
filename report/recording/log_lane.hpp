// Hands log lines to a LogWriter, on a second thread where there is a second core.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "report/recording/log_writer.hpp"

namespace hoplab::report::recording {

/// One producer, one consumer, in order: the writer does the same things in the same order with a
/// thread and without. Memory: at most 16 chunks of some 128 KiB are under way; then the producer
/// waits.
///
/// Errors: what the writer throws is thrown again at the next hand-over, or by settle(); what was
///         handed over behind it is dropped.
class LogLane {
 public:
  /// `writer` outlives this.
  LogLane(LogWriter& writer, bool has_thread);
  /// What is under way is dropped.
  ~LogLane();
  LogLane(const LogLane&) = delete;
  LogLane& operator=(const LogLane&) = delete;

  void open_stream(std::string_view group, std::string_view name);
  void log(std::uint32_t stream, const models::telemetry::LogEvent& event);
  void task(sim::WallTime at, std::string_view json);

  /// All of it has been done: the writer and its listener may be looked at until the next call.
  void settle();

 private:
  enum class Kind : std::uint32_t { open_stream, log, task };
  /// Before the text of each entry of a chunk.
  struct Head {
    Kind kind = Kind::log;
    std::uint32_t stream = 0;
    std::uint32_t size = 0;          ///< Of the text.
    std::uint32_t size_of_name = 0;  ///< open_stream: of the group, which comes first.
    std::int64_t timestamp = 0;      ///< Nanoseconds since 1970.
    std::int64_t ingestion = 0;
  };
  void put(const Head& head, std::string_view text);
  void hand_over();
  void work();
  void replay(std::string_view chunk);

  LogWriter& writer_;
  const bool has_thread_;
  std::string filling_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Under the mutex.
  std::deque<std::string> chunks_;
  std::deque<std::string> spare_;
  bool is_working_ = false;
  bool is_closed_ = false;
  std::exception_ptr trouble_;
  std::thread thread_;
};

}  // namespace hoplab::report::recording
