// Tasks and instances as an experiment's target sees them.
#pragma once

#include <string>

#include "models/ec2/instance.hpp"
#include "models/ecs/identity.hpp"
#include "models/faults/selection.hpp"

namespace hoplab::models::faults {

struct TaskFacts {
  std::string service;
  std::string task_id;
  const scenarios::TaskDefinition* definition = nullptr;
};

/// A running task on an instance. Attributes as DescribeTasks has them, tags that ECS manages.
[[nodiscard]] Resource task_resource(const TaskFacts& task, const ec2::Instance& instance,
                                     const ecs::Identity& identity);
/// Attributes as DescribeInstances has them; its tag Name is what the scenario calls it.
[[nodiscard]] Resource instance_resource(const ec2::Instance& instance,
                                         const scenarios::Scenario& scenario);

}  // namespace hoplab::models::faults
