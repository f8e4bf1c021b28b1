// A machine loses its power: every process on it is gone, and nothing says so.
//
// What a real operator sees: no FIN, no RST. 504 UT on connections that stand, connect time-outs of
// a second afterwards, retries to other machines. The machine's logs end, with what its processes
// had not flushed; its metrics have a gap, not zeros; EC2's status checks fail after two minutes.
// After a minute of missed heartbeats agentConnected is false, and its tasks stay RUNNING: nobody
// replaces them until EC2 says that the instance is gone, or it boots and the agent tells.

#include <memory>
#include <vector>

#include "models/faults/control_planes.hpp"
#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class PowerLoss final : public Fault {
 public:
  explicit PowerLoss(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    instances_ = world.instances(spec_);
    for (ec2::Instance* instance : instances_) {
      instance->begin_outage(world.sim_engine().now());
      // First, so that no socket's end gets through.
      world.vpc_network().silence(instance->host);
      world.control_planes().lose_power(*instance);
    }
  }
  void heal(Controls& world) override {
    for (ec2::Instance* instance : instances_) {
      instance->end_outage();
      world.vpc_network().end_silence(instance->host);
      world.control_planes().boot(*instance);
    }
  }

 private:
  scenarios::Fault spec_;
  std::vector<ec2::Instance*> instances_;
};

}  // namespace

FaultKind power_loss() {
  return {
      {.action = "hoplab:ec2:power-loss",
       .target = scenarios::FaultAction::Target::host,
       .parameters = {},
       .symptom = "504 UT on pooled connections, then connect time-outs; its tasks stay RUNNING "
                  "in ECS, its logs and metrics end",
       .fis_equivalent = "aws:ec2:stop-instances (which ECS hears of)"},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<PowerLoss>(spec);
      }};
}

}  // namespace hoplab::models::faults
