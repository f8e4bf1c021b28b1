// How long something takes, as written: "7ms" or {exponential: {mean: 7ms}}.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/schema/node.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// A scalar is constant; a mapping has one key, the kind (E0215 and the codes of its values).
[[nodiscard]] std::optional<Distribution> read_distribution(const Node& node,
                                                            sim::Diagnostics& diagnostics);

/// Each kind that takes parameters, with the names of all of them.
[[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>>
distribution_parameters();

struct ServiceTime {
  Distribution cpu;
  Distribution wait;
};
/// A distribution, which is CPU work; or {cpu: DIST, wait: DIST}.
[[nodiscard]] std::optional<ServiceTime> read_service_time(const Node& node,
                                                           sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
