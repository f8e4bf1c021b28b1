// Processes outside every task burn a machine's CPU.
//
// What a real operator sees: every task of that machine answers late, its Envoy too, so that the
// hop before it looks like a slow network; tasks on other machines are fine. The control groups
// share by weight: the fewer shares a task has, the more it suffers.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class CpuStress final : public Fault {
 public:
  explicit CpuStress(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const int workers = integer_parameter(spec_, "workers");
    const sim::CpuUnits shares(integer_parameter(spec_, "cpuShares"));
    for (ec2::Instance* instance : world.instances(spec_)) {
      sim::CpuShare& cpu = *instance->cpu;
      const auto group = cpu.add_group({.weight = shares, .quota = sim::CpuUnits(0)});
      const auto container = cpu.add_container({.group = group});
      for (int worker = 0; worker < workers; ++worker) cpu.start_endless(container);
      running_.emplace_back(&cpu, container);
    }
  }

  void heal(Controls& /*world*/) override {
    for (const auto& [cpu, container] : running_) cpu->cancel_all(container);
  }

 private:
  scenarios::Fault spec_;
  std::vector<std::pair<sim::CpuShare*, sim::CpuShare::ContainerId>> running_;
};

}  // namespace

FaultKind cpu_stress() {
  using Type = scenarios::FaultAction::Type;
  return {{.action = "hoplab:ec2:cpu-stress",
           .target = scenarios::FaultAction::Target::host,
           .parameters = {{.name = "workers",
                           .type = Type::integer,
                           .required = false,
                           .default_value = "8",
                           .meaning = "busy processes, 1..1024",
                           .minimum = 1,
                           .maximum = 1024},
                          {.name = "cpuShares",
                           .type = Type::integer,
                           .required = false,
                           .default_value = "1024",
                           .meaning = "CPU shares of all of them together, 2..262144 (a task has "
                                      "its cpu units)",
                           .minimum = 2,
                           .maximum = 262144}},
           .symptom = "every task of the machine is slow, its Envoys too; 504 UT when the queue "
                      "grows past 15 s",
           .fis_equivalent = "aws:ssm:send-command (AWSFIS-Run-CPU-Stress)"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<CpuStress>(spec);
          }};
}

}  // namespace hoplab::models::faults
