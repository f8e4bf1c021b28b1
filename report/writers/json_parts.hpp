// Pieces that summary.json and the result of `--json` share, each one JSON value
// but where it says so.
#pragma once

#include <string>

#include "report/writers/run_report.hpp"

namespace hoplab::report::writers {

/// {"name","description","file","digest","durationNs","services","faults"}
[[nodiscard]] std::string scenario_json(const RunReport& report);
/// {"from","to"} in ISO 8601.
[[nodiscard]] std::string simulated_json(const RunReport& report);
/// {"issued","answered","failed","inFlight"}
[[nodiscard]] std::string requests_json(const RunReport& report);
/// "\"experiment\":{"status","reason","sinceNs","alarm"},\n"; alarm is null where none stopped it.
/// "" where there is nothing to stop.
[[nodiscard]] std::string experiment_member(const RunReport& report);
/// [{"kind","name","fromNs","toNs"}]; toNs is null where the end is open.
[[nodiscard]] std::string windows_json(const RunReport& report);
/// [{"party","windows":[{"window","lines","codes","notes","p50Ns","p99Ns"}]}]; `window` is an index
/// into windows.
[[nodiscard]] std::string parties_json(const RunReport& report);

}  // namespace hoplab::report::writers
