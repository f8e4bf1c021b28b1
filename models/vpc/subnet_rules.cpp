#include "models/vpc/subnet_rules.hpp"

#include <algorithm>
#include <utility>

#include "sim/diagnostic.hpp"

namespace hoplab::models::vpc {
namespace {

constexpr std::uint32_t first_number = 100;
constexpr Cidr anywhere{{0}, 0};

bool is_about_tcp(const AclEntry& entry) {
  return entry.protocol == "-1" || entry.protocol == "tcp";
}

bool is_open(const Acl& acl) {
  for (const bool is_egress : {false, true}) {
    const AclEntry* lowest = nullptr;
    for (const AclEntry& entry : acl.entries) {
      if (entry.is_egress != is_egress || !is_about_tcp(entry)) continue;
      if (lowest == nullptr || entry.number < lowest->number) lowest = &entry;
    }
    const bool lets_all_pass = lowest != nullptr && lowest->allows && lowest->cidr.is_anywhere() &&
                               lowest->port_first == 0 && lowest->port_last == 65535;
    if (!lets_all_pass) return false;
  }
  return true;
}

}  // namespace

SubnetRules::SubnetRules() {
  Acl open{.id = "", .is_default = true, .entries = {}};
  for (const bool is_egress : {true, false}) {
    open.entries.push_back({.number = first_number,
                            .is_egress = is_egress,
                            .allows = true,
                            .protocol = "-1",
                            .cidr = anywhere});
  }
  acls_.push_back(std::move(open));
  tables_.push_back({.id = "", .is_main = true, .routes = {}});
}

SubnetRef SubnetRules::add_subnet(std::string name, Cidr block, std::string zone) {
  subnets_.push_back({std::move(name), block, std::move(zone), {default_acl()}, main_table()});
  return {static_cast<std::uint32_t>(subnets_.size() - 1)};
}

AclRef SubnetRules::add_acl(Acl acl) {
  acls_.push_back(std::move(acl));
  return {static_cast<std::uint32_t>(acls_.size() - 1)};
}

TableRef SubnetRules::add_table(Table table) {
  tables_.push_back(std::move(table));
  return {static_cast<std::uint32_t>(tables_.size() - 1)};
}

void SubnetRules::set_default_acl(Acl acl) {
  acls_.front() = std::move(acl);
  look_whether_open();
}

void SubnetRules::set_main_table(Table table) {
  tables_.front() = std::move(table);
  look_whether_open();
}

void SubnetRules::set_acl(SubnetRef subnet, AclRef acl) {
  subnets_[subnet.index].acls.front() = acl;
  look_whether_open();
}

void SubnetRules::swap_in(SubnetRef subnet, AclRef acl) {
  subnets_[subnet.index].acls.push_back(acl);
  look_whether_open();
}

void SubnetRules::swap_out(SubnetRef subnet, AclRef acl) {
  std::erase(subnets_[subnet.index].acls, acl);
  look_whether_open();
}

void SubnetRules::set_table(SubnetRef subnet, TableRef table) {
  subnets_[subnet.index].table = table;
  look_whether_open();
}

void SubnetRules::set_entries(AclRef acl, std::vector<AclEntry> entries) {
  acls_[acl.index].entries = std::move(entries);
  look_whether_open();
}

void SubnetRules::set_routes(TableRef table, std::vector<SubnetRoute> routes) {
  tables_[table.index].routes = std::move(routes);
  look_whether_open();
}

SubnetRef SubnetRules::find(std::string_view name) const {
  const auto found = std::ranges::find(subnets_, name, &Subnet::name);
  HOPLAB_ASSERT(found != subnets_.end(), "an unknown subnet passed validation");
  return {static_cast<std::uint32_t>(found - subnets_.begin())};
}

bool SubnetRules::leads_there(SubnetRef from, Ipv4 target) const {
  const SubnetRoute* longest = nullptr;
  for (const SubnetRoute& route : tables_[subnets_[from.index].table.index].routes) {
    if (!route.cidr.contains(target)) continue;
    if (longest == nullptr || route.cidr.prefix_length > longest->cidr.prefix_length) {
      longest = &route;
    }
  }
  if (longest == nullptr || !longest->is_blackhole) return true;
  return vpc_.contains(target) && longest->cidr.prefix_length <= vpc_.prefix_length;
}

bool SubnetRules::allows(AclRef acl, bool is_egress, Ipv4 peer, std::uint16_t port) const {
  const AclEntry* decides = nullptr;
  for (const AclEntry& entry : acls_[acl.index].entries) {
    if (entry.is_egress != is_egress || !is_about_tcp(entry) || !entry.cidr.contains(peer))
      continue;
    const bool is_of_all_ports = entry.protocol == "-1";
    if (!is_of_all_ports && (port < entry.port_first || port > entry.port_last)) continue;
    if (decides == nullptr || entry.number < decides->number) decides = &entry;
  }
  return decides != nullptr && decides->allows;
}

SubnetRules::Way SubnetRules::way(SubnetRef from, Ipv4 source, SubnetRef to, Ipv4 target,
                                  std::uint16_t port) const {
  if (are_open_ || from == to) return Way::open;
  if (!allows(subnets_[from.index].acl(), true, target, port)) return Way::denied_on_leaving;
  if (!leads_there(from, target)) return Way::leads_nowhere;
  if (!allows(subnets_[to.index].acl(), false, source, port)) return Way::denied_on_entering;
  return Way::open;
}

void SubnetRules::look_whether_open() {
  ++version_;
  are_open_ = std::ranges::all_of(subnets_, [this](const Subnet& subnet) {
    const bool has_blackhole =
        std::ranges::any_of(tables_[subnet.table.index].routes,
                            [](const SubnetRoute& route) { return route.is_blackhole; });
    return !has_blackhole && is_open(acls_[subnet.acl().index]);
  });
}

}  // namespace hoplab::models::vpc
