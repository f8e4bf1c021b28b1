// Hands log lines, segments and datagrams to their writers, on a second thread where there is a
// second core.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "report/recording/line_writer.hpp"
#include "report/recording/log_writer.hpp"
#include "report/recording/statsd_writer.hpp"
#include "sim/text.hpp"

namespace hoplab::report::recording {

/// One producer, one consumer, in order: the writers do the same things in the same order with a
/// thread and without. What is handed over are lines and numbers; all that makes files of them, as
/// spelling a line as JSON within JSON, is done on the other side. Memory: at most 64 chunks of
/// some 16 KiB are under way; then the producer waits.
///
/// Errors: what a writer throws is thrown again at the next hand-over, or by settle(); what was
///         handed over behind it is dropped.
class RecordLane {
 public:
  /// All outlive this.
  struct Writers {
    LogWriter& logs;
    StatsdWriter& statsd;
    LineWriter& lines;
  };
  RecordLane(Writers writers, bool has_thread);
  /// What is under way is dropped.
  ~RecordLane();
  RecordLane(const RecordLane&) = delete;
  RecordLane& operator=(const RecordLane&) = delete;

  // As LogWriter has them.
  void open_stream(std::string_view group, std::string_view name);
  void add_firelens(std::string_view members);
  void log(std::uint32_t stream, const models::telemetry::LogEvent& event);
  void task(sim::WallTime at, std::string_view json);
  // As StatsdWriter has them.
  void open_statsd(std::string_view path);
  void add_series(std::uint32_t task, std::string_view head, std::string_view tail);
  void datagram(std::uint32_t task, std::int64_t at_ms, std::string_view datagram);
  void value(std::uint32_t series, sim::WallTime at, std::uint64_t value);

  // As LineWriter has them.
  void open_lines(std::string_view path);
  void line(std::uint32_t file, std::string_view line);

  /// All of it has been done: the writers and their listener may be looked at until the next call.
  void settle();

 private:
  enum class Kind : std::uint8_t {
    open_stream,
    add_firelens,
    log,
    task,
    open_statsd,
    add_series,
    datagram,
    instant,  ///< Of the values that follow.
    value,
    open_lines,
    line,
  };
  /// Before the text of each entry of a chunk.
  struct Head {
    Kind kind = Kind::log;
    models::telemetry::LogSource source = models::telemetry::LogSource::standard_output;
    std::uint32_t index = 0;  ///< Of the stream, the task, the file.
    std::uint32_t size = 0;   ///< Of the text.
    std::uint32_t detail =
        0;                   ///< log: FireLensId; where there are two texts, the size of the first.
    std::int64_t at = 0;     ///< Nanoseconds since 1970; of datagrams milliseconds.
    std::int64_t value = 0;  ///< log: ingestion, in nanoseconds since 1970.
  };
  /// An entry of its own: most are values, and what two cores hand each other is what it costs.
  struct Value {
    Kind kind = Kind::value;
    std::uint32_t series = 0;
    std::uint64_t value = 0;
  };
  void put(const Head& head, std::string_view text, std::string_view more = {});
  void hand_over();
  void work();
  void hand_over_if_full();
  void replay(std::string_view chunk);
  void replay(const Head& head, std::string_view text);

  /// What two threads write at once must not share a cache line, or each waits for the other's
  /// every write.
  static constexpr std::size_t cache_line = 64;

  const bool has_thread_;
  // Of the thread that hands over.
  alignas(cache_line) sim::Text filling_;
  sim::WallTime value_at_{};  ///< Of the last value.
  // Under the mutex.
  alignas(cache_line) std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<sim::Text> chunks_;
  std::vector<sim::Text> spare_;
  bool is_working_ = false;
  bool is_closed_ = false;
  bool is_urgent_ = false;  ///< Somebody waits until all is done.
  std::exception_ptr trouble_;
  // Of the thread that writes.
  alignas(cache_line) Writers writers_;
  std::int64_t value_at_ms_ = 0;
  std::thread thread_;
};

}  // namespace hoplab::report::recording
