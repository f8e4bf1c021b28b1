// EC2 instances: a machine's CPU, its place in the network, its clock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "models/telemetry/log_driver.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/cpu_share.hpp"
#include "sim/platform.hpp"

namespace hoplab::models::ec2 {

struct InstanceType {
  std::string_view name;  ///< "m5.large".
  sim::CpuUnits cpu{0};   ///< 1024 per vCPU.
  sim::Bytes memory{0};
};

/// The row for a type; null when it is not in the table.
/// Source: Amazon EC2 User Guide, general-purpose, compute- and memory-optimized instances.
[[nodiscard]] const InstanceType* find_instance_type(std::string_view name);

struct Instance {
  std::string name;  ///< The scenario's name for it.
  const InstanceType* type = nullptr;
  const scenarios::Subnet* subnet = nullptr;
  sim::HostId host;
  telemetry::HostClock clock;
  std::unique_ptr<sim::CpuShare> cpu;
  /// The machine's own processes, outside every task: where a stress fault runs.
  std::optional<sim::CpuShare::ContainerId> system;
};

}  // namespace hoplab::models::ec2
