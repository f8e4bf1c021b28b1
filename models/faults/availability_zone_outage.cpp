// Every machine of an availability zone falls silent: its network is cut, in both directions.
//
// What a real operator sees: of the callers in other zones one in so many requests stalls: 504 UT
// on connections that stand, then connect time-outs of a second that a retry to another zone heals,
// and 503 UF,URX where it does not. Nothing is logged by the zone while it lasts that anybody could
// read then; its machines' metrics have a gap, and their status checks fail after two minutes. ECS
// keeps the tasks RUNNING: after a minute of missed heartbeats the instances are disconnected, not
// gone. The processes live on, and ECS hears of what became of them when it is over.

#include <memory>
#include <vector>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class AvailabilityZoneOutage final : public Fault {
 public:
  explicit AvailabilityZoneOutage(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    silent_ = world.instances(spec_);
    for (ec2::Instance* instance : silent_) {
      instance->begin_outage(world.sim_engine().now());
      world.vpc_network().silence(instance->host);
      world.control_planes().silence_agent(*instance);
    }
  }
  void heal(Controls& world) override {
    for (ec2::Instance* instance : silent_) {
      instance->end_outage();
      world.vpc_network().end_silence(instance->host);
      world.control_planes().set_agent_connected(*instance, true);
    }
    silent_.clear();
  }

 private:
  scenarios::Fault spec_;
  std::vector<ec2::Instance*> silent_;
};

}  // namespace

FaultKind availability_zone_outage() {
  return {{.action = "hoplab:ec2:availability-zone-outage",
           .target = scenarios::FaultAction::Target::zone,
           .parameters = {},
           .symptom = "504 UT on pooled connections into the zone, then connect time-outs that "
                      "retries to other zones heal",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<AvailabilityZoneOutage>(spec);
          }};
}

}  // namespace hoplab::models::faults
