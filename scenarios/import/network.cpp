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

/// An entry of a network ACL: 1 to 32766, or 32767 for the rule that denies the rest.
void check_acl_entry(AwsReading& reading, const Node& node, std::string path) {
  AwsObject entry(reading, node, std::move(path));
  (void)entry.required_integer("RuleNumber", "an entry of a network ACL", 1, 32'767);
  (void)entry.word("RuleAction", {"allow", "deny"});
  (void)entry.boolean("Egress");
  (void)entry.required_text("Protocol", "an entry of a network ACL");
  check_block(entry, node, "CidrBlock");
  for (const char* key : {"PortRange", "IcmpTypeCode", "Ipv6CidrBlock"}) entry.ignore(key);
  entry.finish();
}

void check_route(AwsReading& reading, const Node& node, std::string path) {
  AwsObject route(reading, node, std::move(path));
  check_block(route, node, "DestinationCidrBlock");
  (void)route.word("State", {"active", "blackhole"});
  for (const char* key :
       {"GatewayId", "NatGatewayId", "InstanceId", "NetworkInterfaceId", "TransitGatewayId",
        "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "DestinationPrefixListId",
        "DestinationIpv6CidrBlock", "InstanceOwnerId", "Origin", "LocalGatewayId",
        "CarrierGatewayId", "CoreNetworkArn"}) {
    route.ignore(key);
  }
  route.finish();
}

struct Kind {
  const char* list;     ///< "NetworkAcls".
  const char* kind;     ///< "network-acls".
  const char* id;       ///< "NetworkAclId".
  const char* entries;  ///< "Entries".
  const char* noun;
  void (*check)(AwsReading&, const Node&, std::string);
};

constexpr Kind network_acls{"NetworkAcls", "network-acls",  "NetworkAclId",
                            "Entries",     "a network ACL", check_acl_entry};
constexpr Kind route_tables{"RouteTables", "route-tables",  "RouteTableId",
                            "Routes",      "a route table", check_route};

/// Read, checked and kept.
void read_document(AwsReading& reading, const Kind& kind, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  NetworkDocument document;
  document.mark = node.mark;
  document.kind = kind.kind;
  document.id = object.required_text(kind.id, kind.noun).value_or("");
  document.json = to_json(node);
  object.each(kind.entries, [&](const Node& item, std::string item_path) {
    kind.check(reading, item, std::move(item_path));
  });
  for (const char* key :
       {"Associations", "IsDefault", "OwnerId", "Tags", "VpcId", "PropagatingVgws"}) {
    object.ignore(key);
  }
  object.finish();
  auto& known = reading.artefacts.network_documents;
  const bool is_known = std::ranges::find(known, document.id, &NetworkDocument::id) != known.end();
  if (!is_new(object, node, document.id, is_known)) return;
  reading.note_not_simulated(fmt::format("{} {}", kind.list, document.id));
  known.push_back(std::move(document));
}

void read_documents(AwsReading& reading, AwsObject& document, const Kind& kind) {
  document.each(kind.list, [&](const Node& item, std::string path) {
    read_document(reading, kind, item, std::move(path));
  });
}

}  // namespace

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
  read_documents(reading, document, network_acls);
  read_documents(reading, document, route_tables);
  document.finish();
  subnets = std::move(reading.subnets);
}

}  // namespace hoplab::scenarios
