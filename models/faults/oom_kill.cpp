// The application takes all the memory it may have, and the kernel kills it.
//
// What a real operator sees: as at the end of a memory leak (137, OutOfMemoryError), but the ramp
// is short: the one-minute metric may have a single point of it, or none. Where a server works in a
// child process the kernel takes the child: its requests fail (502 here, as a parent would say),
// the memory is back, and the task runs on. ECS says nothing; only the kernel's own log would.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class OomKill final : public Fault {
 public:
  explicit OomKill(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const sim::Duration ramp = duration_parameter(spec_, "rampTime");
    const bool has_child = text_parameter(spec_, "victim") == "child";
    for (TaskHandle* task : world.tasks(spec_)) {
      if (has_child) {
        task->application().work_in_child(integer_parameter(spec_, "status"));
        parents_.push_back(&task->application());
      }
      app::ResidentSet& memory = task->application().memory();
      if (ramp == sim::Duration::zero()) {
        memory.leak(memory.limit());
        continue;
      }
      ramping_.emplace_back(&memory, memory.rate_to_limit(ramp));
      memory.change_rate(ramping_.back().second);
    }
  }

  void heal(Controls& /*world*/) override {
    for (const auto& [memory, rate] : ramping_) memory->change_rate(-rate);
    ramping_.clear();
    for (app::Application* parent : parents_) parent->work_in_parent();
    parents_.clear();
  }

 private:
  scenarios::Fault spec_;
  std::vector<std::pair<app::ResidentSet*, double>> ramping_;
  std::vector<app::Application*> parents_;
};

}  // namespace

FaultKind oom_kill() {
  return {{.action = "hoplab:ecs:oom-kill",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {{.name = "rampTime",
                           .type = scenarios::FaultAction::Type::duration,
                           .required = false,
                           .default_value = "10s",
                           .meaning = "from its usual memory to the limit; 0s: at once",
                           .minimum = 0,
                           .maximum = 0},
                          {.name = "victim",
                           .type = scenarios::FaultAction::Type::text,
                           .required = false,
                           .default_value = "process",
                           .meaning = "process: the main one; child: one that works for it",
                           .words = "process|child"},
                          {.name = "status",
                           .type = scenarios::FaultAction::Type::integer,
                           .required = false,
                           .default_value = "502",
                           .meaning = "what the parent answers for its child, 500..599; 0: it "
                                      "closes the connections",
                           .minimum = 0,
                           .maximum = 599}},
           .symptom = "exit code 137 with OutOfMemoryError, then as in a crash; of a child: 502 "
                      "without a flag, and the task runs on",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<OomKill>(spec);
          }};
}

}  // namespace hoplab::models::faults
