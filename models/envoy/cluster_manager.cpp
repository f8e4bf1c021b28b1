#include "models/envoy/cluster_manager.hpp"

#include <algorithm>

namespace hoplab::models::envoy {

ClusterIndex ClusterManager::find(std::string_view name) const {
  const auto found = std::ranges::find_if(clusters_, [&](const auto& cluster) {
    return !cluster->is_removed && cluster->settings.name == name;
  });
  return static_cast<ClusterIndex>(found - clusters_.begin());
}

std::vector<ClusterIndex> ClusterManager::apply(const std::vector<Cluster>& clusters,
                                                sim::Rng& rng) {
  std::vector<ClusterIndex> indices;
  for (const Cluster& settings : clusters) {
    ClusterIndex index = find(settings.name);
    if (index == clusters_.size()) {
      index = add(settings, rng);
    } else {
      clusters_[index]->settings = settings;
      update_hosts(index, settings.endpoints);
    }
    indices.push_back(index);
  }
  for (ClusterIndex index = 0; index < clusters_.size(); ++index) {
    const bool is_kept = std::ranges::find(indices, index) != indices.end();
    if (!is_kept && !clusters_[index]->is_removed) remove(index);
  }
  return indices;
}

ClusterIndex ClusterManager::add(const Cluster& settings, sim::Rng& rng) {
  const auto index = static_cast<ClusterIndex>(clusters_.size());
  ClusterStats& stats = stats_.clusters.emplace_back();
  stats.name = settings.name;
  clusters_.push_back(std::make_unique<ClusterAtWork>(
      ClusterAtWork{.settings = settings,
                    .hosts = {},
                    .balancer = {settings.load_balancing, settings.panic_threshold, workers_,
                                 settings.endpoints.size(), rng},
                    .stats = &stats}));
  update_hosts(index, settings.endpoints);
  return index;
}

void ClusterManager::remove(ClusterIndex cluster) {
  update_hosts(cluster, {});
  clusters_[cluster]->is_removed = true;
}

bool ClusterManager::set_endpoints(std::string_view cluster,
                                   const std::vector<Endpoint>& endpoints) {
  const ClusterIndex index = find(cluster);
  if (index == clusters_.size()) return false;
  update_hosts(index, endpoints);
  return true;
}

void ClusterManager::update_hosts(ClusterIndex cluster, const std::vector<Endpoint>& endpoints) {
  ClusterAtWork& at_work = *clusters_[cluster];
  const HostSet::Change change =
      at_work.hosts.update(endpoints, false, at_work.settings.keeps_healthy_hosts);
  at_work.stats->membership_total = at_work.hosts.members().size();
  at_work.stats->membership_healthy = at_work.hosts.healthy().size();
  if (change.is_empty()) return;
  ++at_work.stats->membership_change;
  connections_->on_hosts_joined(cluster);
  for (const HostIndex host : change.left) connections_->on_host_left(cluster, host);
}

}  // namespace hoplab::models::envoy
