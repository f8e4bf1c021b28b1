// What AWS would refuse to inject: it works here, and the file says so.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

const FaultAction* row_of(const Draft& draft, const Fault& fault) {
  const auto row = std::ranges::find(draft.fault_actions, fault.action, &FaultAction::action);
  return row == draft.fault_actions.end() ? nullptr : &*row;
}

bool overlap(const Fault& left, const Fault& right) {
  const auto ends_before = [](const Fault& one, const Fault& other) {
    return one.lasts && one.at + *one.lasts <= other.at;
  };
  return !ends_before(left, right) && !ends_before(right, left);
}

bool may_meet(const Fault& left, const Fault& right) {
  return left.target == right.target || left.target == every_resource ||
         right.target == every_resource;
}

/// Source: Amazon ECS agent, fault endpoints: one network fault on a task at a time (409);
///         AWS FIS User Guide, "Use the AWS FIS aws:ecs:task actions".
void check_company(const Fault& fault, Draft& draft) {
  for (const Fault& other : draft.scenario.faults) {
    if (&other == &fault) return;  // Each pair once, told at the later one.
    const FaultAction* row = row_of(draft, other);
    if (row == nullptr || !row->is_alone_on_task) continue;
    if (!overlap(fault, other) || !may_meet(fault, other)) continue;
    draft.diagnostics.warning(
        fault.mark, "W0702",
        fmt::format("AWS refuses a second network fault on a task while '{}' acts", other.name),
        "let one end before the other begins");
    return;
  }
}

void check_definition(const Fault& fault, FaultAction::Asks asks, Draft& draft) {
  const auto& services = draft.scenario.services;
  const auto service = std::ranges::find(services, fault.target, &Service::name);
  if (service == services.end()) return;
  // Of a built-in definition nobody can say how it should be.
  const TaskDefinition* definition = task_definition_of(draft.scenario, *service);
  if (definition == nullptr || definition->pid_mode == "task") return;
  const bool may_inject = asks == FaultAction::Asks::fault_injection_or_pid_mode;
  if (may_inject && definition->has_fault_injection) return;
  draft.diagnostics.warning(
      fault.mark, "W0702",
      fmt::format("AWS refuses {} on a task of '{}' as it is defined", fault.action, service->name),
      may_inject ? "set enableFaultInjection: true, or pidMode: task, in its task definition"
                 : "set pidMode: task in its task definition");
}

/// Weights of routes are App Mesh's.
void check_mesh(const Fault& fault, Draft& draft) {
  if (!draft.scenario.is_service_connect() || fault.action != "hoplab:appmesh:update-route") return;
  draft.diagnostics.error(
      fault.mark, "E0218",
      fmt::format("'{}' does not go with mesh: {{kind: serviceConnect}}", fault.action),
      "Service Connect has no weights: a name leads to one service");
}

/// What a fault says of a name that nobody has would come to nothing, and nobody would see why.
void check_host_name(const Fault& fault, Draft& draft) {
  const auto name = fault.parameters.find("name");
  if (fault.action != "hoplab:route53:resolver-outage" || name == fault.parameters.end()) return;
  std::vector<std::string> known;
  for (const Service& service : draft.scenario.services) known.push_back(service.hostname);
  for (const VirtualService& one : draft.scenario.virtual_services) known.push_back(one.hostname);
  if (name->second.value.empty() || std::ranges::count(known, name->second.value) > 0) return;
  draft.diagnostics.error(
      name->second.mark, "E0414",
      fmt::format("no service has the host name '{}'", shown(name->second.value)),
      hint_for(name->second.value, known, draft.diagnostics));
}

}  // namespace

void check_faults(Draft& draft) {
  for (const Fault& fault : draft.scenario.faults) {
    const FaultAction* row = row_of(draft, fault);
    if (row == nullptr) continue;
    check_host_name(fault, draft);
    check_mesh(fault, draft);
    if (row->is_alone_on_task) check_company(fault, draft);
    if (row->asks != FaultAction::Asks::nothing) check_definition(fault, row->asks, draft);
  }
}

}  // namespace hoplab::scenarios
