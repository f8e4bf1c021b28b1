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
  vpc::NetemSpec netem = netem_on_peers(world, spec);
  netem.loss = sim::Ratio(integer_parameter(spec, "lossPercent") / percent);
  return netem;
}

}  // namespace

FaultKind task_network_packet_loss() {
  return {netem_action(
              "aws:ecs:task-network-packet-loss",
              {number_between("lossPercent", "7", "of the packets that leave, 1..100 %", {1, 100})},
              "some requests take 200 ms more at the caller's Envoy; UF where a SYN or "
              "its answer is lost"),
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<TaskNetem>(spec, netem_of);
          }};
}

}  // namespace hoplab::models::faults
