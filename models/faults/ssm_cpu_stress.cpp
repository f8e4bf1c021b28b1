// The SSM document AWSFIS-Run-CPU-Stress: stress-ng on a machine, outside every task.
//
// What a real operator sees: as hoplab:ec2:cpu-stress; CPUUtilization of the instance is at 100 %
// while none of its tasks explains it.

#include "models/ec2/stress.hpp"
#include "models/faults/machine_stress.hpp"

namespace hoplab::models::faults {
namespace {

/// What systemd gives the SSM agent's slice.
constexpr sim::CpuUnits system_shares{1024};

std::unique_ptr<ec2::Stress> start(sim::Engine& engine, ec2::Instance& instance,
                                   const scenarios::Fault& spec) {
  const int given = integer_parameter(spec, "CPU");
  const int percent = integer_parameter(spec, "LoadPercent");
  if (percent == 0) return nullptr;
  const int vcpus = static_cast<int>(instance.type->cpu.count() / 1024);
  const auto group = instance.cpu->add_group({.weight = system_shares});
  return std::make_unique<ec2::Stress>(
      engine, *instance.cpu,
      ec2::Stress::Spec{.group = group, .workers = given == 0 ? vcpus : given, .percent = percent});
}

}  // namespace

FaultKind ssm_cpu_stress() {
  return {stress_document(
              "AWSFIS-Run-CPU-Stress",
              {whole_number("CPU", "0", "workers, 0..1024; 0: one per vCPU", {0, 1024}),
               whole_number("LoadPercent", "100", "load of each worker, 0..100 %", {0, 100})},
              "every task of the machine is slow, its Envoys too; CPUUtilization of the instance "
              "is 100 %"),
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<MachineStress<ec2::Stress>>(spec, start);
          }};
}

}  // namespace hoplab::models::faults
