// A deadlock: every worker that takes a request waits for ever.
//
// What a real operator sees: as an infinite loop (504 UT after 15 s at the caller, 504 UT or 0 DC
// at the target), but the CPU is idle. Healing frees no worker that waits already.

#include "models/faults/code_fault.hpp"

namespace hoplab::models::faults {

FaultKind hang() {
  return {{.action = "hoplab:ecs:hang",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {share_of_requests()},
           .symptom = "504 UT after 15 s at the caller, 504 UT or 0 DC at the target; CPU idle",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<CodeFault>(spec, bug_in_a_share(app::Bug::Kind::hang, spec));
          }};
}

}  // namespace hoplab::models::faults
