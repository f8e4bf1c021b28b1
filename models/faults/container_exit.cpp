// The main process of a container ends.
//
// What a real operator sees, in this order: open requests end with UC at the local Envoy, the next
// ones with UF (the port is closed, and loopback answers RST at once); the caller's Envoy passes
// 503 on or finds a sibling. If the container is essential, ECS stops the task: its Envoy drains
// for 20 s and exits, the network interface goes, and the service starts another task. Until the
// callers' Envoys have heard of it (20 to 30 s), connects to the old address time out. The stopped
// task's exit code tells how the process ended.

#include "models/faults/process_end.hpp"

namespace hoplab::models::faults {
namespace {

class ContainerExit final : public ProcessEnd {
 public:
  using ProcessEnd::ProcessEnd;

  void inject(Controls& world) override {
    for (TaskHandle* task : world.tasks(spec())) task->exit_container(container(), exit_code());
  }
};

}  // namespace

FaultKind container_exit() {
  return {{.action = "hoplab:ecs:container-exit",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {exit_code_row("139 = segmentation fault"), container_row()},
           .symptom = "the target's own Envoy logs 503 UC, then 503 UF; ECS stops the task with "
                      "the exit code",
           .fis_equivalent = "aws:ecs:task-kill-process"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<ContainerExit>(spec);
          }};
}

}  // namespace hoplab::models::faults
