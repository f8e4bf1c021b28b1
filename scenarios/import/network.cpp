// What `aws ec2 describe-subnets`, `describe-network-acls` and `describe-route-tables` print.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/import/aws_object.hpp"
#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/source_text.hpp"

// Source: botocore ec2 2016-11-15: Subnet, NetworkAcl, RouteTable.
namespace hoplab::scenarios {
namespace {

void check_block(AwsObject& object, const Node& node, const char* key) {
  const auto block = object.text(key);
  if (!block || is_ipv4_block(*block)) return;
  object.complain(*node.find(key), "E0302", yaml::quoted(*block) + " is no block of IPv4 addresses",
                  "write it like \"10.0.0.0/16\"");
}

bool is_new(AwsObject& object, const Node& node, const std::string& id, bool is_known) {
  if (!is_known) return true;
  object.complain(node, "E0305", yaml::quoted(id) + " is given twice", "keep one of the two");
  return false;
}

void read_subnet(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  Subnet subnet;
  subnet.mark = node.mark;
  subnet.is_from_file = true;
  subnet.json = to_json(node);
  subnet.name = object.required_text("SubnetId", "a subnet").value_or("");
  check_block(object, node, "CidrBlock");
  subnet.cidr_block = object.required_text("CidrBlock", "a subnet").value_or("");
  subnet.availability_zone = object.required_text("AvailabilityZone", "a subnet").value_or("");
  for (const char* key : {"VpcId", "OwnerId", "Tags", "SubnetArn", "State"}) object.ignore(key);
  object.finish();
  const auto& known = reading.subnets;
  const bool is_known = std::ranges::find(known, subnet.name, &Subnet::name) != known.end();
  if (is_new(object, node, subnet.name, is_known)) reading.subnets.push_back(std::move(subnet));
}

void check_cidr(AwsReading& reading, AwsObject& object, const Node& node, const char* ec2_key,
                std::string& cidr) {
  const std::string key = spelled(reading, ec2_key);
  check_block(object, node, key.c_str());
  cidr = object.text(key).value_or("");
}

/// {"From": 1024, "To": 65535}; of TCP and UDP.
void read_port_range(AwsReading& reading, AwsObject& object, NetworkAclEntry& entry) {
  const Node* node = object.child(spelled(reading, "PortRange"));
  if (node == nullptr) return;
  AwsObject range(reading, *node, object.path_of(spelled(reading, "PortRange")));
  const auto first =
      range.required_integer(spelled(reading, "From"), "a range of ports", 0, 65'535);
  const auto last = range.required_integer(spelled(reading, "To"), "a range of ports", 0, 65'535);
  range.finish();
  if (!first || !last) return;
  entry.port_first = static_cast<std::uint16_t>(*first);
  entry.port_last = static_cast<std::uint16_t>(*last);
  if (*first > *last) range.complain(*node, "E0302", "the range of ports is empty", "swap the two");
}

/// EC2 writes the protocol as a number.
std::string protocol_name(const std::string& written) {
  for (const auto& [number, name] : {std::pair{"6", "tcp"}, {"17", "udp"}, {"1", "icmp"}}) {
    if (written == number) return name;
  }
  return written == "all" ? "-1" : written;
}

void read_acl_entry(AwsReading& reading, const Node& node, std::string path, NetworkAcl& acl) {
  AwsObject object(reading, node, std::move(path));
  NetworkAclEntry entry;
  entry.mark = node.mark;
  const auto number = object.required_integer(spelled(reading, "RuleNumber"),
                                              "an entry of a network ACL", 1, 32'767);
  entry.rule_number = static_cast<std::uint32_t>(number.value_or(0));
  entry.allows =
      object.word(spelled(reading, "RuleAction"), {"allow", "deny"}).value_or("") == "allow";
  entry.is_egress = object.boolean(spelled(reading, "Egress")).value_or(false);
  entry.protocol = protocol_name(
      object.required_text(spelled(reading, "Protocol"), "an entry of a network ACL").value_or(""));
  check_cidr(reading, object, node, "CidrBlock", entry.cidr);
  read_port_range(reading, object, entry);
  for (const char* key : {"IcmpTypeCode", "Ipv6CidrBlock"}) object.ignore(spelled(reading, key));
  object.finish();
  const bool is_known = std::ranges::any_of(acl.entries, [&](const NetworkAclEntry& other) {
    return other.rule_number == entry.rule_number && other.is_egress == entry.is_egress &&
           !other.cidr.empty() && !entry.cidr.empty();
  });
  if (is_known) {
    object.complain(node, "E0305",
                    fmt::format("rule {} for {} is given twice", entry.rule_number,
                                entry.is_egress ? "egress" : "ingress"),
                    "keep one of the two");
  }
  acl.entries.push_back(std::move(entry));
}

void read_route(AwsReading& reading, const Node& node, std::string path, RouteTable& table) {
  AwsObject object(reading, node, std::move(path));
  VpcRoute route;
  route.mark = node.mark;
  check_cidr(reading, object, node, "DestinationCidrBlock", route.cidr);
  const auto state = object.word(spelled(reading, "State"), {"active", "blackhole"});
  route.is_blackhole = state == "blackhole";
  for (const char* key :
       {"GatewayId", "NatGatewayId", "InstanceId", "NetworkInterfaceId", "TransitGatewayId",
        "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "DestinationPrefixListId",
        "DestinationIpv6CidrBlock", "InstanceOwnerId", "Origin", "LocalGatewayId",
        "CarrierGatewayId", "CoreNetworkArn"}) {
    object.ignore(spelled(reading, key));
  }
  object.finish();
  table.routes.push_back(std::move(route));
}

/// The subnets that it is for; true where one of the associations says that it is the main one.
bool read_associations(AwsReading& reading, AwsObject& object, std::vector<std::string>& subnets) {
  bool is_main = false;
  object.each(spelled(reading, "Associations"), [&](const Node& item, std::string path) {
    AwsObject association(reading, item, std::move(path));
    if (const auto subnet = association.text(spelled(reading, "SubnetId"))) {
      subnets.push_back(*subnet);
    }
    is_main = association.boolean(spelled(reading, "Main")).value_or(false) || is_main;
    for (const char* key : {"NetworkAclAssociationId", "NetworkAclId", "RouteTableAssociationId",
                            "RouteTableId", "AssociationState", "GatewayId"}) {
      association.ignore(spelled(reading, key));
    }
    association.finish();
  });
  return is_main;
}

/// What is known and means nothing to the simulation.
void finish_document(AwsReading& reading, AwsObject& object) {
  for (const char* key : {"OwnerId", "Tags", "VpcId", "PropagatingVgws"}) {
    object.ignore(spelled(reading, key));
  }
  object.finish();
}

void read_acl(AwsReading& reading, const Node& node, std::string path, NetworkAcl acl) {
  AwsObject object(reading, node, std::move(path));
  acl.mark = node.mark;
  if (acl.id.empty()) acl.id = object.required_text("NetworkAclId", "a network ACL").value_or("");
  acl.is_default = object.boolean(spelled(reading, "IsDefault")).value_or(false);
  object.each(spelled(reading, "Entries"), [&](const Node& item, std::string item_path) {
    read_acl_entry(reading, item, std::move(item_path), acl);
  });
  read_associations(reading, object, acl.subnets);
  finish_document(reading, object);
  auto& known = reading.artefacts.network_acls;
  const bool is_known = std::ranges::find(known, acl.id, &NetworkAcl::id) != known.end();
  if (is_new(object, node, acl.id, is_known)) known.push_back(std::move(acl));
}

void read_table(AwsReading& reading, const Node& node, std::string path, RouteTable table) {
  AwsObject object(reading, node, std::move(path));
  table.mark = node.mark;
  if (table.id.empty())
    table.id = object.required_text("RouteTableId", "a route table").value_or("");
  object.each(spelled(reading, "Routes"), [&](const Node& item, std::string item_path) {
    read_route(reading, item, std::move(item_path), table);
  });
  table.is_main = read_associations(reading, object, table.subnets);
  finish_document(reading, object);
  auto& known = reading.artefacts.route_tables;
  const bool is_known = std::ranges::find(known, table.id, &RouteTable::id) != known.end();
  if (is_new(object, node, table.id, is_known)) known.push_back(std::move(table));
}

}  // namespace

void read_network_acl(AwsReading& reading, const Node& node, const std::string& id) {
  NetworkAcl acl;
  acl.id = id;
  read_acl(reading, node, id, std::move(acl));
}

void read_route_table(AwsReading& reading, const Node& node, const std::string& id) {
  RouteTable table;
  table.id = id;
  read_table(reading, node, id, std::move(table));
}

void import_ec2(std::string_view text, const std::string& file, Artefacts& artefacts,
                std::vector<Subnet>& subnets, sim::Diagnostics& diagnostics) {
  const auto root = parse_json(text, file, diagnostics);
  if (!root) return;
  const bool has_groups = root->find("SecurityGroups") != nullptr;
  const auto has_any = [&](std::initializer_list<const char*> keys) {
    return std::ranges::any_of(keys, [&](const char* key) { return root->find(key) != nullptr; });
  };
  if (has_groups || !has_any({"Subnets", "NetworkAcls", "RouteTables"})) {
    return read_security_groups(*root, file, artefacts, diagnostics);
  }
  AwsReading reading{file, artefacts, diagnostics};
  reading.subnets = std::move(subnets);
  AwsObject document(reading, *root, "");
  document.each("Subnets", [&](const Node& item, std::string path) {
    read_subnet(reading, item, std::move(path));
  });
  document.each("NetworkAcls", [&](const Node& item, std::string path) {
    NetworkAcl acl;
    acl.json = to_json(item);
    acl.is_from_file = true;
    read_acl(reading, item, std::move(path), std::move(acl));
  });
  document.each("RouteTables", [&](const Node& item, std::string path) {
    RouteTable table;
    table.json = to_json(item);
    table.is_from_file = true;
    read_table(reading, item, std::move(path), std::move(table));
  });
  document.finish();
  subnets = std::move(reading.subnets);
}

}  // namespace hoplab::scenarios
