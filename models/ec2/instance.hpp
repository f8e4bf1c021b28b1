// EC2 instances: a machine's CPU, its place in the network, its clock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "models/ec2/credits.hpp"
#include "models/ec2/memory.hpp"
#include "models/telemetry/log_driver.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/cpu_share.hpp"
#include "sim/platform.hpp"

namespace hoplab::models::ec2 {

struct InstanceType {
  std::string_view name;  ///< "m5.large".
  sim::CpuUnits cpu{0};   ///< 1024 per vCPU.
  sim::Bytes memory{0};
  CreditPlan credits;  ///< Of burstable types.

  /// What is left for processes beside the kernel and the ECS agent.
  /// Assumed: 4 %; AWS says that an m4.large registers with less than its 8192 MiB.
  [[nodiscard]] constexpr sim::Bytes usable_memory() const {
    return sim::Bytes(memory.count() / 100 * 96);
  }

  /// Built on the Nitro system.
  /// Source: Amazon EC2 User Guide, "Instances built on the Nitro System"; T2 and M3 run on Xen.
  [[nodiscard]] constexpr bool is_nitro() const {
    return !name.starts_with("t2.") && !name.starts_with("m3.");
  }

  /// How many connections its interfaces can track.
  /// Assumed: AWS publishes none; the User Guide's one example (136,812 left) stands for a type of
  /// two vCPUs.
  [[nodiscard]] constexpr std::uint32_t flows_tracked() const {
    return static_cast<std::uint32_t>(cpu.count() * 68'406 / 1024);
  }
};

/// The row for a type; null when it is not in the table.
/// Source: Amazon EC2 User Guide, general-purpose, compute- and memory-optimized instances.
[[nodiscard]] const InstanceType* find_instance_type(std::string_view name);

struct Instance {
  /// Gives it CPU, memory and, where its type is burstable, credits. Requires `type`.
  void equip(sim::Engine& engine, const scenarios::Host& spec);
  /// Its power is gone, or its zone is: it neither works nor reports. Outages overlap: it is well
  /// when all of them are over.
  void begin_outage(sim::SimTime now) {
    if (outages++ == 0) dead_since = now;
  }
  void end_outage() {
    if (--outages == 0) dead_since.reset();
  }

  std::string name;  ///< The scenario's name for it.
  const InstanceType* type = nullptr;
  const scenarios::Subnet* subnet = nullptr;
  sim::HostId host;
  telemetry::HostClock clock;
  std::unique_ptr<sim::CpuShare> cpu;
  std::unique_ptr<HostMemory> memory;
  std::unique_ptr<CpuCredits> credits;     ///< Null: not burstable.
  std::optional<sim::SimTime> dead_since;  ///< None: it is well.
  int outages = 0;
  /// Stopped or terminated: there is no machine that could be asked, or tell anything.
  bool has_ended = false;
  /// The machine's own processes, outside every task: where a stress fault runs.
  std::optional<sim::CpuShare::ContainerId> system;
};

}  // namespace hoplab::models::ec2
