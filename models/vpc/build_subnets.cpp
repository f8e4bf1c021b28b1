#include "models/vpc/build_subnets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "sim/random.hpp"

namespace hoplab::models::vpc {
namespace {

std::string made_up_id(const char* prefix, const std::string& vpc) {
  return fmt::format("{}-{:017x}", prefix, sim::stable_hash(prefix + ("/" + vpc)));
}

Acl acl_of(const scenarios::NetworkAcl& spec) {
  Acl acl{.id = spec.id, .is_default = spec.is_default, .entries = {}};
  for (const scenarios::NetworkAclEntry& entry : spec.entries) {
    const auto cidr = parse_cidr(entry.cidr);
    if (!cidr) continue;  // Of IPv6.
    acl.entries.push_back({.number = entry.rule_number,
                           .is_egress = entry.is_egress,
                           .allows = entry.allows,
                           .protocol = entry.protocol,
                           .cidr = *cidr,
                           .port_first = entry.port_first,
                           .port_last = entry.port_last});
  }
  return acl;
}

Table table_of(const scenarios::RouteTable& spec) {
  Table table{.id = spec.id, .is_main = spec.is_main, .routes = {}};
  for (const scenarios::VpcRoute& route : spec.routes) {
    const auto cidr = parse_cidr(route.cidr);
    if (cidr) table.routes.push_back({*cidr, route.is_blackhole});
  }
  return table;
}

std::map<std::string, AclRef> add_acls(const scenarios::Scenario& scenario, SubnetRules& rules) {
  std::map<std::string, AclRef> acls;
  Acl open = rules.acl(SubnetRules::default_acl());
  open.id = made_up_id("acl", scenario.vpc_id);
  rules.set_default_acl(std::move(open));
  for (const scenarios::NetworkAcl& acl : scenario.artefacts.network_acls) {
    if (acl.is_default) {
      rules.set_default_acl(acl_of(acl));
      acls[acl.id] = SubnetRules::default_acl();
    } else {
      acls[acl.id] = rules.add_acl(acl_of(acl));
    }
  }
  return acls;
}

std::map<std::string, TableRef> add_tables(const scenarios::Scenario& scenario,
                                           SubnetRules& rules) {
  std::map<std::string, TableRef> tables;
  rules.set_main_table({.id = made_up_id("rtb", scenario.vpc_id), .is_main = true, .routes = {}});
  for (const scenarios::RouteTable& table : scenario.artefacts.route_tables) {
    if (table.is_main) {
      rules.set_main_table(table_of(table));
      tables[table.id] = SubnetRules::main_table();
    } else {
      tables[table.id] = rules.add_table(table_of(table));
    }
  }
  return tables;
}

bool names(const std::vector<std::string>& subnets, const std::string& subnet) {
  return std::ranges::find(subnets, subnet) != subnets.end();
}

}  // namespace

void build_subnets(const scenarios::Scenario& scenario, SubnetRules& rules) {
  rules.set_vpc(parse_cidr(scenario.vpc_cidr).value_or(Cidr{}));
  const auto acls = add_acls(scenario, rules);
  const auto tables = add_tables(scenario, rules);
  for (const scenarios::Subnet& spec : scenario.subnets) {
    const Cidr block = parse_cidr(spec.cidr_block).value_or(Cidr{});
    const SubnetRef subnet = rules.add_subnet(spec.name, block, spec.availability_zone);
    for (const scenarios::NetworkAcl& acl : scenario.artefacts.network_acls) {
      if (names(acl.subnets, spec.name)) rules.set_acl(subnet, acls.at(acl.id));
    }
    for (const scenarios::RouteTable& table : scenario.artefacts.route_tables) {
      if (names(table.subnets, spec.name)) rules.set_table(subnet, tables.at(table.id));
    }
  }
}

}  // namespace hoplab::models::vpc
