// A bug makes every worker that takes a request spin for ever.
//
// What a real operator sees: the caller's Envoy logs 504 UT after 15 s, the target's Envoy 504 UT
// or 0 DC (whoever's clock rings first): accepted, never answered. The task's CPU is at its quota.
// Healing stands for a fixed version of the code: new requests are fine, but a spinning thread
// goes on spinning and holds its worker.

#include "models/faults/code_fault.hpp"

namespace hoplab::models::faults {

FaultKind infinite_loop() {
  return {
      {.action = "hoplab:ecs:infinite-loop",
       .target = scenarios::FaultAction::Target::service,
       .parameters = {share_of_requests()},
       .symptom = "504 UT after 15 s at the caller, 504 UT or 0 DC at the target; CPU at its limit",
       .fis_equivalent = ""},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<CodeFault>(spec,
                                           bug_in_a_share(app::Bug::Kind::infinite_loop, spec));
      }};
}

}  // namespace hoplab::models::faults
