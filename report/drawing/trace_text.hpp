// Traces for people: the list with its distribution and root causes, and one trace as a waterfall.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/writers/text_layout.hpp"
#include "report/xray/trace.hpp"
#include "report/xray/trace_logs.hpp"

namespace hoplab::report::drawing {

enum class TraceOrder { slowest, fastest, newest, oldest };

struct TraceList {
  std::vector<const xray::Trace*> traces;  ///< Those that fit.
  std::size_t processed = 0;               ///< Of so many.
  std::string filter;
  TraceOrder order = TraceOrder::slowest;
  std::size_t limit = 20;
  bool has_summaries = false;
  std::string recording;  ///< For the commands to go on with.
};

/// In the list's order; equal ones by id.
[[nodiscard]] std::vector<const xray::Trace*> ordered(const TraceList& list);

/// Response times, where outliers spend their time, where faults begin, then the traces.
[[nodiscard]] std::string trace_list_text(const TraceList& list, const writers::Ink& ink);

/// A line for each segment and call, what each step of the slowest path took for itself and on
/// the way, and the log lines.
[[nodiscard]] std::string waterfall_text(const xray::Trace& trace,
                                         const std::vector<xray::TraceLogLine>& logs,
                                         const writers::Ink& ink);

}  // namespace hoplab::report::drawing
