// Which path of a trace its fault, its error or its response time comes from.
#pragma once

#include <string_view>
#include <vector>

#include "report/xray/trace.hpp"

namespace hoplab::report::xray {

enum class CauseKind { fault, error, response_time };

struct RootCauseEntity {
  NodeIndex node = no_node;
  double coverage = 0;  ///< Its share of the trace's response time, 0..1.
};

/// A segment on the path, and what of it lies there: itself, then subsegments.
struct RootCauseService {
  NodeIndex node = no_node;
  std::vector<RootCauseEntity> entities;
};

/// From the entry point down to where it began.
struct RootCause {
  std::vector<RootCauseService> services;
  bool hits_client = false;  ///< Every step of the path has it, the root included.
};

/// Of faults and errors: one for each segment or subsegment that has it and calls nobody that has.
/// Of the response time: one, which follows the longest child as long as that covers at least half
/// of the response time; nothing when the root has none.
///
/// Source: X-Ray API reference, FaultRootCause and ResponseTimeRootCause, for the shape. How the
/// service chooses a path is not published; this is ours.
[[nodiscard]] std::vector<RootCause> root_causes(const Trace& trace, CauseKind kind);

}  // namespace hoplab::report::xray
