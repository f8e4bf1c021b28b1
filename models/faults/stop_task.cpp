// Somebody stops the task.
//
// What a real operator sees: stopCode UserInitiated. Every container gets SIGTERM; the Envoy drains
// and exits 0; an application that runs as PID 1 without a handler ignores it, and is killed when
// its stopTimeout is over: exit code 137 as after running out of memory, but without a reason.

#include <string>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class StopTask final : public Fault {
 public:
  explicit StopTask(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const std::string reason = text_parameter(spec_, "reason");
    for (TaskHandle* task : world.tasks(spec_)) task->stop(reason);
  }

  void heal(Controls& /*world*/) override {}  // A stopped task stays stopped.

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind stop_task() {
  return {{.action = "aws:ecs:stop-task",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {{.name = "reason",
                           .type = scenarios::FaultAction::Type::text,
                           .required = false,
                           .default_value = "Task stopped by user",
                           .meaning = "what ECS shows as stoppedReason",
                           .minimum = 0,
                           .maximum = 0}},
           .symptom = "stopCode UserInitiated; the application is killed at stopTimeout: 137 "
                      "without a reason",
           .fis_equivalent = "aws:ecs:stop-task"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<StopTask>(spec);
          }};
}

}  // namespace hoplab::models::faults
