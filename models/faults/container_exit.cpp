// The main process of a container ends.
//
// What a real operator sees, in this order: open requests end with UC at the local Envoy, the next
// ones with UF (the port is closed, and loopback answers RST at once); the caller's Envoy passes
// 503 on or finds a sibling. If the container is essential, ECS stops the task: its Envoy drains
// for 20 s and exits, the network interface goes, and the service starts another task. Until the
// callers' Envoys have heard of it (20 to 30 s), connects to the old address time out. The stopped
// task's exit code tells how the process ended.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class ContainerExit final : public Fault {
 public:
  explicit ContainerExit(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const std::string container = text_parameter(spec_, "container");
    const int exit_code = integer_parameter(spec_, "exitCode");
    for (TaskHandle* task : world.tasks(spec_)) task->exit_container(container, exit_code);
  }

  void heal(Controls& /*world*/) override {}  // A dead process stays dead.

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind container_exit() {
  using Type = scenarios::FaultAction::Type;
  return {{.action = "hoplab:ecs:container-exit",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {{.name = "exitCode",
                           .type = Type::integer,
                           .required = false,
                           .default_value = "1",
                           .meaning = "exit code of the process, 0..255 (139 = segmentation fault)",
                           .minimum = 0,
                           .maximum = 255},
                          {.name = "container",
                           .type = Type::text,
                           .required = false,
                           .default_value = "app",
                           .meaning = "name of the container",
                           .minimum = 0,
                           .maximum = 0}},
           .symptom = "the target's own Envoy logs 503 UC, then 503 UF; ECS stops the task with "
                      "the exit code",
           .fis_equivalent = "aws:ecs:task-kill-process"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<ContainerExit>(spec);
          }};
}

}  // namespace hoplab::models::faults
