// The ECS agent of an instance loses its connection to ECS.
//
// What a real operator sees: agentConnected false; tasks stay RUNNING in the API whatever becomes
// of them, and nobody replaces them; nothing new is placed there (the event says encountered error
// "AGENT"). Requests notice nothing. At the reconnection ECS hears of everything at once.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class AgentDisconnect final : public Fault {
 public:
  explicit AgentDisconnect(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    instances_ = world.instances(spec_);
    for (ec2::Instance* it : instances_) world.control_planes().set_agent_connected(*it, false);
  }

  void heal(Controls& world) override {
    for (ec2::Instance* it : instances_) world.control_planes().set_agent_connected(*it, true);
  }

 private:
  scenarios::Fault spec_;
  std::vector<ec2::Instance*> instances_;
};

}  // namespace

FaultKind agent_disconnect() {
  return {{.action = "hoplab:ecs:agent-disconnect",
           .target = scenarios::FaultAction::Target::host,
           .parameters = {},
           .symptom = "agentConnected false; ECS neither hears of its tasks nor replaces them",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<AgentDisconnect>(spec);
          }};
}

}  // namespace hoplab::models::faults
