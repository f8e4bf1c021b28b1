// Specifications of what goes wrong: a fault, and which resources of its target it hits.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/schema/spec_values.hpp"

namespace hoplab::scenarios {

/// A target that stands for every task, instance or subnet of the cluster.
inline constexpr const char* every_resource = "*";

/// A condition on one attribute: "State.Name" is one of {"running"}.
struct ResourceFilter {
  std::string path;
  std::vector<std::string> values;
};

/// A target of a FIS experiment. Conditions of all kinds must hold together.
struct TargetSelection {
  std::string name;                         ///< Two actions on one target hit the same resources.
  std::string resource_type;                ///< "aws:ecs:task".
  std::vector<std::string> arns;            ///< Empty: any.
  std::map<std::string, std::string> tags;  ///< All must be there.
  std::vector<ResourceFilter> filters;
  enum class Mode { all, count, percent };
  Mode mode = Mode::all;
  int number = 0;  ///< Of resources or percent: picked by chance.
};

/// A fault as given; `models/faults` knows what each action's parameters mean.
struct Fault {
  SourceMark mark;
  std::string name;    ///< Default: the action's last word, numbered if repeated.
  std::string action;  ///< "hoplab:ec2:revoke-security-group-ingress".
  /// Service, host, subnet, zone, "a->b" for links, the cluster or the mesh; or `every_resource`.
  std::string target;
  std::optional<int> count;                  ///< Of the target's tasks: the first n; absent: all.
  std::optional<TargetSelection> selection;  ///< Where an experiment's target says more.
  Duration at{0};
  std::optional<Duration> lasts;  ///< `for:`; absent: to the end.
  /// Values as text, each with its place for error messages.
  struct Parameter {
    std::string value;
    SourceMark mark;
  };
  std::map<std::string, Parameter> parameters;
  bool is_of_experiment = false;  ///< An action of `Scenario::experiment`, which ends with it.
};

/// An experiment that an alarm can stop. One that nothing can stop is no more than its faults.
struct Experiment {
  struct StopCondition {
    SourceMark mark;
    std::string alarm;  ///< The name of one of the scenario's.
  };
  std::vector<StopCondition> stop_conditions;  ///< Any of them stops it; at least one.
  Duration start{0};                           ///< Its first action begins, be it aws:fis:wait.
  std::optional<Duration> end;                 ///< Its last action is over; absent: never.
};

}  // namespace hoplab::scenarios
