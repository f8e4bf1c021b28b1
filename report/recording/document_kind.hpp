// What a file of someone else holds, whatever its name: so that each command takes its own of a
// folder into which `aws logs`, `aws xray` and `aws cloudwatch` have printed.
#pragma once

#include <cstdint>
#include <string_view>

namespace hoplab::report::recording {

enum class DocumentKind : std::uint8_t {
  unknown,        ///< None of these: it may be a log.
  service_graph,  ///< GetServiceGraph, GetTraceGraph.
  traces,         ///< BatchGetTraces.
  summaries,      ///< GetTraceSummaries.
  segment_lines,  ///< X-Ray's segment documents, one a line.
  envoy_stats,    ///< Envoy's /stats text.
  answer          ///< CloudWatch's, or any other JSON object over several lines.
};

/// By the first line and, of a JSON document, by the first member at its top level that tells. Also
/// of a document that is cut off behind that member.
/// What `aws logs` prints of events and results is `answer`, too: ask for those first.
///
/// Source: the output shapes of AWS CLI 2 for the commands above; X-Ray developer guide, "Segment
/// documents": name, id, start_time and trace_id are required.
[[nodiscard]] DocumentKind document_kind(std::string_view text);

}  // namespace hoplab::report::recording
