#include "report/expectations/origin.hpp"

#include <algorithm>

#include "scenarios/schema/names.hpp"

namespace hoplab::report::expectations {
std::string proxy_container(const scenarios::Scenario& scenario,
                            const scenarios::Service& service) {
  const auto* definition = scenarios::task_definition_of(scenario, service);
  if (definition == nullptr || definition->proxy_container.empty()) return "envoy";
  return definition->proxy_container;
}

std::string app_container(const scenarios::Scenario& scenario, const scenarios::Service& service) {
  const auto* definition = scenarios::task_definition_of(scenario, service);
  if (definition == nullptr) return "app";
  const std::string proxy = proxy_container(scenario, service);
  for (const auto& container : definition->containers) {
    if (container.name != proxy && !container.port_mappings.empty()) return container.name;
  }
  return "app";
}

std::optional<Origin> origin_of(const scenarios::Scenario& scenario, std::string_view group) {
  constexpr std::string_view prefix = "/ecs/";
  if (group.substr(0, prefix.size()) != prefix) return std::nullopt;
  group.remove_prefix(prefix.size());
  const auto slash = group.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto& services = scenario.services;
  const auto found = std::find_if(services.begin(), services.end(), [&](const auto& service) {
    return service.name == group.substr(0, slash);
  });
  if (found == services.end()) return std::nullopt;
  Origin origin;
  origin.service = static_cast<std::size_t>(found - services.begin());
  origin.container = group.substr(slash + 1);
  origin.is_envoy = origin.container == proxy_container(scenario, *found);
  return origin;
}

bool is_egress(const recording::AccessLine& line, std::string_view service) {
  if (line.upstream_host == "-") return line.authority_label() != service;
  return !line.upstream_is_local();
}

}  // namespace hoplab::report::expectations
