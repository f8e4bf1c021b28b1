#include "models/ecs/reservation.hpp"

#include <algorithm>

namespace hoplab::models::ecs {
namespace {

/// Docker's smallest weight is what a container without cpu units gets.
constexpr sim::CpuUnits weight_min{2};

}  // namespace

sim::CpuUnits cpu_weight(const scenarios::TaskDefinition& definition) {
  if (definition.cpu > sim::CpuUnits(0)) return std::max(definition.cpu, weight_min);
  sim::CpuUnits sum{0};
  for (const auto& container : definition.containers) {
    sum = sum + std::max(container.cpu, weight_min);
  }
  return std::max(sum, weight_min);
}

sim::CpuUnits cpu_reserved(const scenarios::TaskDefinition& definition) {
  if (definition.cpu > sim::CpuUnits(0)) return definition.cpu;
  sim::CpuUnits sum{0};
  for (const auto& container : definition.containers) sum = sum + container.cpu;
  return sum;
}

sim::Bytes memory_reserved(const scenarios::TaskDefinition& definition) {
  if (definition.memory > sim::Bytes(0)) return definition.memory;
  sim::Bytes sum{0};
  for (const auto& container : definition.containers) sum = sum + container.memory;
  return sum;
}

}  // namespace hoplab::models::ecs
