// Container instances are drained.
//
// What a real operator sees: status DRAINING; ECS starts their services' tasks elsewhere and stops
// these when enough others serve (minimumHealthyPercent). Where there is no elsewhere: "was unable
// to place a task", and with 100 % nothing is stopped. The end of the action makes them ACTIVE
// again.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class DrainContainerInstances final : public Fault {
 public:
  explicit DrainContainerInstances(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    instances_ = world.instances(spec_);
    for (ec2::Instance* it : instances_) world.control_planes().set_draining(*it, true);
  }

  void heal(Controls& world) override {
    for (ec2::Instance* it : instances_) world.control_planes().set_draining(*it, false);
  }

 private:
  scenarios::Fault spec_;
  std::vector<ec2::Instance*> instances_;
};

}  // namespace

FaultKind drain_container_instances() {
  return {{.action = "aws:ecs:drain-container-instances",
           .target = scenarios::FaultAction::Target::host,
           .parameters = {},
           .symptom = "status DRAINING; its services' tasks are replaced elsewhere, then stopped",
           .fis_equivalent = "aws:ecs:drain-container-instances"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<DrainContainerInstances>(spec);
          }};
}

}  // namespace hoplab::models::faults
