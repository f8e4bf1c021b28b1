// tc netem loses packets that a task sends; what comes in arrives.
//
// What a real operator sees: some requests of the task's callers take 200 ms more, because its
// answer has to be sent again, and some of its own calls do; where a SYN or its answer is lost, the
// caller's Envoy gives up before the kernel repeats it: UF now and then.

#include <memory>

#include "models/faults/task_network.hpp"

namespace hoplab::models::faults {
namespace {

constexpr double percent = 100;

vpc::NetemSpec netem_of(Controls& world, const scenarios::Fault& spec) {
  return {.delay = sim::Duration::zero(),
          .jitter = sim::Duration::zero(),
          .loss = sim::Ratio(integer_parameter(spec, "lossPercent") / percent),
          .peers = peers_of(world, text_parameter(spec, "sources")),
          .spared = peers_of(world, text_parameter(spec, "sourcesToFilter")),
          .flows_percent = static_cast<std::uint32_t>(integer_parameter(spec, "flowsPercent"))};
}

}  // namespace

FaultKind task_network_packet_loss() {
  scenarios::FaultAction action{
      .action = "aws:ecs:task-network-packet-loss",
      .target = scenarios::FaultAction::Target::service,
      .parameters = {number_between("lossPercent", "7", "of the packets that leave, 1..100 %",
                                    {1, 100}),
                     some_text("sources", "0.0.0.0/0",
                               "peers: addresses, blocks, services, with commas; 0.0.0.0/0: all"),
                     number_between("flowsPercent", "100", "share of the connections, 1..100 %",
                                    {1, 100})},
      .symptom =
          "some requests take 200 ms more at the caller's Envoy; UF where a SYN or its "
          "answer is lost",
      .fis_equivalent = "aws:ecs:task-network-packet-loss",
      .asks = scenarios::FaultAction::Asks::fault_injection_or_pid_mode,
      .is_alone_on_task = true};
  add_agent_parameters(action.parameters);
  return {std::move(action), [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<TaskNetem>(spec, netem_of);
          }};
}

}  // namespace hoplab::models::faults
