// The clusters of one Envoy at work: their settings, hosts and load balancers.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "models/envoy/config.hpp"
#include "models/envoy/host_set.hpp"
#include "models/envoy/load_balancer.hpp"
#include "models/envoy/stats.hpp"
#include "sim/random.hpp"

namespace hoplab::models::envoy {

/// Names a cluster of an Envoy for as long as that Envoy runs.
using ClusterIndex = std::uint32_t;

struct ClusterAtWork {
  Cluster settings;
  HostSet hosts;
  LoadBalancer balancer;
  ClusterStats* stats;
  bool is_removed = false;  ///< The last configuration has it no more.
};

/// Clusters are told apart by name: one that a new configuration has too keeps its index, hosts,
/// connections and statistics, and takes the new settings. One that is missing is removed: nothing
/// new goes to it, its connections drain.
///
/// Source: Envoy, cluster_manager_impl.cc (addOrUpdateCluster, removeCluster, drainConnections).
/// Limits: Envoy replaces a cluster whose settings change, and its connections with it; here they
///         stay.
class ClusterManager {
 public:
  /// Who holds connections to hosts.
  class Connections {
   public:
    virtual ~Connections() = default;
    virtual void on_hosts_joined(ClusterIndex cluster) = 0;
    virtual void on_host_left(ClusterIndex cluster, HostIndex host) = 0;
  };

  ClusterManager(Stats& stats, std::uint32_t workers) : stats_(stats), workers_(workers) {}

  void attach(Connections& connections) { connections_ = &connections; }
  /// Takes the clusters of a configuration. Returns the index of each.
  std::vector<ClusterIndex> apply(const std::vector<Cluster>& clusters, sim::Rng& rng);
  /// What service discovery lists for a cluster now; false when there is no such cluster.
  bool set_endpoints(std::string_view cluster, const std::vector<Endpoint>& endpoints);

  [[nodiscard]] ClusterAtWork& at(ClusterIndex cluster) { return *clusters_[cluster]; }
  [[nodiscard]] const ClusterAtWork& at(ClusterIndex cluster) const { return *clusters_[cluster]; }
  [[nodiscard]] std::size_t size() const { return clusters_.size(); }

 private:
  [[nodiscard]] ClusterIndex find(std::string_view name) const;
  ClusterIndex add(const Cluster& settings, sim::Rng& rng);
  void remove(ClusterIndex cluster);
  void update_hosts(ClusterIndex cluster, const std::vector<Endpoint>& endpoints);

  Stats& stats_;
  std::uint32_t workers_;
  Connections* connections_ = nullptr;
  std::vector<std::unique_ptr<ClusterAtWork>> clusters_;
};

}  // namespace hoplab::models::envoy
