// What a deployment in the middle of a run is to bring must be there.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

/// A service's program, or "family", or "family:revision"; built-in definitions are not made yet.
bool is_deployable(const Scenario& scenario, const std::string& version) {
  const auto is_service = [&](const Service& service) { return service.name == version; };
  const auto is_definition = [&](const TaskDefinition& definition) {
    return version == definition.family ||
           version == fmt::format("{}:{}", definition.family, definition.revision);
  };
  const auto is_built_in = [&](const Service& service) {
    const std::string& family = service.family.empty() ? service.name : service.family;
    return service.task_definition.empty() &&
           version == fmt::format("{}:{}", family, service.revision);
  };
  return std::ranges::any_of(scenario.services, is_service) ||
         std::ranges::any_of(scenario.services, is_built_in) ||
         std::ranges::any_of(scenario.artefacts.task_definitions, is_definition);
}

}  // namespace

void check_deployments(Draft& draft) {
  if (!draft.has_services || !draft.has_all_artefacts) return;
  std::vector<std::string> known;
  for (const Service& service : draft.scenario.services) known.push_back(service.name);
  for (const Fault& fault : draft.scenario.faults) {
    if (fault.action != "hoplab:ecs:update-service") continue;
    const auto given = fault.parameters.find("taskDefinition");
    if (given == fault.parameters.end()) continue;
    const std::string& version = given->second.value;
    if (version.empty() || is_deployable(draft.scenario, version)) continue;
    draft.diagnostics.error(
        given->second.mark, "E0403",
        fmt::format("there is no service and no task definition '{}' to deploy", shown(version)),
        hint_for(version, known, draft.diagnostics));
  }
}

}  // namespace hoplab::scenarios
