// Network ACLs and route tables in the words of EC2.
#include <nlohmann/json.hpp>

#include "scenarios/schema/long_form_parts.hpp"

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;

Json entry_of(const NetworkAclEntry& entry) {
  Json json{{"ruleNumber", entry.rule_number},
            {"egress", entry.is_egress},
            {"protocol", entry.protocol},
            {"ruleAction", entry.allows ? "allow" : "deny"}};
  if (!entry.cidr.empty()) json["cidrBlock"] = entry.cidr;
  const bool has_ports = entry.protocol == "tcp" || entry.protocol == "udp";
  if (has_ports) json["portRange"] = {{"from", entry.port_first}, {"to", entry.port_last}};
  return json;
}

Json associations_of(const std::vector<std::string>& subnets) {
  Json list = Json::array();
  for (const std::string& subnet : subnets) list.push_back({{"subnetId", subnet}});
  return list;
}

}  // namespace

std::string network_acls_json(const Scenario& scenario) {
  Json acls = Json::object();
  for (const NetworkAcl& acl : scenario.artefacts.network_acls) {
    if (acl.is_from_file) continue;
    Json& json = acls[acl.id];
    if (acl.is_default) json["isDefault"] = true;
    json["entries"] = Json::array();
    for (const NetworkAclEntry& entry : acl.entries) json["entries"].push_back(entry_of(entry));
    json["associations"] = associations_of(acl.subnets);
  }
  return acls.dump();
}

std::string route_tables_json(const Scenario& scenario) {
  Json tables = Json::object();
  for (const RouteTable& table : scenario.artefacts.route_tables) {
    if (table.is_from_file) continue;
    Json& json = tables[table.id];
    json["routes"] = Json::array();
    for (const VpcRoute& route : table.routes) {
      Json written{{"state", route.is_blackhole ? "blackhole" : "active"}};
      if (!route.cidr.empty()) written["destinationCidrBlock"] = route.cidr;
      json["routes"].push_back(std::move(written));
    }
    json["associations"] = associations_of(table.subnets);
    if (table.is_main) json["associations"].push_back({{"main", true}});
  }
  return tables.dump();
}

}  // namespace hoplab::scenarios
