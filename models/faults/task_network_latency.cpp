// tc netem delays what a task sends.
//
// What a real operator sees: requests of the task's callers take the delay longer (its answers are
// late), and so do its own calls (its requests are late): once each, for what comes in is on time.
// Its own DURATION of what it answers is as it was. A new connection costs it the delay once more.
// Where answers take a second, connecting to it fails: UF.

#include <memory>

#include "models/faults/task_network.hpp"

namespace hoplab::models::faults {
namespace {

vpc::NetemSpec netem_of(Controls& world, const scenarios::Fault& spec) {
  return {.delay = std::chrono::milliseconds(integer_parameter(spec, "delayMilliseconds")),
          .jitter = std::chrono::milliseconds(integer_parameter(spec, "jitterMilliseconds")),
          .loss = sim::Ratio(0.0),
          .peers = peers_of(world, text_parameter(spec, "sources")),
          .spared = peers_of(world, text_parameter(spec, "sourcesToFilter")),
          .flows_percent = static_cast<std::uint32_t>(integer_parameter(spec, "flowsPercent"))};
}

}  // namespace

FaultKind task_network_latency() {
  scenarios::FaultAction action{
      .action = "aws:ecs:task-network-latency",
      .target = scenarios::FaultAction::Target::service,
      .parameters =
          {number_between("delayMilliseconds", "200", "of each packet that leaves", {0, 600'000}),
           number_between("jitterMilliseconds", "10", "up to so much more or less", {0, 600'000}),
           some_text("sources", "0.0.0.0/0",
                     "peers: addresses, blocks, services, with commas; 0.0.0.0/0: all"),
           number_between("flowsPercent", "100", "share of the connections, 1..100 %", {1, 100})},
      .symptom = "the task's answers and its own calls are late by the delay; its DURATION is not",
      .fis_equivalent = "aws:ecs:task-network-latency",
      .asks = scenarios::FaultAction::Asks::fault_injection_or_pid_mode,
      .is_alone_on_task = true};
  add_agent_parameters(action.parameters);
  return {std::move(action), [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<TaskNetem>(spec, netem_of);
          }};
}

}  // namespace hoplab::models::faults
