// Subnets with what stands between them: network ACLs and route tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/vpc/address.hpp"

namespace hoplab::models::vpc {

struct SubnetRef {
  std::uint32_t index = 0;
  auto operator<=>(const SubnetRef&) const = default;
};

/// One rule of a network ACL that is about TCP over IPv4.
struct AclEntry {
  std::uint32_t number = 0;
  bool is_egress = false;
  bool allows = false;
  std::string protocol = "-1";   ///< "tcp" or "-1" act here; others are kept for people.
  Cidr cidr;                     ///< Of the other end.
  std::uint16_t port_first = 0;  ///< Of the packet's destination.
  std::uint16_t port_last = 65535;
  bool operator==(const AclEntry&) const = default;
};

struct AclRef {
  std::uint32_t index = 0;
  auto operator<=>(const AclRef&) const = default;
};

struct Acl {
  std::string id;
  bool is_default = false;
  std::vector<AclEntry> entries;  ///< In any order.
};

/// A route; of those that fit an address the longest prefix counts.
struct SubnetRoute {
  Cidr cidr;
  bool is_blackhole = false;
  bool operator==(const SubnetRoute&) const = default;
};

struct TableRef {
  std::uint32_t index = 0;
  auto operator<=>(const TableRef&) const = default;
};

struct Table {
  std::string id;
  bool is_main = false;
  std::vector<SubnetRoute> routes;  ///< Beside the VPC's own, which everything else takes.
};

struct Subnet {
  std::string name;
  Cidr block;
  std::string zone;
  std::vector<AclRef> acls;  ///< Its own, then those that were put in its place.
  TableRef table;

  [[nodiscard]] AclRef acl() const { return acls.back(); }
};

/// Which packets get from one subnet to another.
///
/// A packet takes the route table of the subnet that it leaves, the egress rules of that subnet's
/// ACL and the ingress rules of the ACL where it enters. ACLs are stateless: an answer is a packet
/// like any other, and its destination is the caller's ephemeral port. The lowest rule number that
/// fits decides; none fits: denied. A denial and a blackhole are silence. Within one subnet there
/// is neither.
///
/// Source: Amazon VPC User Guide, "Control subnet traffic with network access control lists",
///         "Configure route tables".
/// Limits: IPv4, TCP. Only the way between subnets of one VPC; no gateways.
class SubnetRules {
 public:
  SubnetRules();

  /// Open in both directions: what AWS makes of a VPC, and of subnets that no ACL names.
  [[nodiscard]] static constexpr AclRef default_acl() { return {0}; }
  /// With no route but the VPC's own.
  [[nodiscard]] static constexpr TableRef main_table() { return {0}; }

  /// Its own route is in every table and leads everywhere within it.
  void set_vpc(Cidr block) { vpc_ = block; }
  SubnetRef add_subnet(std::string name, Cidr block, std::string zone);
  AclRef add_acl(Acl acl);
  TableRef add_table(Table table);
  /// The VPC's default one is another than the open one: replaces that. The main table likewise.
  void set_default_acl(Acl acl);
  void set_main_table(Table table);
  void set_acl(SubnetRef subnet, AclRef acl);
  /// Another ACL takes the place of the one in front of the subnet, until it is taken away again.
  void swap_in(SubnetRef subnet, AclRef acl);
  void swap_out(SubnetRef subnet, AclRef acl);
  void set_table(SubnetRef subnet, TableRef table);
  void set_entries(AclRef acl, std::vector<AclEntry> entries);
  void set_routes(TableRef table, std::vector<SubnetRoute> routes);

  [[nodiscard]] const Subnet& subnet(SubnetRef ref) const { return subnets_[ref.index]; }
  [[nodiscard]] const std::vector<Subnet>& subnets() const { return subnets_; }
  [[nodiscard]] const Acl& acl(AclRef ref) const { return acls_[ref.index]; }
  [[nodiscard]] const std::vector<Acl>& acls() const { return acls_; }
  [[nodiscard]] const Table& table(TableRef ref) const { return tables_[ref.index]; }
  [[nodiscard]] const std::vector<Table>& tables() const { return tables_; }
  [[nodiscard]] Cidr vpc() const { return vpc_; }
  /// Counts the changes, for who describes it.
  [[nodiscard]] std::uint32_t version() const { return version_; }
  [[nodiscard]] SubnetRef find(std::string_view name) const;

  /// May a TCP packet get from `source` in one subnet to `port` of `target` in the other?
  [[nodiscard]] bool lets_pass(SubnetRef from, Ipv4 source, SubnetRef to, Ipv4 target,
                               std::uint16_t port) const {
    if (are_open_ || from == to) return true;
    return leads_there(from, target) && allows(subnets_[from.index].acl(), true, target, port) &&
           allows(subnets_[to.index].acl(), false, source, port);
  }
  /// What becomes of it, and where; slower than lets_pass().
  enum class Way : std::uint8_t { open, denied_on_leaving, leads_nowhere, denied_on_entering };
  [[nodiscard]] Way way(SubnetRef from, Ipv4 source, SubnetRef to, Ipv4 target,
                        std::uint16_t port) const;

 private:
  [[nodiscard]] bool leads_there(SubnetRef from, Ipv4 target) const;
  [[nodiscard]] bool allows(AclRef acl, bool is_egress, Ipv4 peer, std::uint16_t port) const;
  void look_whether_open();

  Cidr vpc_;
  std::vector<Subnet> subnets_;
  std::vector<Acl> acls_;
  std::vector<Table> tables_;
  std::uint32_t version_ = 0;
  bool are_open_ = true;  ///< No rule denies anything, no route leads nowhere.
};

}  // namespace hoplab::models::vpc
