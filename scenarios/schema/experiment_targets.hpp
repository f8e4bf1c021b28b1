// The targets of a FIS experiment: which resources an action hits.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/fault_action.hpp"

namespace hoplab::scenarios {

struct ExperimentTarget {
  std::string resource;  ///< Service, cluster, or `every_resource`.
  TargetSelection selection;
  SourceMark mark;

  /// It hits all of a service's tasks, as `target: b` does.
  [[nodiscard]] bool is_plain() const;
  /// What it names can be the target of such an action.
  [[nodiscard]] bool suits(FaultAction::Target target) const;
};

/// What FIS calls a target of this type in an action: "Tasks"; "" for one that is not known.
[[nodiscard]] std::string fis_target_key(std::string_view resource_type);

/// By their names. FIS's resource types of what is simulated here: tasks, clusters, instances,
/// subnets; with ARNs, tags that AWS itself gives, filters, parameters and selection modes.
/// Source: AWS FIS User Guide, "Targets for AWS FIS".
[[nodiscard]] std::map<std::string, ExperimentTarget> read_experiment_targets(
    const Section& experiment, const Names& names, Draft& draft);

}  // namespace hoplab::scenarios
