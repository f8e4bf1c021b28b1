// A bad version that answers some requests with an error of its own.
//
// What a real operator sees: the same status at both Envoys, without a flag at either: the
// application said so itself. App Mesh's default policy tries a 503 again, not a 500. The
// application's stderr has the exception.

#include "models/faults/code_fault.hpp"

namespace hoplab::models::faults {
namespace {

using Parameter = scenarios::FaultAction::Parameter;

std::vector<Parameter> parameters() {
  return {share_of_requests(),
          {.name = "status",
           .type = scenarios::FaultAction::Type::integer,
           .required = false,
           .default_value = "500",
           .meaning = "what it answers, 400..599",
           .minimum = 400,
           .maximum = 599},
          {.name = "exception",
           .type = scenarios::FaultAction::Type::text,
           .required = false,
           .default_value = "panic: runtime error: invalid memory address or nil pointer "
                            "dereference",
           .meaning = "what the application writes on stderr for each of them",
           .minimum = 0,
           .maximum = 0}};
}

app::Bug bug_of(const scenarios::Fault& spec) {
  app::Bug bug = bug_in_a_share(app::Bug::Kind::failing, spec);
  bug.status = integer_parameter(spec, "status");
  bug.text = text_parameter(spec, "exception");
  return bug;
}

}  // namespace

FaultKind failing_responses() {
  return {{.action = "hoplab:ecs:failing-responses",
           .target = scenarios::FaultAction::Target::service,
           .parameters = parameters(),
           .symptom = "500 without a flag at both Envoys; the application's stderr has the "
                      "exception",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<CodeFault>(spec, bug_of(spec));
          }};
}

}  // namespace hoplab::models::faults
