// Machines are stopped.
//
// What a real operator sees: every process on them ends, their tasks are STOPPED with stopCode
// TerminationNotice and "Host EC2 (instance i-...) stopped.", the container instance INACTIVE; ECS
// starts the tasks on other machines, as far as there are any. The end of the action starts them
// again.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class StopInstances final : public Fault {
 public:
  explicit StopInstances(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    instances_ = world.instances(spec_);
    for (ec2::Instance* it : instances_) world.control_planes().lose_instance(*it, "stopped");
  }

  void heal(Controls& world) override {
    for (ec2::Instance* it : instances_) world.control_planes().bring_back_instance(*it);
  }

 private:
  scenarios::Fault spec_;
  std::vector<ec2::Instance*> instances_;
};

}  // namespace

FaultKind stop_instances() {
  return {{.action = "aws:ec2:stop-instances",
           .target = scenarios::FaultAction::Target::host,
           .parameters = {},
           .symptom = R"(its tasks STOPPED with "Host EC2 (instance i-...) stopped."; )"
                      "ECS replaces them elsewhere",
           .fis_equivalent = "aws:ec2:stop-instances"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<StopInstances>(spec);
          }};
}

}  // namespace hoplab::models::faults
