#include "models/envoy/host_set.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::envoy {
namespace {

constexpr HostIndex nobody = ~HostIndex{0};

}  // namespace

HostIndex HostSet::find_member(const Endpoint& endpoint) const {
  const auto found = std::ranges::find_if(
      members_, [&](HostIndex host) { return hosts_[host].endpoint == endpoint; });
  return found == members_.end() ? nobody : *found;
}

HostSet::Change HostSet::update(const std::vector<Endpoint>& endpoints, bool starts_failing,
                                bool is_sticky) {
  Change change;
  std::vector<HostIndex> now;
  for (const Endpoint& endpoint : endpoints) {
    HostIndex host = find_member(endpoint);
    if (host == nobody) {
      host = static_cast<HostIndex>(hosts_.size());
      hosts_.push_back({.endpoint = endpoint, .fails_health_check = starts_failing});
      change.joined.push_back(host);
    } else if (std::ranges::find(now, host) != now.end()) {
      continue;  // Named twice.
    }
    now.push_back(host);
  }
  for (const HostIndex host : members_) {
    hosts_[host].is_listed = std::ranges::find(now, host) != now.end();
    if (hosts_[host].is_listed) continue;
    if (is_sticky && !hosts_[host].fails_health_check) {
      now.push_back(host);
      continue;
    }
    hosts_[host].is_member = false;
    change.left.push_back(host);
  }
  members_ = std::move(now);
  sort_out();
  return change;
}

HostIndex HostSet::member_at(const Endpoint& endpoint) {
  const HostIndex known = find_member(endpoint);
  if (known != nobody) return known;
  hosts_.push_back({.endpoint = endpoint});
  members_.push_back(static_cast<HostIndex>(hosts_.size() - 1));
  sort_out();
  return members_.back();
}

void HostSet::set_ejected(HostIndex host, bool is_ejected) {
  hosts_[host].is_ejected = is_ejected;
  sort_out();
}

bool HostSet::set_failing(HostIndex host, bool fails) {
  hosts_[host].fails_health_check = fails;
  const bool leaves = fails && hosts_[host].is_member && !hosts_[host].is_listed;
  if (leaves) {
    hosts_[host].is_member = false;
    std::erase(members_, host);
  }
  sort_out();
  return leaves;
}

void HostSet::sort_out() {
  healthy_.clear();
  for (const HostIndex host : members_) {
    if (hosts_[host].is_healthy()) healthy_.push_back(host);
  }
}

}  // namespace hoplab::models::envoy
