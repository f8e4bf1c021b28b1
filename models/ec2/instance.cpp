#include "models/ec2/instance.hpp"

#include <algorithm>
#include <array>

namespace hoplab::models::ec2 {
namespace {

constexpr InstanceType row(std::string_view name, std::int64_t vcpus, std::int64_t gib,
                           CreditPlan credits = {}) {
  return {name, sim::CpuUnits(vcpus * 1024), sim::Bytes(gib * 1024 * 1024 * 1024), credits};
}

/// Credits an hour, at most, baseline of each vCPU in percent.
/// Source: Amazon EC2 User Guide, "Key concepts and definitions for burstable performance
///         instances".
constexpr CreditPlan nano{6, 144, 10};
constexpr CreditPlan micro{12, 288, 10};
constexpr CreditPlan t2_small{12, 288, 20};
constexpr CreditPlan small{24, 576, 20};
constexpr CreditPlan medium{24, 576, 20};
constexpr CreditPlan large{36, 864, 30};
constexpr CreditPlan xlarge{96, 2304, 40};
constexpr CreditPlan xlarge_2{192, 4608, 40};

constexpr auto types = std::to_array<InstanceType>({
    row("t2.micro", 1, 1, nano),
    row("t2.small", 1, 2, t2_small),
    row("m3.medium", 1, 4),
    row("t3.micro", 2, 1, micro),
    row("t3.small", 2, 2, small),
    row("t3.medium", 2, 4, medium),
    row("t3.large", 2, 8, large),
    row("t3.xlarge", 4, 16, xlarge),
    row("t3.2xlarge", 8, 32, xlarge_2),
    row("t4g.medium", 2, 4, medium),
    row("m5.large", 2, 8),
    row("m5.xlarge", 4, 16),
    row("m5.2xlarge", 8, 32),
    row("m5.4xlarge", 16, 64),
    row("m6i.large", 2, 8),
    row("m6i.xlarge", 4, 16),
    row("m6g.large", 2, 8),
    row("c5.large", 2, 4),
    row("c5.xlarge", 4, 8),
    row("c5.2xlarge", 8, 16),
    row("c5.4xlarge", 16, 32),
    row("c6i.large", 2, 4),
    row("r5.large", 2, 16),
    row("r5.xlarge", 4, 32),
    row("r6i.large", 2, 16),
});

}  // namespace

const InstanceType* find_instance_type(std::string_view name) {
  for (const InstanceType& type : types) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

void Instance::equip(sim::Engine& engine, const scenarios::Host& spec) {
  cpu = std::make_unique<sim::CpuShare>(engine, type->cpu);
  const sim::Bytes usable =
      spec.reserved_memory ? type->memory - *spec.reserved_memory : type->usable_memory();
  memory = std::make_unique<HostMemory>(engine, std::max(usable, sim::Bytes(1)));
  if (!type->credits.is_burstable()) return;
  credits = std::make_unique<CpuCredits>(
      engine, *cpu,
      CpuCredits::Spec{.plan = type->credits,
                       .cpu = type->cpu,
                       .balance = std::min(spec.cpu_credits.value_or(type->credits.maximum),
                                           type->credits.maximum),
                       .is_unlimited = spec.has_unlimited_credits});
}

}  // namespace hoplab::models::ec2
