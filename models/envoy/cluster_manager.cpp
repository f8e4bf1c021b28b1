#include "models/envoy/cluster_manager.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::envoy {

// --- One cluster ------------------------------------------------------------------------------

ClusterAtWork::ClusterAtWork(const Parts& parts, Connections& connections, ClusterIndex index,
                             const Cluster& wanted, ClusterStats& its_stats,
                             ClusterTimes& its_times)
    : settings(wanted),
      balancer(wanted.load_balancing, wanted.panic_threshold, parts.workers,
               wanted.endpoints.size(), parts.rng),
      stats(&its_stats),
      times(&its_times),
      parts_(parts),
      connections_(connections),
      index_(index) {
  stats->name = settings.name;
  watch_answers();
  watch_health();
}

void ClusterAtWork::watch_answers() {
  stats->has_outlier_detection = settings.outlier_detection.has_value();
  if (!settings.outlier_detection) return stop_detector();
  if (outlier_detector != nullptr) return outlier_detector->set(*settings.outlier_detection);
  outlier_detector = std::make_unique<OutlierDetector>(
      parts_.engine, parts_.suspension, *settings.outlier_detection,
      parts_.profile.forgets_ejections, hosts, *stats);
}

void ClusterAtWork::watch_health() {
  stats->has_health_check = settings.health_check.has_value();
  if (!settings.health_check) return stop_checker();
  if (health_checker_ != nullptr) return health_checker_->set(*settings.health_check);
  health_checker_ = std::make_unique<HealthChecker>(
      HealthChecker::Parts{.engine = parts_.engine,
                           .network = parts_.network,
                           .interface = parts_.interface,
                           .suspension = parts_.suspension,
                           .hosts = hosts,
                           .stats = *stats},
      *settings.health_check, static_cast<HealthChecker::Listener&>(*this));
  for (HostIndex host = 0; host < hosts.size(); ++host) {
    static_cast<void>(hosts.set_failing(host, true));
  }
  health_checker_->on_hosts_joined();
}

void ClusterAtWork::begin() {
  if (settings.discovery == Discovery::listed) return set_endpoints(settings.endpoints);
  watch_name();
}

void ClusterAtWork::watch_name() {
  if (poller_ != nullptr && poller_->host_name() == settings.host_name) return;
  stop_poller();
  HOPLAB_ASSERT(parts_.names != nullptr, "a cluster is to be looked up, and nobody can");
  poller_ = std::make_unique<DnsPoller>(DnsPoller::Parts{.engine = parts_.engine,
                                                         .suspension = parts_.suspension,
                                                         .names = *parts_.names,
                                                         .profile = parts_.profile,
                                                         .stats = *stats},
                                        settings.host_name, settings.dns_refresh,
                                        static_cast<DnsPoller::Listener&>(*this));
  poller_->start();
}

// The order of an answer is chance; that of hosts is not.
void ClusterAtWork::on_addresses(const std::vector<vpc::Ipv4>& addresses) {
  if (settings.discovery == Discovery::strict_dns) {
    std::vector<Endpoint> endpoints;
    for (const vpc::Ipv4 address : addresses) endpoints.push_back({address, settings.port});
    std::ranges::sort(endpoints, {}, [](const Endpoint& it) { return it.address.bits; });
    return set_endpoints(endpoints);
  }
  if (addresses.empty()) return;
  const Endpoint endpoint{addresses.front(), settings.port};
  if (hosts.members().empty()) return set_endpoints({endpoint});
  hosts.readdress(hosts.members().front(), endpoint);
}

void ClusterAtWork::stop_poller() {
  if (poller_ == nullptr) return;
  poller_->stop();
  old_pollers_.push_back(std::move(poller_));
}

void ClusterAtWork::stop_detector() {
  if (outlier_detector == nullptr) return;
  outlier_detector->stop();
  old_detectors_.push_back(std::move(outlier_detector));
}

void ClusterAtWork::stop_checker() {
  if (health_checker_ == nullptr) return;
  health_checker_->stop();
  old_checkers_.push_back(std::move(health_checker_));
  stats->health_check_healthy = 0;
  for (HostIndex host = 0; host < hosts.size(); ++host) {
    static_cast<void>(hosts.set_failing(host, false));
  }
}

void ClusterAtWork::set(const Cluster& wanted) {
  settings = wanted;
  balancer.set(wanted.load_balancing, wanted.panic_threshold);
  watch_answers();
  watch_health();
  if (settings.discovery != Discovery::listed) return watch_name();
  stop_poller();
  if (!settings.is_original_destination) set_endpoints(wanted.endpoints);
}

void ClusterAtWork::set_endpoints(const std::vector<Endpoint>& endpoints) {
  const bool is_checked = health_checker_ != nullptr;
  const HostSet::Change change =
      hosts.update(endpoints, is_checked, is_checked && settings.keeps_healthy_hosts);
  count_members();
  if (change.is_empty()) return;
  ++stats->membership_change;
  connections_.on_hosts_joined(index_);
  if (is_checked) health_checker_->on_hosts_joined();
  for (const HostIndex host : change.left) {
    if (is_checked) health_checker_->on_host_left(host);
    let_go(host);
  }
  count_members();
}

HostIndex ClusterAtWork::host_at(const Endpoint& endpoint) {
  const std::size_t before = hosts.size();
  const HostIndex host = hosts.member_at(endpoint);
  if (hosts.size() == before) return host;
  ++stats->membership_change;
  count_members();
  connections_.on_hosts_joined(index_);
  return host;
}

// Its endpoint discovery has brought a list.
void ClusterAtWork::count_list() {
  ++stats->update_attempt;
  ++stats->update_success;
}

void ClusterAtWork::let_go(HostIndex host) {
  if (outlier_detector != nullptr) outlier_detector->forget(host);
  connections_.on_host_left(index_, host);
}

void ClusterAtWork::count_members() {
  stats->membership_total = hosts.members().size();
  stats->membership_healthy = hosts.healthy().size();
  stats->max_host_weight = hosts.members().empty() ? 0 : 1;  // All weigh the same.
}

void ClusterAtWork::on_health_changed(HostIndex host, bool left) {
  if (left) {
    ++stats->membership_change;
    let_go(host);
  }
  count_members();
}

void ClusterAtWork::remove() {
  settings.keeps_healthy_hosts = false;
  stop_poller();
  set_endpoints({});
  is_removed = true;
  stats->is_removed = true;
  ++parts_.stats.control_plane.clusters_removed;
  stop();
}

void ClusterAtWork::stop() {
  stop_detector();
  stop_checker();
  stop_poller();
}

// --- All of them ------------------------------------------------------------------------------

ClusterIndex ClusterManager::find(std::string_view name) const {
  const auto found = std::ranges::find_if(clusters_, [&](const auto& cluster) {
    return !cluster->is_removed && cluster->settings.name == name;
  });
  return static_cast<ClusterIndex>(found - clusters_.begin());
}

std::vector<ClusterIndex> ClusterManager::apply(const std::vector<Cluster>& clusters) {
  std::vector<ClusterIndex> indices;
  for (const Cluster& settings : clusters) {
    const ClusterIndex index = find(settings.name);
    if (index == clusters_.size()) {
      indices.push_back(add(settings));
    } else {
      clusters_[index]->set(settings);
      indices.push_back(index);
    }
  }
  for (ClusterIndex index = 0; index < clusters_.size(); ++index) {
    const bool is_kept = std::ranges::find(indices, index) != indices.end();
    if (!is_kept && !clusters_[index]->is_removed) clusters_[index]->remove();
  }
  return indices;
}

ClusterIndex ClusterManager::add(const Cluster& settings) {
  const auto index = static_cast<ClusterIndex>(clusters_.size());
  Stats& stats = parts_.stats;
  clusters_.push_back(std::make_unique<ClusterAtWork>(parts_, connections_, index, settings,
                                                      stats.clusters.emplace_back(),
                                                      stats.cluster_times.emplace_back()));
  ++stats.control_plane.clusters_added;
  if (stats.listener != nullptr) stats.listener->on_cluster_added(index);
  clusters_.back()->begin();
  return index;
}

bool ClusterManager::set_endpoints(std::string_view cluster,
                                   const std::vector<Endpoint>& endpoints) {
  const ClusterIndex index = find(cluster);
  if (index == clusters_.size()) return false;
  if (clusters_[index]->settings.discovery != Discovery::listed) return false;
  clusters_[index]->count_list();
  clusters_[index]->set_endpoints(endpoints);
  return true;
}

void ClusterManager::stop() {
  for (const auto& cluster : clusters_) cluster->stop();
}

}  // namespace hoplab::models::envoy
