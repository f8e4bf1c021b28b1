// A version that does not live: its process ends soon after every start.
//
// What a real operator sees: a deployment that never completes. Its tasks come as far as PENDING or
// ACTIVATING, then STOPPED with "Essential container in task exited" and the exit code (126 and
// 127: the process could not even be run; TaskFailedToStart, with Docker's reason). ECS tries again
// at growing intervals ("is unable to consistently start tasks successfully"), until the
// deployment's circuit breaker trips, where there is one. A process that lives long enough for its
// task to reach RUNNING is restarted without any pause, and no circuit breaker counts it.

#include "models/faults/process_end.hpp"

namespace hoplab::models::faults {
namespace {

class CrashOnStart final : public ProcessEnd {
 public:
  using ProcessEnd::ProcessEnd;

  void inject(Controls& /*world*/) override {}  // Those that run have started.

  void meet(Controls& world, TaskHandle& task) override {
    if (spec().target != task.version() && spec().target != scenarios::every_resource) return;
    constexpr int cannot_execute = 126;
    constexpr int not_found = 127;
    const int code = exit_code();
    if (code == cannot_execute || code == not_found) return task.fail_start(code);
    world.sim_engine().after(
        duration_parameter(spec(), "after"),
        [&task, name = container(), code] { task.exit_container(name, code); });
  }
};

}  // namespace

FaultKind crash_on_start() {
  return {{.action = "hoplab:ecs:crash-on-start",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {exit_code_row("127: it is not there"),
                          {.name = "after",
                           .type = scenarios::FaultAction::Type::duration,
                           .required = false,
                           .default_value = "0.5s",
                           .meaning = "how long it lives"},
                          container_row()},
           .symptom = "new tasks stop before they run; ECS retries at growing intervals",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<CrashOnStart>(spec);
          }};
}

}  // namespace hoplab::models::faults
