// A version that breaks off in the middle of a request: an exception that nobody catches, a worker
// that writes nonsense.
//
// What a real operator sees: at the task's own Envoy 503 UC when the connection ends before an
// answer, 200 with UC when it ends within the body (the caller's Envoy shows the same), 502 UPE
// when the bytes are no HTTP. The application's stderr has the exception; the task stays as it is.

#include "models/faults/code_fault.hpp"

namespace hoplab::models::faults {
namespace {

using Parameter = scenarios::FaultAction::Parameter;

std::vector<Parameter> parameters() {
  return {share_of_requests(),
          {.name = "how",
           .type = scenarios::FaultAction::Type::text,
           .required = false,
           .default_value = "reset",
           .meaning = "reset: no answer; truncated: half of the body; garbage: bytes that are no "
                      "HTTP",
           .minimum = 0,
           .maximum = 0,
           .words = "reset|truncated|garbage"},
          {.name = "exception",
           .type = scenarios::FaultAction::Type::text,
           .required = false,
           .default_value = "http: panic serving 127.0.0.1: runtime error: index out of range",
           .meaning = "what the application writes on stderr for each of them",
           .minimum = 0,
           .maximum = 0}};
}

app::Bug bug_of(const scenarios::Fault& spec) {
  app::Bug bug = bug_in_a_share(app::Bug::Kind::broken, spec);
  const std::string how = text_parameter(spec, "how");
  if (how == "truncated") bug.breakage = app::Bug::Breakage::truncated;
  if (how == "garbage") bug.breakage = app::Bug::Breakage::garbage;
  bug.text = text_parameter(spec, "exception");
  return bug;
}

}  // namespace

FaultKind broken_responses() {
  return {{.action = "hoplab:ecs:broken-responses",
           .target = scenarios::FaultAction::Target::service,
           .parameters = parameters(),
           .symptom = "the target's own Envoy logs 503 UC, 200 UC or 502 UPE; the task is healthy, "
                      "its stderr has the exception",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<CodeFault>(spec, bug_of(spec));
          }};
}

}  // namespace hoplab::models::faults
