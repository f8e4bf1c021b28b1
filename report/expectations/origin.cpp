#include "report/expectations/origin.hpp"

#include <algorithm>
#include <map>

#include "scenarios/schema/names.hpp"

namespace hoplab::report::expectations {

recording::AccessReader access_reader(const scenarios::Scenario& scenario,
                                      const scenarios::Service& service) {
  using Flags = recording::AccessReader::Flags;
  return recording::AccessReader(
      service.node.access_log.value_or(scenarios::AccessLogFile{}),
      scenario.is_service_connect() ? Flags::dispensable : Flags::needed);
}

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

std::vector<CalledNames> names_called(const scenarios::Scenario& scenario) {
  std::map<std::string_view, const std::string*> hostnames;
  for (const auto& it : scenario.virtual_services) hostnames[it.name] = &it.hostname;
  std::vector<CalledNames> all;
  for (const auto& service : scenario.services) {
    CalledNames& names = all.emplace_back();
    for (const auto& call : service.calls) {
      names.insert(call.to);
      if (const auto host = hostnames.find(call.to); host != hostnames.end()) {
        names.insert(*host->second);
      }
    }
  }
  return all;
}

bool is_addressed_to(const recording::AccessLine& line, const CalledNames& names) {
  return names.contains(line.authority_host()) || names.contains(line.authority_label());
}

bool is_egress(const recording::AccessLine& line, const CalledNames& called) {
  if (line.upstream_host == "-") return is_addressed_to(line, called);
  return !line.upstream_is_local();
}

}  // namespace hoplab::report::expectations
