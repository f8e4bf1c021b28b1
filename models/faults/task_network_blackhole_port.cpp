// iptables drops every TCP packet to one port in a task's network namespace.
//
// What a real operator sees depends on the port that the rule sees. Ingress to the application's
// port: App Mesh has sent what comes from elsewhere to 15000 by then, so the rule meets the Envoy's
// way to its own application: the task's Envoy logs 503 UF, and its callers 503 URX. Ingress to
// 15000: nothing gets in, established connections included: 504 UT, then 503 UF,URX at the callers,
// and no line here. Egress to the callee's port: the task's own calls fail so; and where its own
// application listens at the same port, its Envoy does not reach that either.

#include <memory>

#include "models/faults/task_network.hpp"

namespace hoplab::models::faults {
namespace {

class TaskBlackholePort final : public Fault {
 public:
  explicit TaskBlackholePort(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    for (TaskHandle* task : world.tasks(spec_)) meet(world, *task);
  }
  void meet(Controls& world, TaskHandle& task) override {
    blackholes_.add(task.interface(),
                    {.port = static_cast<std::uint16_t>(integer_parameter(spec_, "port")),
                     .is_egress = text_parameter(spec_, "trafficType") == "egress",
                     .is_udp = text_parameter(spec_, "protocol") == "udp",
                     .spared = peers_of(world, text_parameter(spec_, "sourcesToFilter"))});
  }
  void heal(Controls& /*world*/) override { blackholes_.remove_all(); }

 private:
  scenarios::Fault spec_;
  Blackholes blackholes_;
};

}  // namespace

FaultKind task_network_blackhole_port() {
  scenarios::FaultAction action{
      .action = "aws:ecs:task-network-blackhole-port",
      .target = scenarios::FaultAction::Target::service,
      .parameters = {number_between("port", "", "whose packets are dropped, 1..65535", {1, 65'535}),
                     some_text("protocol", "tcp", "of UDP, DNS to port 53 alone is simulated",
                               "tcp|udp"),
                     some_text("trafficType", "ingress", "what comes in, or what goes out",
                               "ingress|egress")},
      .symptom = "connections to the port hang, new ones time out, within the task too",
      .fis_equivalent = "aws:ecs:task-network-blackhole-port",
      .asks = scenarios::FaultAction::Asks::fault_injection_or_pid_mode,
      .is_alone_on_task = false};
  add_agent_parameters(action.parameters);
  return {std::move(action), [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<TaskBlackholePort>(spec);
          }};
}

}  // namespace hoplab::models::faults
