#include "models/vpc/build_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/schema/targets.hpp"
#include "sim/random.hpp"

namespace hoplab::models::vpc {
namespace {

using Json = nlohmann::ordered_json;

std::string made_up_id(const std::string& prefix, const std::string& name) {
  return fmt::format("{}-{:017x}", prefix, sim::stable_hash(prefix + "/" + name));
}

Rule open_to_all() {
  return {.port_first = 0, .port_last = 65535, .cidrs = {*parse_cidr("0.0.0.0/0")}, .groups = {}};
}

// --- From artefacts ---------------------------------------------------------------------------

using GroupsById = std::map<std::string, GroupRef>;

/// TCP and "all protocols" permissions; what concerns UDP or ICMP meets no request.
std::vector<Rule> rules_of(const std::vector<scenarios::IpPermission>& permissions,
                           const GroupsById& by_id) {
  std::vector<Rule> rules;
  for (const scenarios::IpPermission& permission : permissions) {
    if (permission.protocol != "tcp" && permission.protocol != "-1") continue;
    const bool is_all = permission.protocol == "-1";
    Rule rule{.port_first = is_all ? std::uint16_t{0} : permission.port_first,
              .port_last = is_all ? std::uint16_t{65535} : permission.port_last,
              .cidrs = {},
              .groups = {}};
    for (const std::string& text : permission.cidrs) {
      if (const auto cidr = parse_cidr(text)) rule.cidrs.push_back(*cidr);
    }
    for (const std::string& id : permission.group_ids) {
      if (const auto known = by_id.find(id); known != by_id.end()) {
        rule.groups.push_back(known->second);
      }
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

GroupsById add_artefacts(const scenarios::Artefacts& artefacts, SecurityGroups& groups) {
  // All names first: a rule may name a group that comes later.
  GroupsById by_id;
  auto next = static_cast<std::uint32_t>(groups.size());
  for (const scenarios::SecurityGroup& group : artefacts.security_groups) {
    by_id[group.group_id] = GroupRef{next++};
  }
  for (const scenarios::SecurityGroup& group : artefacts.security_groups) {
    groups.add({.id = group.group_id,
                .name = group.group_name,
                .description = group.description,
                .vpc_id = group.vpc_id,
                .ingress = rules_of(group.ingress, by_id),
                .egress = rules_of(group.egress, by_id)});
  }
  return by_id;
}

// --- From the short form ----------------------------------------------------------------------

Rule rule_of(const scenarios::AllowRule& allow, const GroupsOfServices& services) {
  Rule rule{
      .port_first = allow.port_first, .port_last = allow.port_last, .cidrs = {}, .groups = {}};
  if (allow.from == "anywhere") {
    rule.cidrs.push_back(*parse_cidr("0.0.0.0/0"));
  } else if (const auto service = services.find(allow.from); service != services.end()) {
    rule.groups = service->second;
  } else if (const auto cidr = parse_cidr(allow.from)) {
    rule.cidrs.push_back(*cidr);
  }
  return rule;
}

/// By service: who calls it, in the order of the file.
std::map<std::string, std::vector<std::string>> callers_of_services(
    const scenarios::Scenario& scenario) {
  std::map<std::string, std::vector<std::string>> targets;
  for (const scenarios::VirtualService& service : scenario.virtual_services) {
    targets[service.name] = scenarios::targets_of(service);
  }
  std::map<std::string, std::vector<std::string>> callers;
  for (const scenarios::Service& caller : scenario.services) {
    for (const scenarios::Call& call : caller.calls) {
      for (const std::string& target : targets[call.to]) {
        std::vector<std::string>& known = callers[target];
        if (known.empty() || known.back() != caller.name) known.push_back(caller.name);
      }
    }
  }
  return callers;
}

std::vector<Rule> rules_for_callers(const std::vector<std::string>& callers,
                                    const scenarios::Service& service,
                                    const GroupsOfServices& services) {
  std::vector<Rule> rules;
  for (const std::string& caller : callers) {
    rules.push_back({.port_first = service.port,
                     .port_last = service.port,
                     .cidrs = {},
                     .groups = services.at(caller)});
  }
  return rules;
}

// --- As AWS prints them -----------------------------------------------------------------------

Json describe(const Rule& rule, const SecurityGroups& groups, const std::string& account) {
  Json permission;
  const bool is_all = rule.port_first == 0 && rule.port_last == 65535;
  permission["IpProtocol"] = is_all ? "-1" : "tcp";
  if (!is_all) {
    permission["FromPort"] = rule.port_first;
    permission["ToPort"] = rule.port_last;
  }
  permission["IpRanges"] = Json::array();
  for (const Cidr& cidr : rule.cidrs) {
    permission["IpRanges"].push_back(
        {{"CidrIp", fmt::format("{}/{}", to_string(cidr.base), cidr.prefix_length)}});
  }
  permission["Ipv6Ranges"] = Json::array();
  permission["PrefixListIds"] = Json::array();
  permission["UserIdGroupPairs"] = Json::array();
  for (const GroupRef ref : rule.groups) {
    permission["UserIdGroupPairs"].push_back(
        {{"GroupId", groups.group(ref).id}, {"UserId", account}});
  }
  return permission;
}

}  // namespace

GroupsOfServices build_groups(const scenarios::Scenario& scenario, SecurityGroups& groups) {
  const GroupsById by_id = add_artefacts(scenario.artefacts, groups);
  GroupsOfServices services;
  for (const scenarios::Service& service : scenario.services) {
    for (const std::string& id : service.security_groups) {
      services[service.name].push_back(by_id.at(id));
    }
    if (!service.security_groups.empty()) continue;
    services[service.name] = {groups.add({.id = made_up_id("sg", service.name),
                                          .name = service.name,
                                          .description = "security group of " + service.name,
                                          .vpc_id = made_up_id("vpc", scenario.cluster),
                                          .ingress = {},
                                          .egress = {open_to_all()}})};
  }
  const auto callers = callers_of_services(scenario);
  for (const scenarios::Service& service : scenario.services) {
    if (!service.security_groups.empty()) continue;
    std::vector<Rule> rules;
    if (service.security_group) {
      for (const scenarios::AllowRule& allow : *service.security_group) {
        rules.push_back(rule_of(allow, services));
      }
    } else {
      const auto known = callers.find(service.name);
      if (known != callers.end()) rules = rules_for_callers(known->second, service, services);
    }
    groups.set_ingress(services[service.name].front(), std::move(rules));
  }
  return services;
}

std::string describe_security_groups(const SecurityGroups& groups, const std::string& account) {
  Json answer;
  answer["SecurityGroups"] = Json::array();
  for (std::uint32_t index = 0; index < groups.size(); ++index) {
    const SecurityGroup& group = groups.group({index});
    Json entry;
    entry["Description"] = group.description;
    entry["GroupName"] = group.name;
    entry["IpPermissions"] = Json::array();
    for (const Rule& rule : group.ingress) {
      entry["IpPermissions"].push_back(describe(rule, groups, account));
    }
    entry["OwnerId"] = account;
    entry["GroupId"] = group.id;
    entry["IpPermissionsEgress"] = Json::array();
    for (const Rule& rule : group.egress) {
      entry["IpPermissionsEgress"].push_back(describe(rule, groups, account));
    }
    entry["VpcId"] = group.vpc_id;
    answer["SecurityGroups"].push_back(std::move(entry));
  }
  return answer.dump();
}

}  // namespace hoplab::models::vpc
