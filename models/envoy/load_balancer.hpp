// Which host of a cluster gets a request.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/envoy/host_set.hpp"
#include "models/envoy/stats.hpp"
#include "sim/random.hpp"

namespace hoplab::models::envoy {

/// Round robin: each worker goes round the healthy hosts by itself, from a random start, so that
/// few requests spread unevenly. Least request: of two hosts drawn at random the one that has fewer
/// requests under way.
///
/// Panic: where fewer than `panic_threshold` per cent of the hosts are healthy, all of them are
/// used, since the healthy ones alone might not bear the load.
///
/// A retry wants a host that was not tried (previous_hosts): another choice is made up to five
/// times (host_selection_retry_max_attempts), then the last one stands. A first attempt takes the
/// first.
///
/// Source: Envoy, load_balancer_impl.cc (chooseHost, hostSourceToUse, RoundRobinLoadBalancer,
///         LeastRequestLoadBalancer::unweightedHostPick); App Mesh's retry policy.
/// Limits: one priority, equal weights, no zones.
class LoadBalancer {
 public:
  /// `size`: how many hosts there are now, among which the starts are drawn.
  LoadBalancer(LoadBalancing kind, std::uint32_t panic_threshold, std::uint32_t workers,
               std::size_t size, sim::Rng& rng);

  void set(LoadBalancing kind, std::uint32_t panic_threshold) {
    kind_ = kind;
    panic_threshold_ = panic_threshold;
  }
  /// Nothing when there is no host that may be used. `tried`: hosts of earlier attempts.
  [[nodiscard]] std::optional<HostIndex> choose(const HostSet& hosts, std::uint32_t worker,
                                                std::span<const HostIndex> tried, sim::Rng& rng,
                                                ClusterStats& stats);

 private:
  [[nodiscard]] HostIndex choose_once(const HostSet& hosts, std::span<const HostIndex> usable,
                                      std::uint32_t worker, sim::Rng& rng);

  LoadBalancing kind_;
  std::uint32_t panic_threshold_;
  std::vector<std::uint32_t> next_;  ///< Round robin, by worker.
};

}  // namespace hoplab::models::envoy
