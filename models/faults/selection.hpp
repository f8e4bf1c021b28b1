// Which resources an experiment's target picks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scenarios/schema/spec.hpp"

namespace hoplab::models::faults {

/// What a selection may ask of a task, an instance or a subnet.
struct Resource {
  std::string name;  ///< Of its own, unlike any other's of its type.
  std::string arn;
  std::map<std::string, std::string> tags;
  std::map<std::string, std::string> attributes;  ///< "State.Name".
};

/// The picked ones, as indices in rising order.
///
/// Every resource has a number drawn from the target's own stream; COUNT and PERCENT take the
/// lowest. So two actions on one target hit the same resources, and adding one to the world moves
/// no other out of its place. A percentage is rounded down, but never to none; COUNT takes all
/// where there are too few.
///
/// Source: AWS FIS User Guide, "Targets" (selection modes, "random").
/// Limits: FIS picks when the experiment starts; here each action picks when it begins.
[[nodiscard]] std::vector<std::size_t> pick(const scenarios::TargetSelection& selection,
                                            std::uint64_t seed,
                                            const std::vector<Resource>& resources);

}  // namespace hoplab::models::faults
