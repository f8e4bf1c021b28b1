#include "models/vpc/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hoplab::models::vpc {
namespace {

using Json = nlohmann::ordered_json;

Json describe(const scenarios::Subnet& subnet, const scenarios::Scenario& scenario) {
  if (!subnet.json.empty()) return Json::parse(subnet.json);
  return {{"AvailabilityZone", subnet.availability_zone},
          {"CidrBlock", subnet.cidr_block},
          {"State", "available"},
          {"SubnetId", subnet.name},
          {"VpcId", scenario.vpc_id},
          {"OwnerId", scenario.account}};
}

std::string text_of(Cidr cidr) {
  return fmt::format("{}/{}", to_string(cidr.base), cidr.prefix_length);
}

/// What the scenario's file says of the object with this id; an empty object where it says nothing.
template <typename Spec>
Json as_written(const std::vector<Spec>& specs, const std::string& id) {
  const auto found = std::ranges::find(specs, id, &Spec::id);
  return found == specs.end() || found->json.empty() ? Json::object() : Json::parse(found->json);
}

// --- ACLs -------------------------------------------------------------------------------------

/// EC2 writes protocols as numbers.
std::string protocol_number(const std::string& name) {
  if (name == "tcp") return "6";
  if (name == "udp") return "17";
  return name == "icmp" ? "1" : name;
}

Json entries_of(const Acl& acl) {
  std::vector<AclEntry> sorted = acl.entries;
  std::ranges::stable_sort(sorted, [](const AclEntry& left, const AclEntry& right) {
    return std::pair(!left.is_egress, left.number) < std::pair(!right.is_egress, right.number);
  });
  Json list = Json::array();
  const auto add_last = [&](bool is_egress) {
    list.push_back({{"CidrBlock", "0.0.0.0/0"},
                    {"Egress", is_egress},
                    {"Protocol", "-1"},
                    {"RuleAction", "deny"},
                    {"RuleNumber", 32767}});
  };
  bool was_egress = true;
  for (const AclEntry& entry : sorted) {
    if (entry.number == 32767) continue;
    if (was_egress && !entry.is_egress) add_last(true);
    was_egress = entry.is_egress;
    Json json{{"CidrBlock", text_of(entry.cidr)}, {"Egress", entry.is_egress}};
    if (entry.protocol == "tcp" || entry.protocol == "udp") {
      json["PortRange"] = {{"From", entry.port_first}, {"To", entry.port_last}};
    }
    json["Protocol"] = protocol_number(entry.protocol);
    json["RuleAction"] = entry.allows ? "allow" : "deny";
    json["RuleNumber"] = entry.number;
    list.push_back(std::move(json));
  }
  if (was_egress) add_last(true);
  add_last(false);
  return list;
}

Json describe(AclRef ref, const scenarios::Scenario& scenario, const SubnetRules& rules) {
  const Acl& acl = rules.acl(ref);
  Json json = as_written(scenario.artefacts.network_acls, acl.id);
  json["NetworkAclId"] = acl.id;
  json["IsDefault"] = acl.is_default;
  json["VpcId"] = scenario.vpc_id;
  json["OwnerId"] = scenario.account;
  json["Associations"] = Json::array();
  for (const Subnet& subnet : rules.subnets()) {
    if (subnet.acl() != ref) continue;
    json["Associations"].push_back({{"NetworkAclId", acl.id}, {"SubnetId", subnet.name}});
  }
  json["Entries"] = entries_of(acl);
  return json;
}

// --- Route tables -----------------------------------------------------------------------------

bool is_told(const Json& routes, const std::string& cidr) {
  return std::ranges::any_of(routes, [&](const Json& route) {
    return route.contains("DestinationCidrBlock") && route["DestinationCidrBlock"] == cidr;
  });
}

/// Routes that a file has and the rules do not are about gateways, and stay as they are.
Json routes_of(const Table& table, Json routes, Cidr vpc) {
  if (!routes.is_array()) routes = Json::array();
  if (!is_told(routes, text_of(vpc))) {
    routes.insert(routes.begin(), Json{{"DestinationCidrBlock", text_of(vpc)},
                                       {"GatewayId", "local"},
                                       {"Origin", "CreateRouteTable"},
                                       {"State", "active"}});
  }
  for (const SubnetRoute& route : table.routes) {
    if (is_told(routes, text_of(route.cidr))) continue;
    routes.push_back({{"DestinationCidrBlock", text_of(route.cidr)},
                      {"Origin", "CreateRoute"},
                      {"State", route.is_blackhole ? "blackhole" : "active"}});
  }
  return routes;
}

Json describe(TableRef ref, const scenarios::Scenario& scenario, const SubnetRules& rules) {
  const Table& table = rules.table(ref);
  Json json = as_written(scenario.artefacts.route_tables, table.id);
  json["RouteTableId"] = table.id;
  json["VpcId"] = scenario.vpc_id;
  json["OwnerId"] = scenario.account;
  json["Associations"] = Json::array();
  if (table.is_main) {
    json["Associations"].push_back({{"Main", true}, {"RouteTableId", table.id}});
  }
  for (const Subnet& subnet : rules.subnets()) {
    if (subnet.table != ref || table.is_main) continue;
    json["Associations"].push_back(
        {{"Main", false}, {"RouteTableId", table.id}, {"SubnetId", subnet.name}});
  }
  json["Routes"] = routes_of(table, json.value("Routes", Json::array()), rules.vpc());
  return json;
}

std::string answer(const char* member, Json list) {
  Json json;
  json[member] = std::move(list);
  return json.dump();
}

}  // namespace

NetworkDocuments describe_subnet_rules(const scenarios::Scenario& scenario,
                                       const SubnetRules& rules) {
  Json acls = Json::array();
  for (std::uint32_t index = 0; index < rules.acls().size(); ++index) {
    acls.push_back(describe(AclRef{index}, scenario, rules));
  }
  Json tables = Json::array();
  for (std::uint32_t index = 0; index < rules.tables().size(); ++index) {
    tables.push_back(describe(TableRef{index}, scenario, rules));
  }
  return {{"network-acls", answer("NetworkAcls", std::move(acls))},
          {"route-tables", answer("RouteTables", std::move(tables))}};
}

NetworkDocuments describe_network(const scenarios::Scenario& scenario, const SubnetRules& rules) {
  NetworkDocuments documents;
  Json subnets = Json::array();
  for (const auto& subnet : scenario.subnets) subnets.push_back(describe(subnet, scenario));
  if (!subnets.empty()) documents.emplace_back("subnets", answer("Subnets", std::move(subnets)));
  const scenarios::Artefacts& artefacts = scenario.artefacts;
  if (artefacts.network_acls.empty() && artefacts.route_tables.empty()) return documents;
  for (auto& document : describe_subnet_rules(scenario, rules)) {
    documents.push_back(std::move(document));
  }
  return documents;
}

}  // namespace hoplab::models::vpc
