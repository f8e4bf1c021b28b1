// Which path of a trace its fault, its error or its response time comes from.
#pragma once

#include <cstddef>
#include <functional>
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

/// Entities in all root causes of one trace and kind that are held at once. The service takes 500
/// KB of documents a trace, some 1,000 segments; of more than that, a deep chain whose every link
/// has a failing leaf would have an answer as large as the square of the trace.
inline constexpr std::size_t most_root_cause_entities = 10'000;

using TakeCause = std::function<bool(const RootCause&)>;

/// Of faults and errors: one for each segment or subsegment that has it and calls nobody that has.
/// Of the response time: one, which follows the longest child as long as that covers at least half
/// of the response time; nothing when the root has none. In the order of the trace, until `take`
/// says false.
///
/// Source: X-Ray API reference, FaultRootCause and ResponseTimeRootCause, for the shape. How the
/// service chooses a path is not published; this is ours.
void for_each_root_cause(const Trace& trace, CauseKind kind, const TakeCause& take);

/// The first in full, and as many more as `most_root_cause_entities` allow.
[[nodiscard]] std::vector<RootCause> root_causes(const Trace& trace, CauseKind kind);

}  // namespace hoplab::report::xray
