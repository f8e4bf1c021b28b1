#include "models/vpc/build_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hoplab::models::vpc {
namespace {

using Json = nlohmann::ordered_json;

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

GroupsById add_groups(const scenarios::Artefacts& artefacts, SecurityGroups& groups) {
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
  const GroupsById by_id = add_groups(scenario.artefacts, groups);
  GroupsOfServices services;
  for (const scenarios::Service& service : scenario.services) {
    for (const std::string& id : service.security_groups) {
      services[service.name].push_back(by_id.at(id));
    }
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
