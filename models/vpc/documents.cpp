#include "models/vpc/documents.hpp"

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

}  // namespace

std::vector<std::pair<std::string, std::string>> describe_network(
    const scenarios::Scenario& scenario) {
  std::vector<std::pair<std::string, std::string>> documents;
  const auto add = [&](const char* kind, const char* member, Json list) {
    if (!list.empty()) documents.emplace_back(kind, Json{{member, std::move(list)}}.dump());
  };
  Json subnets = Json::array();
  for (const auto& subnet : scenario.subnets) subnets.push_back(describe(subnet, scenario));
  Json acls = Json::array();
  Json tables = Json::array();
  for (const auto& document : scenario.artefacts.network_documents) {
    (document.kind == "network-acls" ? acls : tables).push_back(Json::parse(document.json));
  }
  add("subnets", "Subnets", std::move(subnets));
  add("network-acls", "NetworkAcls", std::move(acls));
  add("route-tables", "RouteTables", std::move(tables));
  return documents;
}

}  // namespace hoplab::models::vpc
