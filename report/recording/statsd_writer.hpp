// What becomes of DogStatsD datagrams: a line each, in one file a task.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/recording/json_text.hpp"
#include "report/recording/output_files.hpp"
#include "sim/units.hpp"

namespace hoplab::report::recording {

/// "<ms since 1970> <datagram>". Like LogWriter, of the half of a recorder that may run on the
/// second core.
class StatsdWriter {
 public:
  /// Null: nothing is written, and nothing may be asked but that. Outlives this.
  explicit StatsdWriter(OutputFiles* files) : files_(files) {}

  /// The next task: they count from 0.
  void open(std::string_view path);
  /// The next series of datagrams that differ in their value alone: they count from 0.
  void add_series(std::uint32_t task, std::string_view head, std::string_view tail);
  void datagram(std::uint32_t task, std::int64_t at_ms, std::string_view datagram);
  void value(std::uint32_t series, std::int64_t at_ms, std::uint64_t value);

 private:
  struct Series {
    OutputFiles::FileId file;
    std::string head;  ///< From the space behind the time on.
    std::string tail;  ///< With the end of the line.
  };
  OutputFiles* files_;
  NumberText time_text_;
  std::vector<OutputFiles::FileId> tasks_;
  std::vector<Series> series_;
};

}  // namespace hoplab::report::recording
