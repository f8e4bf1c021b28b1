// A bad version that is slow on some requests.
//
// What a real operator sees: a tail. Both Envoys say 200 with a long DURATION, so it is the
// application, and a trace shows the time in the application's own segment. Nothing failed, no
// counter but latency moves. The application itself knows: one line on stderr per slow request,
// and the task definition's revision in that line says which version it is.

#include "models/faults/code_fault.hpp"

namespace hoplab::models::faults {
namespace {

using Parameter = scenarios::FaultAction::Parameter;

std::vector<Parameter> parameters() {
  return {share_of_requests(),
          {.name = "delay",
           .type = scenarios::FaultAction::Type::duration,
           .required = false,
           .default_value = "2s",
           .meaning = "how much longer such a request takes; for example 2s",
           .minimum = 0,
           .maximum = 0},
          {.name = "bug",
           .type = scenarios::FaultAction::Type::text,
           .required = false,
           .default_value = "BUG-1421: retries the cache lookup without a timeout",
           .meaning = "what the application writes on stderr for each of them",
           .minimum = 0,
           .maximum = 0}};
}

app::Bug bug_of(const scenarios::Fault& spec) {
  app::Bug bug = bug_in_a_share(app::Bug::Kind::slow, spec);
  bug.delay = duration_parameter(spec, "delay");
  bug.text = text_parameter(spec, "bug");
  return bug;
}

}  // namespace

FaultKind slow_responses() {
  return {{.action = "hoplab:ecs:slow-responses",
           .target = scenarios::FaultAction::Target::service,
           .parameters = parameters(),
           .symptom = "200 with a long DURATION at both Envoys; the application's stderr names the "
                      "bug, its record the version",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<CodeFault>(spec, bug_of(spec));
          }};
}

}  // namespace hoplab::models::faults
