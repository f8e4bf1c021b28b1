// Security groups: stateful allow-lists in front of network interfaces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/vpc/address.hpp"

namespace hoplab::models::vpc {

/// Index of a group in its SecurityGroups, in order of creation.
struct GroupRef {
  std::uint32_t index = 0;
  auto operator<=>(const GroupRef&) const = default;
};

/// One permission for TCP: a range of ports and who may be at the other end.
struct Rule {
  std::uint16_t port_first = 0;
  std::uint16_t port_last = 65535;
  std::vector<Cidr> cidrs;
  std::vector<GroupRef> groups;
  bool operator==(const Rule&) const = default;
};

struct SecurityGroup {
  std::string id;  ///< "sg-0123456789abcdef0".
  std::string name;
  std::string description;
  std::string vpc_id;
  std::vector<Rule> ingress;
  std::vector<Rule> egress;
};

/// The other end of a flow as a rule sees it.
struct FlowEnd {
  Ipv4 address;
  const std::vector<GroupRef>* groups = nullptr;  ///< Of its interface; null outside the VPC.
};

/// The rule that lets a flow through: the `index`-th of one side of a group.
struct RuleMatch {
  GroupRef group;
  std::size_t index = 0;
};

/// All groups of a VPC, with a version that moves at each change, so that callers may keep a
/// verdict until it does.
///
/// An unmatched packet is dropped in silence, never rejected. That silence is the lesson of the
/// vanished request: nothing arrives at the other side, and the caller waits out its time-out.
///
/// Errors: none; every flow has an answer.
/// Cost:   linear in the number of rules.
/// Source: Amazon EC2 User Guide, "Security group rules" and "Security group connection tracking".
/// Limits: IPv4 and TCP; rules for other protocols are kept for display by the loader only.
class SecurityGroups {
 public:
  GroupRef add(SecurityGroup group);
  [[nodiscard]] const SecurityGroup& group(GroupRef ref) const { return groups_[ref.index]; }
  [[nodiscard]] std::size_t size() const { return groups_.size(); }

  void set_ingress(GroupRef ref, std::vector<Rule> rules);

  /// The first rule that lets a flow from `peer` in to `port`, or out to `port` of `peer`.
  [[nodiscard]] std::optional<RuleMatch> ingress_rule(const std::vector<GroupRef>& groups,
                                                      FlowEnd peer, std::uint16_t port) const;
  [[nodiscard]] std::optional<RuleMatch> egress_rule(const std::vector<GroupRef>& groups,
                                                     FlowEnd peer, std::uint16_t port) const;

  /// May a flow from `peer` come in to `port` through any of `groups`?
  [[nodiscard]] bool admits_ingress(const std::vector<GroupRef>& groups, FlowEnd peer,
                                    std::uint16_t port) const;
  /// May a flow go out to `port` of `peer`?
  [[nodiscard]] bool admits_egress(const std::vector<GroupRef>& groups, FlowEnd peer,
                                   std::uint16_t port) const;
  /// Is an inbound flow to `port` untracked? It is when a rule lets it in from 0.0.0.0/0 and the
  /// other direction is open to 0.0.0.0/0 on all ports. Removing the rule then cuts it at once,
  /// while a tracked flow goes on until it ends or idles out.
  [[nodiscard]] bool is_untracked_inbound(const std::vector<GroupRef>& groups,
                                          std::uint16_t port) const;
  /// The same for a flow that the interface itself opened to `port` of someone.
  [[nodiscard]] bool is_untracked_outbound(const std::vector<GroupRef>& groups,
                                           std::uint16_t port) const;

  [[nodiscard]] std::uint32_t version() const { return version_; }

 private:
  [[nodiscard]] std::optional<RuleMatch> match(const std::vector<GroupRef>& groups,
                                               std::vector<Rule> SecurityGroup::*side, FlowEnd peer,
                                               std::uint16_t port) const;

  std::vector<SecurityGroup> groups_;
  std::uint32_t version_ = 1;
};

}  // namespace hoplab::models::vpc
