// The SSM document AWSFIS-Run-CPU-Stress: stress-ng on a machine, outside every task.
//
// What a real operator sees: as hoplab:ec2:cpu-stress; CPUUtilization of the instance is at 100 %
// while none of its tasks explains it.

#include <memory>
#include <vector>

#include "models/ec2/stress.hpp"
#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

/// What systemd gives the SSM agent's slice.
constexpr sim::CpuUnits system_shares{1024};

class SsmCpuStress final : public Fault {
 public:
  explicit SsmCpuStress(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const int given = integer_parameter(spec_, "CPU");
    const int percent = integer_parameter(spec_, "LoadPercent");
    if (percent == 0) return;
    for (ec2::Instance* instance : world.instances(spec_)) {
      const int vcpus = static_cast<int>(instance->type->cpu.count() / 1024);
      const auto group = instance->cpu->add_group({.weight = system_shares});
      running_.push_back(std::make_unique<ec2::Stress>(
          world.sim_engine(), *instance->cpu,
          ec2::Stress::Spec{
              .group = group, .workers = given == 0 ? vcpus : given, .percent = percent}));
    }
  }

  void heal(Controls& /*world*/) override {
    for (const auto& stress : running_) stress->stop();
  }

 private:
  scenarios::Fault spec_;
  std::vector<std::unique_ptr<ec2::Stress>> running_;
};

}  // namespace

FaultKind ssm_cpu_stress() {
  return {
      {.action = "aws:ssm:send-command/AWSFIS-Run-CPU-Stress",
       .target = scenarios::FaultAction::Target::host,
       .parameters = {whole_number("DurationSeconds", "", "1..43200; `for` says the same",
                                   {1, 43'200}),
                      whole_number("CPU", "0", "workers, 0..1024; 0: one per vCPU", {0, 1024}),
                      whole_number("LoadPercent", "100", "load of each worker, 0..100 %", {0, 100}),
                      {.name = "InstallDependencies",
                       .type = scenarios::FaultAction::Type::text,
                       .required = false,
                       .default_value = "True",
                       .meaning = "the document's; stress-ng is always there",
                       .words = "True|False"}},
       .symptom = "every task of the machine is slow, its Envoys too; CPUUtilization of the "
                  "instance is 100 %",
       .fis_equivalent = "aws:ssm:send-command (AWSFIS-Run-CPU-Stress)",
       .length_parameter = "DurationSeconds"},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<SsmCpuStress>(spec);
      }};
}

}  // namespace hoplab::models::faults
