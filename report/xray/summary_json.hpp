// The documents of GetTraceSummaries and BatchGetTraces. Include in .cpp files only.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "report/xray/root_cause.hpp"
#include "report/xray/service_graph.hpp"
#include "report/xray/trace.hpp"

namespace hoplab::report::xray {

/// FaultRootCauses, ErrorRootCauses or ResponseTimeRootCauses of a TraceSummary.
[[nodiscard]] nlohmann::ordered_json root_causes_json(const Trace& trace, CauseKind kind);

/// One TraceSummary.
[[nodiscard]] nlohmann::ordered_json trace_summary(const Trace& trace);

/// The document of GetTraceSummaries; `processed` traces were looked at.
[[nodiscard]] std::string trace_summaries_json(const std::vector<const Trace*>& traces,
                                               std::size_t processed);

/// The document of BatchGetTraces, what was inferred included.
[[nodiscard]] std::string traces_json(const std::vector<const Trace*>& traces,
                                      const std::vector<std::string>& unprocessed);

}  // namespace hoplab::report::xray
