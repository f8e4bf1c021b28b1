// What a scenario leaves out, written out: from here on, short form and long form are the same.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/default_task_definition.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/targets.hpp"
#include "sim/random.hpp"

namespace hoplab::scenarios {
namespace {

std::string made_up_id(const std::string& prefix, const std::string& name) {
  return fmt::format("{}-{:017x}", prefix, sim::stable_hash(prefix + "/" + name));
}

// --- Machines ---------------------------------------------------------------------------------

void complete_hosts(Scenario& scenario) {
  std::set<std::string> known;
  for (const Host& host : scenario.hosts) known.insert(host.name);
  for (Service& service : scenario.services) {
    if (!service.placement.empty()) continue;
    for (int task = 1; task <= service.desired_count; ++task) {
      Host host;
      host.mark = service.mark;
      host.name = fmt::format("host-{}-{}", service.name, task);
      service.placement.push_back(host.name);
      if (known.insert(host.name).second) scenario.hosts.push_back(std::move(host));
    }
  }
}

/// Machines that name none share one subnet, which is the whole VPC.
void complete_subnets(Scenario& scenario) {
  const auto names_none = [](const Host& host) { return host.subnet.empty(); };
  if (std::ranges::none_of(scenario.hosts, names_none)) return;
  Subnet subnet;
  subnet.name = made_up_id("subnet", "private-1a");
  subnet.cidr_block = scenario.vpc_cidr;
  subnet.availability_zone = scenario.region + "a";
  for (Host& host : scenario.hosts) {
    if (host.subnet.empty()) host.subnet = subnet.name;
  }
  if (std::ranges::find(scenario.subnets, subnet.name, &Subnet::name) == scenario.subnets.end()) {
    scenario.subnets.push_back(std::move(subnet));
  }
}

// --- Task definitions -------------------------------------------------------------------------

std::string full_name(const TaskDefinition& definition) {
  return fmt::format("{}:{}", definition.family, definition.revision);
}

void complete_task_definitions(Scenario& scenario) {
  for (Service& service : scenario.services) {
    if (!service.task_definition.empty()) continue;
    TaskDefinition definition = default_task_definition(service, scenario);
    definition.mark = service.mark;
    service.task_definition = full_name(definition);
    scenario.artefacts.task_definitions.push_back(std::move(definition));
  }
}

// --- Security groups --------------------------------------------------------------------------

using GroupsOfServices = std::map<std::string, std::vector<std::string>>;

IpPermission permission_for(const SourceMark& mark, std::uint16_t first, std::uint16_t last) {
  IpPermission permission;
  permission.mark = mark;
  permission.protocol = first == 0 && last == 65535 ? "-1" : "tcp";
  permission.port_first = first;
  permission.port_last = last;
  return permission;
}

IpPermission permission_of(const AllowRule& rule, const GroupsOfServices& groups) {
  IpPermission permission = permission_for(rule.mark, rule.port_first, rule.port_last);
  if (rule.from == "anywhere") {
    permission.cidrs.emplace_back("0.0.0.0/0");
  } else if (const auto service = groups.find(rule.from); service != groups.end()) {
    permission.group_ids = service->second;
  } else {
    permission.cidrs.push_back(rule.from);
  }
  return permission;
}

/// By service: who calls it, in the order of the file.
std::map<std::string, std::vector<std::string>> callers_of_services(const Scenario& scenario) {
  std::map<std::string, std::vector<std::string>> targets;
  for (const VirtualService& service : scenario.virtual_services) {
    targets[service.name] = targets_of(service);
  }
  std::map<std::string, std::vector<std::string>> callers;
  for (const Service& caller : scenario.services) {
    for (const Call& call : caller.calls) {
      for (const std::string& target : targets[call.to]) {
        std::vector<std::string>& known = callers[target];
        if (known.empty() || known.back() != caller.name) known.push_back(caller.name);
      }
    }
  }
  return callers;
}

/// As its `securityGroup:` says, or one rule for each service that calls it. Egress is open, as AWS
/// makes it.
SecurityGroup group_of(const Service& service, const std::vector<std::string>& callers,
                       const GroupsOfServices& groups, const Scenario& scenario) {
  SecurityGroup group;
  group.mark = service.mark;
  group.group_id = groups.at(service.name).front();
  group.group_name = service.name;
  group.description = "security group of " + service.name;
  group.vpc_id = scenario.vpc_id;
  if (service.security_group) {
    for (const AllowRule& rule : *service.security_group) {
      group.ingress.push_back(permission_of(rule, groups));
    }
  } else {
    for (const std::string& caller : callers) {
      const std::uint16_t port = service.node.listener_port.value_or(service.port);
      group.ingress.push_back(permission_for(service.mark, port, port));
      group.ingress.back().group_ids = groups.at(caller);
    }
  }
  group.egress.push_back(permission_for(service.mark, 0, 65535));
  group.egress.back().cidrs.emplace_back("0.0.0.0/0");
  return group;
}

void complete_groups(Scenario& scenario) {
  GroupsOfServices groups;
  for (const Service& service : scenario.services) {
    groups[service.name] = service.security_groups.empty()
                               ? std::vector{made_up_id("sg", service.name)}
                               : service.security_groups;
  }
  const auto callers = callers_of_services(scenario);
  for (Service& service : scenario.services) {
    if (!service.security_groups.empty()) continue;
    const auto own_callers = callers.find(service.name);
    scenario.artefacts.security_groups.push_back(group_of(
        service, own_callers == callers.end() ? std::vector<std::string>() : own_callers->second,
        groups, scenario));
    service.security_groups = groups.at(service.name);
  }
}

}  // namespace

void check_addresses(Draft& draft) {
  const Scenario& scenario = draft.scenario;
  std::map<std::string, std::string> subnets;  // Of hosts; "" is the VPC's own.
  for (const Host& host : scenario.hosts) subnets[host.name] = host.subnet;
  std::map<std::string, std::int64_t> tasks;
  for (const Service& service : scenario.services) {
    for (int task = 0; task < service.desired_count; ++task) {
      const auto& wish = service.placement;
      ++tasks[wish.empty() ? "" : subnets[wish[static_cast<std::size_t>(task) % wish.size()]]];
    }
  }
  const auto check = [&](const SourceMark& mark, const std::string& name,
                         const std::string& block) {
    if (!is_ipv4_block(block)) return;  // That has been told.
    // AWS keeps the first four addresses and the last.
    const int prefix = std::stoi(block.substr(block.find('/') + 1));
    const std::int64_t usable = (std::int64_t{1} << (32 - prefix)) - 5;
    if (tasks[name] <= std::max<std::int64_t>(usable, 0)) return;
    draft.diagnostics.error(
        mark, "E0212",
        fmt::format("{} has no addresses for {} tasks",
                    name.empty() ? "the VPC's " + block : fmt::format("subnet '{}'", name),
                    tasks[name]),
        "write a larger cidrBlock");
  };
  for (const Subnet& subnet : scenario.subnets) check(subnet.mark, subnet.name, subnet.cidr_block);
  if (!scenario.services.empty()) check(scenario.services.front().mark, "", scenario.vpc_cidr);
}

void check_versions(Draft& draft) {
  std::map<std::string, const Service*> built_in;
  std::set<std::string> given;
  for (const auto& definition : draft.scenario.artefacts.task_definitions) {
    given.insert(full_name(definition));
  }
  for (const Service& service : draft.scenario.services) {
    if (!service.task_definition.empty() || !draft.has_all_artefacts) continue;
    const std::string& family = service.family.empty() ? service.name : service.family;
    const std::string name = fmt::format("{}:{}", family, service.revision);
    if (given.contains(name)) {
      draft.diagnostics.error(
          service.mark, "E0411",
          fmt::format("the built-in task definition of service '{}' would be {}, which is there "
                      "already",
                      service.name, name),
          fmt::format("write taskDefinition: {} to use that one, or another family or revision",
                      family));
    } else if (const auto first = built_in.emplace(name, &service); !first.second) {
      draft.diagnostics.error(service.mark, "E0411",
                              fmt::format("services '{}' and '{}' cannot both be {}",
                                          first.first->second->name, service.name, name),
                              "give one of them another revision");
    }
  }
}

void complete(Scenario& scenario) {
  if (scenario.vpc_id.empty()) scenario.vpc_id = made_up_id("vpc", scenario.cluster);
  complete_hosts(scenario);
  complete_subnets(scenario);
  complete_task_definitions(scenario);
  complete_groups(scenario);
}

}  // namespace hoplab::scenarios
