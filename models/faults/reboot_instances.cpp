// Machines are rebooted.
//
// What a real operator sees: their processes end at once; the agent is away for a minute
// (agentConnected false) and then reports that the containers have ended: "Essential container in
// task exited", exit code 137. Only then does ECS replace the tasks.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class RebootInstances final : public Fault {
 public:
  explicit RebootInstances(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    for (ec2::Instance* it : world.instances(spec_)) world.control_planes().reboot_instance(*it);
  }

  void heal(Controls& /*world*/) override {}  // It is over by itself.

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind reboot_instances() {
  return {{.action = "aws:ec2:reboot-instances",
           .target = scenarios::FaultAction::Target::host,
           .parameters = {},
           .symptom = "its tasks die; ECS hears of it a minute later and replaces them",
           .fis_equivalent = "aws:ec2:reboot-instances"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<RebootInstances>(spec);
          }};
}

}  // namespace hoplab::models::faults
