// How long something takes, as written: "7ms" or {exponential: {mean: 7ms}}.
#pragma once

#include <optional>

#include "scenarios/schema/node.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// A scalar is constant; a mapping has one key, the kind (E0215 and the codes of its values).
[[nodiscard]] std::optional<Distribution> read_distribution(const Node& node,
                                                            sim::Diagnostics& diagnostics);

struct ServiceTime {
  Distribution cpu;
  Distribution wait;
};
/// A distribution, which is CPU work; or {cpu: DIST, wait: DIST}.
[[nodiscard]] std::optional<ServiceTime> read_service_time(const Node& node,
                                                           sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
