#include <algorithm>

#include "scenarios/schema/draft.hpp"

namespace hoplab::scenarios {

void complete_virtual_services(Scenario& scenario) {
  for (Service& service : scenario.services) {
    if (service.virtual_node.empty()) service.virtual_node = service.name;
    if (service.hostname.empty()) service.hostname = service.name + ".local";
    const auto same = [&](const VirtualService& other) { return other.name == service.name; };
    if (std::ranges::any_of(scenario.virtual_services, same)) continue;
    VirtualService own;
    own.mark = service.mark;
    own.name = service.name;
    own.hostname = service.hostname;
    own.port = service.port;
    Route route;
    route.mark = service.mark;
    route.targets.push_back({service.mark, service.name, 1});
    own.routes.push_back(std::move(route));
    scenario.virtual_services.push_back(std::move(own));
  }
}

}  // namespace hoplab::scenarios
