#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/import/aws_object.hpp"
#include "scenarios/schema/source_text.hpp"

namespace hoplab::scenarios {
namespace {

constexpr std::int64_t port_max = 65'535;

/// A decimal number in [0, most] and nothing else.
std::optional<int> whole_number(std::string_view text, int most) {
  int number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
  if (number < 0 || number > most) return {};
  return number;
}

/// "10.0.0.0/16": four octets and the length of the prefix.
bool is_ipv4_block(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || !whole_number(text.substr(slash + 1), 32)) return false;
  text = text.substr(0, slash);
  for (int octet = 0; octet < 3; ++octet) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos || !whole_number(text.substr(0, dot), 255)) return false;
    text.remove_prefix(dot + 1);
  }
  return whole_number(text, 255).has_value();
}

/// Names for the numbers that have one; "" for what is no protocol.
std::string protocol_of(const std::string& written) {
  for (const auto& [number, name] :
       {std::pair{"1", "icmp"}, {"6", "tcp"}, {"17", "udp"}, {"58", "icmpv6"}, {"-1", "-1"}}) {
    if (written == number || written == name) return name;
  }
  return whole_number(written, 255) ? written : "";
}

/// AWS wants a range of ports for TCP and UDP; for ICMP the same keys hold type and code, and every
/// other protocol is about all ports.
void read_ports(AwsObject& object, const Node& node, IpPermission& permission) {
  if (permission.protocol != "tcp" && permission.protocol != "udp") {
    static_cast<void>(object.integer("FromPort", -1, port_max));
    static_cast<void>(object.integer("ToPort", -1, port_max));
    return;
  }
  const std::string owner = "a rule for " + permission.protocol;
  const auto first = object.required_integer("FromPort", owner, 0, port_max);
  const auto last = object.required_integer("ToPort", owner, 0, port_max);
  if (!first || !last) return;
  permission.port_first = static_cast<std::uint16_t>(*first);
  permission.port_last = static_cast<std::uint16_t>(*last);
  if (*first > *last) {
    object.complain(*node.find("ToPort"), "E0302", "ToPort is below FromPort", "swap the two");
  }
}

void read_sources(AwsReading& reading, AwsObject& object, IpPermission& permission) {
  object.each("IpRanges", [&](const Node& range, std::string path) {
    AwsObject entry(reading, range, std::move(path));
    const auto cidr = entry.required_text("CidrIp", "an IP range");
    if (cidr && is_ipv4_block(*cidr)) {
      permission.cidrs.push_back(*cidr);
    } else if (cidr) {
      entry.complain(*range.find("CidrIp"), "E0302",
                     yaml::quoted(*cidr) + " is no block of IPv4 addresses",
                     "write it like \"10.0.0.0/16\"");
    }
    entry.ignore("Description");
    entry.finish();
  });
  object.each("UserIdGroupPairs", [&](const Node& pair, std::string path) {
    AwsObject entry(reading, pair, std::move(path));
    if (const auto id = entry.required_text("GroupId", "a pair of user and group")) {
      permission.group_ids.push_back(*id);
    }
    for (const char* key : {"UserId", "Description", "GroupName", "VpcId"}) entry.ignore(key);
    entry.finish();
  });
}

IpPermission read_permission(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  IpPermission permission;
  if (const auto protocol = object.required_text("IpProtocol", "a rule")) {
    permission.protocol = protocol_of(*protocol);
    if (permission.protocol.empty()) {
      object.complain(*node.find("IpProtocol"), "E0302",
                      yaml::quoted(*protocol) + " is no IP protocol",
                      "write tcp, udp, icmp, icmpv6, a number, or -1 for all");
    }
  }
  read_ports(object, node, permission);
  read_sources(reading, object, permission);
  // Empty lists are in every answer of AWS; only what is in them goes unsimulated.
  for (const char* key : {"Ipv6Ranges", "PrefixListIds"}) {
    const Node* list = object.child(key);
    if (list != nullptr && !list->items.empty()) reading.note_not_simulated(object.path_of(key));
  }
  object.finish();
  return permission;
}

SecurityGroup read_group(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  SecurityGroup group;
  group.mark = node.mark;
  group.group_id = object.required_text("GroupId", "a security group").value_or("");
  group.group_name = object.text("GroupName").value_or("");
  group.description = object.text("Description").value_or("");
  group.vpc_id = object.text("VpcId").value_or("");
  object.each("IpPermissions", [&](const Node& permission, std::string permission_path) {
    group.ingress.push_back(read_permission(reading, permission, std::move(permission_path)));
  });
  object.each("IpPermissionsEgress", [&](const Node& permission, std::string permission_path) {
    group.egress.push_back(read_permission(reading, permission, std::move(permission_path)));
  });
  for (const char* key : {"OwnerId", "Tags", "SecurityGroupArn"}) object.ignore(key);
  object.finish();
  return group;
}

}  // namespace

void import_security_groups(std::string_view text, const std::string& file, Artefacts& artefacts,
                            sim::Diagnostics& diagnostics) {
  const auto root = parse_json(text, file, diagnostics);
  if (!root) return;
  if (root->find("SecurityGroups") == nullptr) {
    diagnostics.error(
        root->mark, "E0306", "this is not what describe-security-groups prints",
        root->find("containerDefinitions") != nullptr || root->find("taskDefinition") != nullptr
            ? "it is a task definition: list it under artefacts.taskDefinitions"
            : "it must hold SecurityGroups");
    return;
  }
  AwsReading reading{file, artefacts, diagnostics};
  AwsObject document(reading, *root, "");
  std::set<std::string> known;
  for (const SecurityGroup& group : artefacts.security_groups) known.insert(group.group_id);
  document.each("SecurityGroups", [&](const Node& node, std::string path) {
    SecurityGroup group = read_group(reading, node, std::move(path));
    if (group.group_id.empty()) return;  // That has been told.
    if (!known.insert(group.group_id).second) {
      return document.complain(node, "E0305",
                               "the group " + yaml::quoted(group.group_id) + " is given twice",
                               "keep one of the two");
    }
    artefacts.security_groups.push_back(std::move(group));
  });
  document.finish();
}

}  // namespace hoplab::scenarios
