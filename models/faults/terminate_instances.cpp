// Machines are terminated.
//
// What a real operator sees: every process on them ends, their tasks are STOPPED with stopCode
// TerminationNotice and "Host EC2 (instance i-...) terminated.", the container instance INACTIVE;
// ECS starts the tasks on other machines, as far as there are any.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class TerminateInstances final : public Fault {
 public:
  explicit TerminateInstances(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    instances_ = world.instances(spec_);
    for (ec2::Instance* it : instances_) world.control_planes().lose_instance(*it, "terminated");
  }

  void heal(Controls& /*world*/) override {}  // A terminated machine never comes back.

 private:
  scenarios::Fault spec_;
  std::vector<ec2::Instance*> instances_;
};

}  // namespace

FaultKind terminate_instances() {
  return {{.action = "aws:ec2:terminate-instances",
           .target = scenarios::FaultAction::Target::host,
           .parameters = {},
           .symptom = R"(its tasks STOPPED with "Host EC2 (instance i-...) terminated."; )"
                      "ECS replaces them elsewhere",
           .fis_equivalent = "aws:ec2:terminate-instances"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<TerminateInstances>(spec);
          }};
}

}  // namespace hoplab::models::faults
