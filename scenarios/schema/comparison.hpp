// "p(95)<20ms", "rate<0.001", ">0.99": one thing measured, held against one value.
#pragma once

#include <optional>

#include "scenarios/schema/node.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// What is compared; it decides which aggregates and values make sense.
enum class Measure {
  duration,  ///< p(N), med, avg, min, max; a duration.
  failures,  ///< rate (a share), count.
  requests,  ///< count, rate (per second).
  hop,       ///< As duration, and rate (the share that failed) and count.
  usage,     ///< avg, min, max; a share.
  share,     ///< No aggregate: ">0.99"; a bare value means equal.
  count,     ///< No aggregate: "==3"; a bare number means equal.
};

/// Errors: E0501 for what is no comparison, E0503 for an aggregate or value that does not fit.
[[nodiscard]] std::optional<Comparison> read_comparison(const Node& node, Measure measure,
                                                        sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
