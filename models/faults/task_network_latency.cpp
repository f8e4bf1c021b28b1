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
  vpc::NetemSpec netem = netem_on_peers(world, spec);
  netem.delay = std::chrono::milliseconds(integer_parameter(spec, "delayMilliseconds"));
  netem.jitter = std::chrono::milliseconds(integer_parameter(spec, "jitterMilliseconds"));
  return netem;
}

}  // namespace

FaultKind task_network_latency() {
  return {
      netem_action(
          "aws:ecs:task-network-latency",
          {number_between("delayMilliseconds", "200", "of each packet that leaves", {0, 600'000}),
           number_between("jitterMilliseconds", "10", "up to so much more or less", {0, 600'000})},
          "the task's answers and its own calls are late by the delay; its DURATION is not"),
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<TaskNetem>(spec, netem_of);
      }};
}

}  // namespace hoplab::models::faults
