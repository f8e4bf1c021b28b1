#include "models/vpc/security_group.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::vpc {
namespace {

bool matches(const Rule& rule, FlowEnd peer, std::uint16_t port) {
  if (port < rule.port_first || port > rule.port_last) return false;
  const auto holds_peer = [&](const Cidr& cidr) { return cidr.contains(peer.address); };
  if (std::ranges::any_of(rule.cidrs, holds_peer)) return true;
  if (peer.groups == nullptr) return false;
  return std::ranges::any_of(rule.groups, [&](GroupRef wanted) {
    return std::ranges::find(*peer.groups, wanted) != peer.groups->end();
  });
}

bool is_open_to_anyone(const Rule& rule) {
  return std::ranges::any_of(rule.cidrs, [](const Cidr& cidr) { return cidr.is_anywhere(); });
}

bool opens_all_ports_to_anyone(const Rule& rule) {
  return rule.port_first == 0 && rule.port_last == 65535 && is_open_to_anyone(rule);
}

bool opens_port_to_anyone(const Rule& rule, std::uint16_t port) {
  return port >= rule.port_first && port <= rule.port_last && is_open_to_anyone(rule);
}

}  // namespace

GroupRef SecurityGroups::add(SecurityGroup group) {
  groups_.push_back(std::move(group));
  ++version_;
  return {static_cast<std::uint32_t>(groups_.size() - 1)};
}

void SecurityGroups::set_ingress(GroupRef ref, std::vector<Rule> rules) {
  groups_[ref.index].ingress = std::move(rules);
  ++version_;
}

std::optional<RuleMatch> SecurityGroups::match(const std::vector<GroupRef>& groups,
                                               std::vector<Rule> SecurityGroup::*side, FlowEnd peer,
                                               std::uint16_t port) const {
  for (const GroupRef ref : groups) {
    const std::vector<Rule>& rules = group(ref).*side;
    const auto found =
        std::ranges::find_if(rules, [&](const Rule& rule) { return matches(rule, peer, port); });
    if (found == rules.end()) continue;
    return RuleMatch{ref, static_cast<std::size_t>(found - rules.begin())};
  }
  return std::nullopt;
}

std::optional<RuleMatch> SecurityGroups::ingress_rule(const std::vector<GroupRef>& groups,
                                                      FlowEnd peer, std::uint16_t port) const {
  return match(groups, &SecurityGroup::ingress, peer, port);
}

std::optional<RuleMatch> SecurityGroups::egress_rule(const std::vector<GroupRef>& groups,
                                                     FlowEnd peer, std::uint16_t port) const {
  return match(groups, &SecurityGroup::egress, peer, port);
}

bool SecurityGroups::admits_ingress(const std::vector<GroupRef>& groups, FlowEnd peer,
                                    std::uint16_t port) const {
  return ingress_rule(groups, peer, port).has_value();
}

bool SecurityGroups::admits_egress(const std::vector<GroupRef>& groups, FlowEnd peer,
                                   std::uint16_t port) const {
  return egress_rule(groups, peer, port).has_value();
}

bool SecurityGroups::is_untracked_inbound(const std::vector<GroupRef>& groups,
                                          std::uint16_t port) const {
  const auto any_rule = [&](auto member, auto predicate) {
    return std::ranges::any_of(
        groups, [&](GroupRef ref) { return std::ranges::any_of(group(ref).*member, predicate); });
  };
  return any_rule(&SecurityGroup::ingress,
                  [&](const Rule& rule) { return opens_port_to_anyone(rule, port); }) &&
         any_rule(&SecurityGroup::egress, opens_all_ports_to_anyone);
}

bool SecurityGroups::is_untracked_outbound(const std::vector<GroupRef>& groups,
                                           std::uint16_t port) const {
  const auto any_rule = [&](auto member, auto predicate) {
    return std::ranges::any_of(
        groups, [&](GroupRef ref) { return std::ranges::any_of(group(ref).*member, predicate); });
  };
  return any_rule(&SecurityGroup::egress,
                  [&](const Rule& rule) { return opens_port_to_anyone(rule, port); }) &&
         any_rule(&SecurityGroup::ingress, opens_all_ports_to_anyone);
}

}  // namespace hoplab::models::vpc
