#include <algorithm>
#include <utility>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/import/aws_object.hpp"

namespace hoplab::scenarios {
namespace {

constexpr std::int64_t port_max = 65'535;

IpPermission read_permission(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  IpPermission permission;
  permission.protocol = object.text("IpProtocol").value_or("-1");
  if (permission.protocol == "6") permission.protocol = "tcp";
  // -1 stands for all ICMP types; it is no port of ours.
  const auto first = object.integer("FromPort", -1, port_max);
  const auto last = object.integer("ToPort", -1, port_max);
  if (permission.protocol == "tcp" && first && last) {
    permission.port_first = static_cast<std::uint16_t>(std::max<std::int64_t>(*first, 0));
    permission.port_last = static_cast<std::uint16_t>(std::max<std::int64_t>(*last, 0));
    if (*first > *last) {
      object.complain(*node.find("ToPort"), "E0302", "ToPort is below FromPort", "swap the two");
    }
  }
  object.each("IpRanges", [&](const Node& range, std::string range_path) {
    AwsObject entry(reading, range, std::move(range_path));
    if (const auto cidr = entry.text("CidrIp")) permission.cidrs.push_back(*cidr);
    entry.ignore("Description");
    entry.finish();
  });
  object.each("UserIdGroupPairs", [&](const Node& pair, std::string pair_path) {
    AwsObject entry(reading, pair, std::move(pair_path));
    if (const auto id = entry.text("GroupId")) permission.group_ids.push_back(*id);
    for (const char* key : {"UserId", "Description", "GroupName", "VpcId"}) entry.ignore(key);
    entry.finish();
  });
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
  group.group_id = object.text("GroupId").value_or("");
  group.group_name = object.text("GroupName").value_or("");
  group.description = object.text("Description").value_or("");
  group.vpc_id = object.text("VpcId").value_or("");
  if (group.group_id.empty()) {
    object.complain(node, "E0303", "a security group without a GroupId", "add \"GroupId\"");
  }
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
  document.each("SecurityGroups", [&](const Node& node, std::string path) {
    SecurityGroup group = read_group(reading, node, std::move(path));
    const auto is_known = [&](const SecurityGroup& other) {
      return other.group_id == group.group_id;
    };
    if (std::ranges::any_of(artefacts.security_groups, is_known)) {
      return document.complain(node, "E0305", "the group " + group.group_id + " is given twice",
                               "keep one of the two");
    }
    artefacts.security_groups.push_back(std::move(group));
  });
  document.finish();
}

}  // namespace hoplab::scenarios
