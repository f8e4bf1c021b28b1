// A bad version that answers some requests wrongly: a blue hexagon for a purple pentagon.
//
// What a real operator sees: nothing. 200, on time, no flag; at most BYTES_SENT differs by a few
// bytes. No proxy reads bodies. Only the application's own log tells what it answered, and its
// record which version did.

#include "models/faults/code_fault.hpp"

namespace hoplab::models::faults {
namespace {

using Parameter = scenarios::FaultAction::Parameter;

std::vector<Parameter> parameters() {
  return {share_of_requests(),
          {.name = "answer",
           .type = scenarios::FaultAction::Type::text,
           .required = false,
           .default_value = "blue hexagon",
           .meaning = "what it answers",
           .minimum = 0,
           .maximum = 0},
          {.name = "expected",
           .type = scenarios::FaultAction::Type::text,
           .required = false,
           .default_value = "purple pentagon",
           .meaning = "what it should have answered",
           .minimum = 0,
           .maximum = 0}};
}

app::Bug bug_of(const scenarios::Fault& spec) {
  app::Bug bug = bug_in_a_share(app::Bug::Kind::wrong_answer, spec);
  bug.text = text_parameter(spec, "answer");
  bug.expected = text_parameter(spec, "expected");
  return bug;
}

}  // namespace

FaultKind wrong_answer() {
  return {
      {.action = "hoplab:ecs:wrong-answer",
       .target = scenarios::FaultAction::Target::service,
       .parameters = parameters(),
       .symptom = "200 everywhere, nothing in any proxy; the application's own stdout says what "
                  "it answered",
       .fis_equivalent = ""},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<CodeFault>(spec, bug_of(spec));
      }};
}

}  // namespace hoplab::models::faults
