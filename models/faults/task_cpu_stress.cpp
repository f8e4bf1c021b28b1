// Processes within a task burn CPU: stress-ng in its control group.
//
// What a real operator sees: the task's CPU at its limit, and its containers, Envoy included, share
// what the stress leaves them. Where the task has a CPU limit its group stands still for the rest
// of each 100 ms once that is used up: both Envoys' gaps grow, and it looks like a slow network.
// Other tasks of the machine feel nothing beyond the limit.

#include <memory>
#include <vector>

#include "models/ec2/stress.hpp"
#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class TaskCpuStress final : public Fault {
 public:
  explicit TaskCpuStress(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    for (TaskHandle* task : world.tasks(spec_)) meet(world, *task);
  }

  void meet(Controls& world, TaskHandle& task) override {
    const int percent = integer_parameter(spec_, "percent");
    if (percent == 0) return;
    const int given = integer_parameter(spec_, "workers");
    const int vcpus = static_cast<int>(task.instance().type->cpu.count() / 1024);
    running_.push_back(std::make_unique<ec2::Stress>(
        world.sim_engine(), *task.instance().cpu,
        ec2::Stress::Spec{
            .group = task.cpu_group(), .workers = given == 0 ? vcpus : given, .percent = percent}));
  }

  void heal(Controls& /*world*/) override {
    for (const auto& stress : running_) stress->stop();
  }

 private:
  scenarios::Fault spec_;
  /// Kept after the end: an idle worker's alarm may still ring.
  std::vector<std::unique_ptr<ec2::Stress>> running_;
};

}  // namespace

FaultKind task_cpu_stress() {
  return {{.action = "aws:ecs:task-cpu-stress",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {whole_number("percent", "100", "load of each worker, 0..100 %", {0, 100}),
                          whole_number("workers", "0", "0..1024; 0: one per vCPU of the machine",
                                       {0, 1024}),
                          {.name = "installDependencies",
                           .type = scenarios::FaultAction::Type::boolean,
                           .required = false,
                           .default_value = "true",
                           .meaning = "FIS's; stress-ng is always there"}},
           .symptom = "the task's CPU is at its limit, its Envoy is slow as well: the gaps at both "
                      "Envoys grow",
           .fis_equivalent = "aws:ecs:task-cpu-stress"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<TaskCpuStress>(spec);
          }};
}

}  // namespace hoplab::models::faults
