#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/import/aws_object.hpp"
#include "scenarios/schema/scalars.hpp"
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
void read_ports(const AwsReading& reading, AwsObject& object, const Node& node,
                IpPermission& permission) {
  const std::string from = spelled(reading, "FromPort");
  const std::string to = spelled(reading, "ToPort");
  if (permission.protocol != "tcp" && permission.protocol != "udp") {
    static_cast<void>(object.integer(from, -1, port_max));
    static_cast<void>(object.integer(to, -1, port_max));
    return;
  }
  const std::string owner = "a rule for " + permission.protocol;
  const auto first = object.required_integer(from, owner, 0, port_max);
  const auto last = object.required_integer(to, owner, 0, port_max);
  if (!first || !last) return;
  permission.port_first = static_cast<std::uint16_t>(*first);
  permission.port_last = static_cast<std::uint16_t>(*last);
  if (*first > *last) {
    object.complain(*node.find(to), "E0302", to + " is below " + from, "swap the two");
  }
}

void read_sources(AwsReading& reading, AwsObject& object, IpPermission& permission) {
  const std::string cidr_key = spelled(reading, "CidrIp");
  object.each(spelled(reading, "IpRanges"), [&](const Node& range, std::string path) {
    AwsObject entry(reading, range, std::move(path));
    const auto cidr = entry.required_text(cidr_key, "an IP range");
    if (cidr && is_ipv4_block(*cidr)) {
      permission.cidrs.push_back(*cidr);
    } else if (cidr) {
      entry.complain(*range.find(cidr_key), "E0302",
                     yaml::quoted(*cidr) + " is no block of IPv4 addresses",
                     "write it like \"10.0.0.0/16\"");
    }
    entry.ignore(spelled(reading, "Description"));
    entry.finish();
  });
  object.each(spelled(reading, "UserIdGroupPairs"), [&](const Node& pair, std::string path) {
    AwsObject entry(reading, pair, std::move(path));
    if (const auto id =
            entry.required_text(spelled(reading, "GroupId"), "a pair of user and group")) {
      permission.group_ids.push_back(*id);
    }
    for (const char* key : {"UserId", "Description", "GroupName", "VpcId"}) {
      entry.ignore(spelled(reading, key));
    }
    entry.finish();
  });
}

IpPermission read_permission(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  IpPermission permission;
  permission.mark = node.mark;
  const std::string protocol_key = spelled(reading, "IpProtocol");
  if (const auto protocol = object.required_text(protocol_key, "a rule")) {
    permission.protocol = protocol_of(*protocol);
    if (permission.protocol.empty()) {
      object.complain(*node.find(protocol_key), "E0302",
                      yaml::quoted(*protocol) + " is no IP protocol",
                      "write tcp, udp, icmp, icmpv6, a number, or -1 for all");
    }
  }
  read_ports(reading, object, node, permission);
  read_sources(reading, object, permission);
  // Empty lists are in every answer of AWS; only what is in them goes unsimulated.
  for (const char* key : {"Ipv6Ranges", "PrefixListIds"}) {
    const Node* list = object.child(spelled(reading, key));
    if (list != nullptr && !list->items.empty())
      reading.note_not_simulated(object.path_of(spelled(reading, key)));
  }
  object.finish();
  return permission;
}

/// What a group in a file and one in the scenario have in common.
void read_rules(AwsReading& reading, AwsObject& object, SecurityGroup& group) {
  group.group_name = object.text(spelled(reading, "GroupName")).value_or("");
  group.description = object.text(spelled(reading, "Description")).value_or("");
  group.vpc_id = object.text(spelled(reading, "VpcId")).value_or("");
  object.each(spelled(reading, "IpPermissions"), [&](const Node& permission, std::string path) {
    group.ingress.push_back(read_permission(reading, permission, std::move(path)));
  });
  object.each(spelled(reading, "IpPermissionsEgress"),
              [&](const Node& permission, std::string path) {
                group.egress.push_back(read_permission(reading, permission, std::move(path)));
              });
}

SecurityGroup read_group(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  SecurityGroup group;
  group.mark = node.mark;
  group.is_from_file = true;
  group.group_id = object.required_text("GroupId", "a security group").value_or("");
  read_rules(reading, object, group);
  for (const char* key : {"OwnerId", "Tags", "SecurityGroupArn"}) object.ignore(key);
  object.finish();
  return group;
}

}  // namespace

void read_security_group(AwsReading& reading, const Node& node, const std::string& id) {
  AwsObject object(reading, node, id);
  SecurityGroup group;
  group.mark = node.mark;
  group.group_id = id;
  read_rules(reading, object, group);
  object.accept({"tags"});
  object.finish();
  if (group.group_name.empty()) group.group_name = id;
  if (node.find("ipPermissionsEgress") == nullptr) {
    // As AWS makes it.
    IpPermission open;
    open.mark = node.mark;
    open.protocol = "-1";
    open.cidrs = {"0.0.0.0/0"};
    group.egress.push_back(std::move(open));
  }
  reading.artefacts.security_groups.push_back(std::move(group));
}

void read_security_groups(const Node& root, const std::string& file, Artefacts& artefacts,
                          sim::Diagnostics& diagnostics) {
  if (root.find("SecurityGroups") == nullptr) {
    diagnostics.error(
        root.mark, "E0306", "this is not what aws ec2 describe-... prints",
        root.find("containerDefinitions") != nullptr || root.find("taskDefinition") != nullptr
            ? "it is a task definition: list it under artefacts.taskDefinitions"
            : "it must hold SecurityGroups, Subnets, NetworkAcls or RouteTables");
    return;
  }
  AwsReading reading{file, artefacts, diagnostics};
  AwsObject document(reading, root, "");
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
