// `virtualServices: {b: {b-v1: 90, b-v2: 10}}`: one name, several versions behind it.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

const Service* service_named(const Draft& draft, const std::string& name) {
  const auto& services = draft.scenario.services;
  const auto found = std::ranges::find(services, name, &Service::name);
  return found == services.end() ? nullptr : &*found;
}

void complain_of_target(const Node::Key& key, Draft& draft) {
  if (!draft.has_services) return;
  std::vector<std::string> services;
  for (const Service& service : draft.scenario.services) services.push_back(service.name);
  draft.diagnostics.error(key.mark, "E0401",
                          fmt::format("there is no service '{}'", shown(key.name)),
                          hint_for(key.name, services, draft.diagnostics));
}

/// Weights are those of App Mesh: whole numbers from 0 to 100.
void read_targets(const Node& node, VirtualService& virtual_service, Draft& draft) {
  Route& route = virtual_service.routes.front();
  std::uint32_t sum = 0;
  bool has_all_weights = true;
  for (const auto& [key, value] : node.entries) {
    const auto weight = integer_in<std::uint32_t>(0, 100)(value, draft.diagnostics);
    has_all_weights = has_all_weights && weight.has_value();
    sum += weight.value_or(0);
    const Service* service = service_named(draft, key.name);
    if (service == nullptr) {
      complain_of_target(key, draft);
      draft.has_all_calls = false;
      continue;
    }
    if (route.targets.empty()) virtual_service.port = service->port;
    route.targets.push_back({key.mark, key.name, weight.value_or(0)});
  }
  if (!has_all_weights || sum > 0) return;
  draft.diagnostics.error(
      node.mark, "E0212",
      fmt::format("no target of virtual service '{}' has a weight", virtual_service.name),
      "write {b-v1: 90, b-v2: 10}");
}

void read_virtual_service(const Node::Entry& entry, Draft& draft) {
  const auto& [key, value] = entry;
  check_name(key.name, key.mark, "a virtual service", draft.diagnostics);
  const auto& known = draft.scenario.virtual_services;
  if (std::ranges::find(known, key.name, &VirtualService::name) != known.end()) {
    draft.diagnostics.error(key.mark, "E0411",
                            fmt::format("the mesh has a virtual service '{}' already", key.name),
                            "leave one of them out");
    return;
  }
  VirtualService virtual_service;
  virtual_service.mark = key.mark;
  virtual_service.name = key.name;
  virtual_service.hostname = key.name + ".local";
  virtual_service.router = key.name;
  Route route;
  route.mark = key.mark;
  route.name = key.name;
  virtual_service.routes.push_back(std::move(route));
  if (value.kind != Node::Kind::mapping || value.entries.empty()) {
    draft.diagnostics.error(
        value.mark, "E0203",
        fmt::format("virtual service '{}' wants a mapping from services to weights",
                    shown(key.name)),
        "write {b-v1: 90, b-v2: 10}");
    draft.has_all_calls = false;
  } else {
    read_targets(value, virtual_service, draft);
  }
  // Even without targets: the calls that name it are not wrong.
  draft.scenario.virtual_services.push_back(std::move(virtual_service));
}

}  // namespace

void read_virtual_services(const Section& top, Draft& draft) {
  const Node* node = top.find("virtualServices");
  if (node == nullptr) return;
  if (draft.scenario.is_service_connect()) {
    draft.diagnostics.error(top.key_mark("virtualServices"), "E0218",
                            "'virtualServices' does not go with mesh: {kind: serviceConnect}",
                            "Service Connect has no weights: a name leads to one service");
  }
  if (!draft.scenario.has_mesh) {
    draft.diagnostics.error(top.key_mark("virtualServices"), "E0218",
                            "'virtualServices' does not go with mesh: none",
                            "without Envoys nobody shares requests out");
  }
  if (node->kind != Node::Kind::mapping) {
    draft.diagnostics.error(node->mark, "E0203",
                            "'virtualServices' wants a mapping from names to targets",
                            "write virtualServices: {b: {b-v1: 90, b-v2: 10}}");
    draft.has_all_calls = false;
    return;
  }
  for (const Node::Entry& entry : node->entries) read_virtual_service(entry, draft);
}

}  // namespace hoplab::scenarios
