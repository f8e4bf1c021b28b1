// A deadlock: every worker that takes a request waits for ever.
//
// What a real operator sees: as an infinite loop (504 UT after 15 s at the caller, 504 UT or 0 DC
// at the target), but the CPU is idle. Healing frees no worker that waits already.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class Hang final : public Fault {
 public:
  explicit Hang(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const sim::Ratio share = ratio_parameter(spec_, "share");
    for (TaskHandle* task : world.tasks(spec_)) {
      task->application().behave(app::Application::Behaviour::hang, share);
    }
  }

  void heal(Controls& world) override {
    for (TaskHandle* task : world.tasks(spec_)) {
      task->application().stop_behaving(app::Application::Behaviour::hang);
    }
  }

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind hang() {
  return {{.action = "hoplab:ecs:hang",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {share_of_requests()},
           .symptom = "504 UT after 15 s at the caller, 504 UT or 0 DC at the target; CPU idle",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<Hang>(spec);
          }};
}

}  // namespace hoplab::models::faults
