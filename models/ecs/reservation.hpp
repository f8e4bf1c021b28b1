// What a task definition reserves, where the task itself has a size and where only its containers
// do.
#pragma once

#include "scenarios/schema/spec.hpp"

namespace hoplab::models::ecs {

/// The weight of the task's control group among those of its machine.
/// Source: ECS agent, buildLinuxResourceSpec: the task's cpu, else the sum of its containers', of
///         which each counts at least 2, Docker's smallest.
[[nodiscard]] sim::CpuUnits cpu_weight(const scenarios::TaskDefinition& definition);

/// What CloudWatch's utilization is measured against: the task's size, else the sum of its
/// containers'. So a task without a size may use more than 100 %. 0: nothing is reserved.
/// Source: ECS Developer Guide, "Service utilization".
[[nodiscard]] sim::CpuUnits cpu_reserved(const scenarios::TaskDefinition& definition);
[[nodiscard]] sim::Bytes memory_reserved(const scenarios::TaskDefinition& definition);

}  // namespace hoplab::models::ecs
