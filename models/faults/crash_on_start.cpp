// A version that does not live: its process ends soon after every start.
//
// What a real operator sees: a deployment that never completes. Its tasks come as far as PENDING or
// ACTIVATING, then STOPPED with "Essential container in task exited" and the exit code (126 and
// 127: the process could not even be run; TaskFailedToStart, with Docker's reason). ECS tries again
// at growing intervals ("is unable to consistently start tasks successfully"), until the
// deployment's circuit breaker trips, where there is one. A process that lives long enough for its
// task to reach RUNNING is restarted without any pause, and no circuit breaker counts it.

#include <string>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class CrashOnStart final : public Fault {
 public:
  explicit CrashOnStart(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& /*world*/) override {}  // Those that run have started.

  void meet(Controls& world, TaskHandle& task) override {
    if (spec_.target != task.version() && spec_.target != scenarios::every_resource) return;
    constexpr int cannot_execute = 126;
    constexpr int not_found = 127;
    const int exit_code = integer_parameter(spec_, "exitCode");
    if (exit_code == cannot_execute || exit_code == not_found) return task.fail_start(exit_code);
    const std::string container = text_parameter(spec_, "container");
    world.sim_engine().after(duration_parameter(spec_, "after"), [&task, container, exit_code] {
      task.exit_container(container, exit_code);
    });
  }

  void heal(Controls& /*world*/) override {}  // The next start lives.

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind crash_on_start() {
  using Type = scenarios::FaultAction::Type;
  return {{.action = "hoplab:ecs:crash-on-start",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {{.name = "exitCode",
                           .type = Type::integer,
                           .required = false,
                           .default_value = "1",
                           .meaning = "exit code of the process, 0..255 (127: it is not there)",
                           .minimum = 0,
                           .maximum = 255},
                          {.name = "after",
                           .type = Type::duration,
                           .required = false,
                           .default_value = "0.5s",
                           .meaning = "how long it lives",
                           .minimum = 0,
                           .maximum = 0},
                          {.name = "container",
                           .type = Type::text,
                           .required = false,
                           .default_value = "app",
                           .meaning = "name of the container",
                           .minimum = 0,
                           .maximum = 0}},
           .symptom = "new tasks stop before they run; ECS retries at growing intervals",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<CrashOnStart>(spec);
          }};
}

}  // namespace hoplab::models::faults
