// The clusters of one Envoy at work: their settings, hosts and load balancers.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "models/envoy/config.hpp"
#include "models/envoy/dns_poller.hpp"
#include "models/envoy/health_checker.hpp"
#include "models/envoy/host_set.hpp"
#include "models/envoy/load_balancer.hpp"
#include "models/envoy/outlier_detector.hpp"
#include "models/envoy/profile.hpp"
#include "models/envoy/stats.hpp"
#include "models/suspension.hpp"
#include "sim/random.hpp"

namespace hoplab::models::envoy {

/// Names a cluster of an Envoy for as long as that Envoy runs.
using ClusterIndex = std::uint32_t;

/// A cluster with its hosts, and who watches over them.
class ClusterAtWork final : private HealthChecker::Listener, private DnsPoller::Listener {
 public:
  /// Who holds connections to hosts.
  class Connections {
   public:
    virtual ~Connections() = default;
    virtual void on_hosts_joined(ClusterIndex cluster) = 0;
    virtual void on_host_left(ClusterIndex cluster, HostIndex host) = 0;
  };
  struct Parts {
    sim::Engine& engine;
    vpc::Network& network;
    vpc::Interface& interface;
    Suspension& suspension;
    const Profile& profile;
    Stats& stats;
    NameService* names;  ///< Null: no cluster is looked up.
    std::uint32_t workers;
    sim::Rng& rng;
  };
  ClusterAtWork(const Parts& parts, Connections& connections, ClusterIndex index,
                const Cluster& settings, ClusterStats& its_stats, ClusterTimes& its_times);
  ClusterAtWork(const ClusterAtWork&) = delete;
  ClusterAtWork& operator=(const ClusterAtWork&) = delete;

  /// It has its place among the clusters: takes the hosts that are listed, or looks them up.
  void begin();
  void set(const Cluster& wanted);
  void set_endpoints(const std::vector<Endpoint>& endpoints);
  void count_list();
  /// Of a cluster whose host is what was dialled.
  HostIndex host_at(const Endpoint& endpoint);
  /// The last configuration has it no more: nothing new goes to it.
  void remove();
  /// The process is gone.
  void stop();

  Cluster settings;
  HostSet hosts;
  LoadBalancer balancer;
  ClusterStats* stats;
  ClusterTimes* times;
  bool is_removed = false;
  std::unique_ptr<OutlierDetector> outlier_detector;  ///< Null: none.

 private:
  void watch_answers();
  void watch_health();
  void watch_name();
  void stop_poller();
  void stop_detector();
  void stop_checker();
  void let_go(HostIndex host);
  void count_members();
  void on_health_changed(HostIndex host, bool left) override;
  void on_addresses(const std::vector<vpc::Ipv4>& addresses) override;

  Parts parts_;
  Connections& connections_;
  ClusterIndex index_;
  std::unique_ptr<HealthChecker> health_checker_;  ///< Null: none.
  std::unique_ptr<DnsPoller> poller_;              ///< Null: its hosts are listed.
  /// Stopped, but what a process that stood still has missed may yet be told them.
  std::vector<std::unique_ptr<OutlierDetector>> old_detectors_;
  std::vector<std::unique_ptr<HealthChecker>> old_checkers_;
  std::vector<std::unique_ptr<DnsPoller>> old_pollers_;
};

/// Clusters are told apart by name: one that a new configuration has too keeps its index, hosts,
/// connections and statistics, and takes the new settings. One that is missing is removed: nothing
/// new goes to it, its connections drain.
/// Hosts that leave do so for everybody at once: pools, detector, checker. A cluster of one logical
/// name has one host: when its address changes, connections that stand are used on.
///
/// Source: Envoy, cluster_manager_impl.cc (addOrUpdateCluster, removeCluster, drainConnections),
///         strict_dns_cluster.cc, logical_dns_cluster.cc.
/// Limits: Envoy replaces a cluster whose settings change, and its connections with it; here they
///         stay.
class ClusterManager {
 public:
  ClusterManager(const ClusterAtWork::Parts& parts, ClusterAtWork::Connections& connections)
      : parts_(parts), connections_(connections) {}

  /// Takes the clusters of a configuration. Returns the index of each.
  std::vector<ClusterIndex> apply(const std::vector<Cluster>& clusters);
  /// What service discovery lists for a cluster now; false when there is none that takes a list.
  bool set_endpoints(std::string_view cluster, const std::vector<Endpoint>& endpoints);
  /// The process is gone: nobody probes or sweeps any more.
  void stop();

  [[nodiscard]] ClusterAtWork& at(ClusterIndex cluster) { return *clusters_[cluster]; }
  [[nodiscard]] const ClusterAtWork& at(ClusterIndex cluster) const { return *clusters_[cluster]; }
  [[nodiscard]] std::size_t size() const { return clusters_.size(); }

 private:
  [[nodiscard]] ClusterIndex find(std::string_view name) const;
  ClusterIndex add(const Cluster& settings);

  ClusterAtWork::Parts parts_;
  ClusterAtWork::Connections& connections_;
  std::vector<std::unique_ptr<ClusterAtWork>> clusters_;
};

}  // namespace hoplab::models::envoy
