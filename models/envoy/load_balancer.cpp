#include "models/envoy/load_balancer.hpp"

#include <algorithm>

namespace hoplab::models::envoy {
namespace {

constexpr int host_selections_max = 1 + 5;

}  // namespace

LoadBalancer::LoadBalancer(LoadBalancing kind, std::uint32_t panic_threshold, std::uint32_t workers,
                           std::size_t size, sim::Rng& rng)
    : kind_(kind), panic_threshold_(panic_threshold) {
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    // Or all workers would hit the same host first. Hosts may come later: then any number will do.
    next_.push_back(size == 0 ? static_cast<std::uint32_t>(rng.bits() >> 33)
                              : static_cast<std::uint32_t>(rng.below(size)));
  }
}

std::optional<HostIndex> LoadBalancer::choose(const HostSet& hosts, std::uint32_t worker,
                                              std::span<const HostIndex> tried, sim::Rng& rng,
                                              ClusterStats& stats) {
  const auto members = hosts.members();
  const auto healthy = hosts.healthy();
  const bool panics = healthy.size() * 100 < members.size() * std::size_t{panic_threshold_};
  const auto usable = panics ? members : healthy;
  if (usable.empty()) return std::nullopt;
  HostIndex chosen = 0;
  for (int selection = 0; selection < host_selections_max; ++selection) {
    if (panics) ++stats.lb_healthy_panic;
    chosen = choose_once(hosts, usable, worker, rng);
    if (std::ranges::find(tried, chosen) == tried.end()) break;
  }
  return chosen;
}

HostIndex LoadBalancer::choose_once(const HostSet& hosts, std::span<const HostIndex> usable,
                                    std::uint32_t worker, sim::Rng& rng) {
  if (kind_ == LoadBalancing::round_robin) {
    std::uint32_t& next = next_[worker];
    const std::size_t place = next < usable.size() ? next : next % usable.size();
    next = static_cast<std::uint32_t>(place) + 1;
    return usable[place];
  }
  const HostIndex first = usable[rng.below(usable.size())];
  const HostIndex second = usable[rng.below(usable.size())];
  return hosts.at(second).requests_active < hosts.at(first).requests_active ? second : first;
}

}  // namespace hoplab::models::envoy
