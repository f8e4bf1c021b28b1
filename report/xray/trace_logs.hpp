// The log lines that belong to a trace: those that carry its id, or its transaction's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "report/xray/trace.hpp"

namespace hoplab::report::xray {

struct TraceLogLine {
  std::int64_t timestamp_ms = 0;  ///< Since 1970.
  std::string group;
  std::string stream;
  std::string text;             ///< What the application or its Envoy wrote.
  std::string source;           ///< "stdout", "stderr", or empty where nobody says.
  std::string task_definition;  ///< "reviews:2", or empty.
  std::string task;             ///< Its ARN, or empty.
};

/// What lines may carry: the trace's id, then the values of the annotations `transaction_id` and
/// `guid:x-request-id`, each once.
[[nodiscard]] std::vector<std::string> ids_of(const Trace& trace);

/// Of a recording, a folder of log files or one such file (insights::LogStore says which). In the
/// order of their times. Lines whose time is more than two minutes away from the trace are not
/// looked for in a recording.
/// Errors: FileTrouble.
[[nodiscard]] std::vector<TraceLogLine> trace_log_lines(const std::filesystem::path& path,
                                                        const Trace& trace);

}  // namespace hoplab::report::xray
