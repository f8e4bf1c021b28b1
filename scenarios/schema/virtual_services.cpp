#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

/// One route and one target: the service's own virtual node.
VirtualService own_virtual_service(const Service& service) {
  VirtualService own;
  own.mark = service.mark;
  own.name = service.name;
  own.hostname = service.hostname;
  own.port = service.connect.alias_port.value_or(service.port);
  Route route;
  route.mark = service.mark;
  route.targets.push_back({service.mark, service.name, 1});
  own.routes.push_back(std::move(route));
  return own;
}

}  // namespace

void complete_virtual_services(Draft& draft) {
  // A mesh that names its virtual services has no others.
  const bool is_explicit = !draft.mesh.services.empty();
  Scenario& scenario = draft.scenario;
  std::set<std::string> routed;
  for (const VirtualService& it : scenario.virtual_services) routed.insert(it.name);
  for (Service& service : scenario.services) {
    if (service.virtual_node.empty()) service.virtual_node = service.name;
    if (service.hostname.empty()) service.hostname = service.name + ".local";
    if (!service.connect.is_endpoint) continue;
    if (is_explicit || routed.contains(service.name)) continue;
    scenario.virtual_services.push_back(own_virtual_service(service));
    if (!scenario.is_service_connect()) continue;
    // An endpoint's time-outs hold at both ends.
    Route& route = scenario.virtual_services.back().routes.front();
    route.request_timeout = service.node.request_timeout;
    route.idle_timeout = service.node.idle_timeout;
  }
}

void resolve_calls(Draft& draft) {
  std::map<std::string, std::string> names;  // What a call may say: what is meant.
  std::vector<std::string> known;
  for (const VirtualService& it : draft.scenario.virtual_services) {
    names.emplace(it.hostname, it.name);
    known.push_back(it.name);
  }
  for (const std::string& name : known) names[name] = name;
  for (Service& service : draft.scenario.services) {
    std::erase_if(service.calls, [&](Call& call) {
      const auto found = names.find(call.to);
      if (found != names.end()) {
        call.to = found->second;
        return false;
      }
      draft.diagnostics.error(call.mark, "E0401",
                              fmt::format("there is no service '{}'", shown(call.to)),
                              hint_for(call.to, known, draft.diagnostics));
      draft.has_all_calls = false;
      return true;
    });
  }
}

}  // namespace hoplab::scenarios
