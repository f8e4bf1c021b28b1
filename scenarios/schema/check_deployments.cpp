// What a deployment in the middle of a run is to bring must be there.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/targets.hpp"

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

/// `hoplab:appmesh:update-route`: names of what is behind the virtual service.
void check_weights(const Fault& fault, Draft& draft) {
  const auto name = fault.parameters.find("virtualService");
  const auto given = fault.parameters.find("weights");
  if (name == fault.parameters.end() || given == fault.parameters.end()) return;
  const auto& all = draft.scenario.virtual_services;
  const auto service = std::ranges::find(all, name->second.value, &VirtualService::name);
  if (service == all.end()) {
    std::vector<std::string> known;
    for (const VirtualService& it : all) known.push_back(it.name);
    draft.diagnostics.error(
        name->second.mark, "E0401",
        fmt::format("there is no virtual service '{}'", shown(name->second.value)),
        hint_for(name->second.value, known, draft.diagnostics));
    return;
  }
  const auto weights = parse_weights(given->second.value);
  const std::vector<std::string> targets = targets_of(*service);
  const bool are_known = weights && std::ranges::all_of(*weights, [&](const auto& weight) {
                           return std::ranges::find(targets, weight.first) != targets.end();
                         });
  if (are_known) return;
  draft.diagnostics.error(
      given->second.mark, "E0212",
      fmt::format("'{}' are no weights of what is behind '{}'", shown(given->second.value),
                  service->name),
      fmt::format("write names and weights of 0 to 100: {}=50", fmt::join(targets, "=50,")));
}

void check_version(const Fault& fault, Draft& draft) {
  std::vector<std::string> known;
  for (const Service& service : draft.scenario.services) known.push_back(service.name);
  const auto given = fault.parameters.find("taskDefinition");
  if (given == fault.parameters.end()) return;
  const std::string& version = given->second.value;
  if (version.empty() || is_deployable(draft.scenario, version)) return;
  draft.diagnostics.error(
      given->second.mark, "E0403",
      fmt::format("there is no service and no task definition '{}' to deploy", shown(version)),
      hint_for(version, known, draft.diagnostics));
}

}  // namespace

void check_deployments(Draft& draft) {
  if (!draft.has_services || !draft.has_all_artefacts) return;
  for (const Fault& fault : draft.scenario.faults) {
    if (fault.action == "hoplab:ecs:update-service") check_version(fault, draft);
    if (fault.action == "hoplab:appmesh:update-route") check_weights(fault, draft);
  }
}

}  // namespace hoplab::scenarios
