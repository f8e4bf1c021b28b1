// `infrastructure`: the VPC, subnets, security groups, machines and paths in the words of EC2.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

std::optional<std::string> read_block(const Node& node, Diagnostics& diagnostics) {
  auto text = read_text(node, diagnostics);
  if (!text || is_ipv4_block(*text)) return text;
  diagnostics.error(node.mark, "E0220", fmt::format("'{}' is not an IPv4 block", shown(*text)),
                    "write it like 10.0.0.0/16");
  return std::nullopt;
}

void read_vpc(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  const Section section(node, "'vpc'", {"vpcId", "cidrBlock"}, diagnostics);
  section.take("vpcId", read_aws_name, scenario.vpc_id);
  section.take("cidrBlock", read_block, scenario.vpc_cidr);
}

void read_subnet(const Node::Entry& entry, Draft& draft) {
  check_name(entry.key.name, entry.key.mark, "a subnet", draft.diagnostics);
  Subnet subnet;
  subnet.mark = entry.key.mark;
  subnet.name = entry.key.name;
  const Section section(entry.value, fmt::format("subnet '{}'", shown(subnet.name)),
                        {"cidrBlock", "availabilityZone"}, draft.diagnostics);
  section.require("cidrBlock", "write {cidrBlock: 10.0.1.0/24}");
  section.take("cidrBlock", read_block, subnet.cidr_block);
  subnet.availability_zone = draft.scenario.region + "a";
  section.take("availabilityZone", read_text, subnet.availability_zone);
  draft.scenario.subnets.push_back(std::move(subnet));
}

void read_group(const Node::Entry& entry, Draft& draft) {
  Artefacts& artefacts = draft.scenario.artefacts;
  const auto& groups = artefacts.security_groups;
  check_name(entry.key.name, entry.key.mark, "a security group", draft.diagnostics);
  if (std::ranges::find(groups, entry.key.name, &SecurityGroup::group_id) != groups.end()) {
    draft.diagnostics.error(entry.key.mark, "E0411",
                            fmt::format("a second security group '{}'", shown(entry.key.name)),
                            "leave one of them out");
    return;
  }
  AwsReading reading{draft.scenario.file, artefacts, draft.diagnostics, Origin::scenario};
  const int errors_before = draft.diagnostics.errors();
  read_security_group(reading, entry.value, entry.key.name);
  if (draft.diagnostics.errors() != errors_before) draft.has_all_artefacts = false;
}

/// An ACL or a route table.
template <typename Objects>
void read_between_subnets(const Node::Entry& entry, const char* what, const Objects& known,
                          void (*read)(AwsReading&, const Node&, const std::string&),
                          Draft& draft) {
  check_name(entry.key.name, entry.key.mark, what, draft.diagnostics);
  for (const auto& object : known) {
    if (object.id != entry.key.name) continue;
    draft.diagnostics.error(entry.key.mark, "E0411",
                            fmt::format("{} '{}' is there twice", what, shown(entry.key.name)),
                            "leave one of them out");
    return;
  }
  AwsReading reading{draft.scenario.file, draft.scenario.artefacts, draft.diagnostics,
                     Origin::scenario};
  read(reading, entry.value, entry.key.name);
}

/// A rule may name a group that comes later.
void check_groups_in_rules(Draft& draft) {
  std::vector<std::string> known;
  const auto& groups = draft.scenario.artefacts.security_groups;
  for (const SecurityGroup& group : groups) known.push_back(group.group_id);
  for (const SecurityGroup& group : groups) {
    if (group.is_from_file) continue;
    for (const auto* rules : {&group.ingress, &group.egress}) {
      for (const IpPermission& rule : *rules) {
        for (const std::string& id : rule.group_ids) {
          if (std::ranges::find(known, id) != known.end()) continue;
          draft.diagnostics.error(rule.mark, "E0404",
                                  fmt::format("there is no security group '{}'", shown(id)),
                                  hint_for(id, known, draft.diagnostics));
        }
      }
    }
  }
}

template <typename Read>
void each_entry(const Section& section, const char* key, const Read& read, Draft& draft) {
  const Node* node = section.find(key);
  if (node == nullptr) return;
  if (node->kind != Node::Kind::mapping) {
    draft.diagnostics.error(node->mark, "E0203",
                            fmt::format("'{}' wants a mapping from names", key),
                            fmt::format("write {}: {{NAME: {{...}}}}", key));
    return;
  }
  for (const Node::Entry& entry : node->entries) read(entry, draft);
}

void read_acls_and_tables(const Section& section, Draft& draft) {
  Artefacts& artefacts = draft.scenario.artefacts;
  const auto read_acl = [&](const Node::Entry& entry, Draft& into) {
    read_between_subnets(entry, "a network ACL", artefacts.network_acls, read_network_acl, into);
  };
  const auto read_table = [&](const Node::Entry& entry, Draft& into) {
    read_between_subnets(entry, "a route table", artefacts.route_tables, read_route_table, into);
  };
  each_entry(section, "networkAcls", read_acl, draft);
  each_entry(section, "routeTables", read_table, draft);
  std::vector<std::string> known;
  for (const Subnet& subnet : draft.scenario.subnets) known.push_back(subnet.name);
  const auto check = [&](const auto& object) {
    if (object.is_from_file) return;  // That may be of a larger VPC.
    for (const std::string& subnet : object.subnets) {
      if (std::ranges::find(known, subnet) != known.end()) continue;
      draft.diagnostics.error(object.mark, "E0423",
                              fmt::format("there is no subnet '{}'", shown(subnet)),
                              hint_for(subnet, known, draft.diagnostics));
    }
  };
  for (const NetworkAcl& acl : artefacts.network_acls) check(acl);
  for (const RouteTable& table : artefacts.route_tables) check(table);
}

/// `{loopback: "*", latency: 0.2ms}`: between containers of one task, everywhere.
bool read_loopback(const Node& node, Draft& draft) {
  if (node.find("loopback") == nullptr) return false;
  static const std::vector<std::string> keys = {"loopback", "latency"};
  const Section section(node, "a loopback link", keys, draft.diagnostics);
  (void)read_choice(*section.find("loopback"), {"*"}, draft.diagnostics);
  section.require("latency", "one way: latency: 50us");
  section.take("latency", read_duration, draft.scenario.network.loopback);
  return true;
}

}  // namespace

void read_infrastructure(const Section& top, Draft& draft) {
  const Node* node = top.find("infrastructure");
  if (node == nullptr) return;
  const Section section(*node, "'infrastructure'",
                        {"vpc", "subnets", "securityGroups", "networkAcls", "routeTables",
                         "containerInstances", "links"},
                        draft.diagnostics);
  if (const Node* vpc = section.find("vpc")) read_vpc(*vpc, draft.scenario, draft.diagnostics);
  each_entry(section, "subnets", read_subnet, draft);
  each_entry(section, "securityGroups", read_group, draft);
  check_groups_in_rules(draft);
  read_acls_and_tables(section, draft);
  section.each("links", [&](const Node& item) {
    if (!read_loopback(item, draft)) draft.links.push_back(&item);
  });
}

}  // namespace hoplab::scenarios
