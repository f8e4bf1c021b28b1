#include "models/envoy/stat_walk.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>

#include "models/envoy/stat_rows.hpp"

namespace hoplab::models::envoy {
namespace {

constexpr int classes_end = 6;
/// No certificate ever expires: the largest number of its type.
constexpr std::uint64_t never_expires = 4'294'967'295;

std::string_view prefix_of(Direction direction) {
  return direction == Direction::ingress ? "ingress" : "egress";
}

std::string address_of(const ListenerFacts& listener) {
  return fmt::format("0.0.0.0_{}", listener.port);
}

std::uint64_t of_class(const StatusCounts& codes, int digit) {
  std::uint64_t total = 0;
  for (const auto& [status, count] : codes.all()) {
    if (status / 100 == digit) total += count;
  }
  return total;
}

std::uint64_t all_of(const StatusCounts& codes) {
  std::uint64_t total = 0;
  for (const auto& [status, count] : codes.all()) total += count;
  return total;
}

std::uint64_t of_code(const StatusCounts& codes, int wanted) {
  for (const auto& [status, count] : codes.all()) {
    if (status == wanted) return count;
  }
  return 0;
}

/// Adds up what the filter chains of a listener count.
ListenerStats listener_stats(const StatCounts& counts, Direction direction) {
  const HttpStats& http = counts.http[static_cast<std::size_t>(direction)];
  ListenerStats sum{.cx_total = http.cx_total,
                    .cx_destroy = http.cx_destroy,
                    .no_filter_chain_match = 0,
                    .cx_active = http.cx_active};
  if (direction == Direction::ingress) return sum;
  sum.cx_total += counts.tcp.cx_total;
  sum.cx_destroy += counts.tcp.cx_destroy;
  sum.no_filter_chain_match = counts.tcp.no_filter_chain_match;
  sum.cx_active += counts.tcp.cx_active;
  return sum;
}

/// Walks the groups of one process.
class Walk {
 public:
  Walk(const Stats& stats, const StatCounts& before, const PageFacts& facts, StatVisitor& visitor)
      : stats_(stats), before_(before), facts_(facts), visitor_(visitor) {}

  void server();
  void control_plane();
  void listeners();
  void clusters();
  void extension();

 private:
  template <typename Group, std::size_t size>
  void rows(const StatRow<Group> (&all)[size], const StatGroup& group, const Group& now,
            const Group& before) {
    for (const StatRow<Group>& row : all) {
      const std::uint64_t value = row.value == nullptr ? 0 : now.*row.value;
      const StatName name{group, row.name};
      if (!row.is_gauge) {
        visitor_.counter(name, value, row.value == nullptr ? 0 : value - before.*row.value);
        continue;
      }
      const bool is_touched =
          row.value != nullptr && (row.touched_by == nullptr || now.*row.touched_by != 0);
      visitor_.gauge(name, value, is_touched);
    }
  }
  void counter(const StatGroup& group, std::string_view row, std::uint64_t value,
               std::uint64_t before) {
    visitor_.counter({group, row}, value, value - before);
  }
  void gauge(const StatGroup& group, std::string_view row, std::uint64_t value) {
    visitor_.gauge({group, row}, value, true);
  }
  void classes(const StatGroup& group, std::string_view row, const StatusCounts& now,
               const StatusCounts& before, bool with_unused);
  void codes(const StatGroup& group, const StatusCounts& now, const StatusCounts& before);
  void subscription(const StatGroup& group);
  void cluster(const ClusterStats& now, const ClusterStats& before, const ClusterTimes& times);
  void listener(Direction direction);

  const Stats& stats_;
  const StatCounts& before_;
  const PageFacts& facts_;
  StatVisitor& visitor_;
};

void Walk::classes(const StatGroup& group, std::string_view row, const StatusCounts& now,
                   const StatusCounts& before, bool with_unused) {
  for (int digit = 1; digit < classes_end; ++digit) {
    const std::uint64_t value = of_class(now, digit);
    if (value == 0 && !with_unused) continue;
    visitor_.counter({group, row, 0, digit}, value, value - of_class(before, digit));
  }
}

// They come into being with the first answer.
void Walk::codes(const StatGroup& group, const StatusCounts& now, const StatusCounts& before) {
  constexpr std::string_view row = "upstream_rq";
  for (const auto& [status, count] : now.all()) {
    visitor_.counter({group, row, status}, count, count - of_code(before, status));
  }
  classes(group, row, now, before, false);
}

// --- The process itself -----------------------------------------------------------------------

void Walk::server() {
  const StatGroup group{"server.", "server."};
  for (const char* row : {"debug_assertion_failures", "dynamic_unknown_fields",
                          "envoy_bug_failures", "static_unknown_fields", "wip_protos"}) {
    counter(group, row, 0, 0);
  }
  const bool is_up = stats_.control_plane.update_success > 0;
  const auto memory = static_cast<std::uint64_t>(facts_.memory.count());
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(facts_.now - stats_.started);
  std::uint64_t connections = 0;
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    connections += listener_stats(stats_, direction).cx_active;
  }
  constexpr std::uint64_t live = 0;
  constexpr std::uint64_t draining = 1;
  constexpr std::uint64_t initialising = 3;
  gauge(group, "compilation_settings.fips_mode", 0);
  gauge(group, "concurrency", stats_.workers);
  gauge(group, "days_until_first_cert_expiring", never_expires);
  gauge(group, "hot_restart_epoch", 0);
  gauge(group, "hot_restart_generation", 1);
  gauge(group, "live", is_up && !facts_.is_draining ? 1 : 0);
  gauge(group, "memory_allocated", memory);
  gauge(group, "memory_heap_size", memory);
  gauge(group, "memory_physical_size", memory);
  gauge(group, "parent_connections", 0);
  gauge(group, "seconds_until_first_ocsp_response_expiring", 0);
  gauge(group, "state", facts_.is_draining ? draining : is_up ? live : initialising);
  gauge(group, "total_connections", connections);
  gauge(group, "uptime", static_cast<std::uint64_t>(uptime.count()));
  gauge(group, "version", 0);
  visitor_.histogram({group, "initialization_time_ms"}, stats_.initialization_time_ms);
}

// --- What the control plane sends -------------------------------------------------------------

void Walk::subscription(const StatGroup& group) {
  const ControlPlaneStats& now = stats_.control_plane;
  rows(subscription_rows, group, now, before_.control_plane);
  const bool has_any = now.update_success > 0;
  const std::string version = has_any ? config_version(now.update_success) : std::string();
  const std::int64_t updated = sim::epoch_milliseconds(facts_.clock.at(now.updated));
  visitor_.gauge({group, "update_time"}, has_any ? static_cast<std::uint64_t>(updated) : 0,
                 has_any);
  visitor_.gauge({group, "version"}, has_any ? XXH64(version.data(), version.size(), 0) : 0,
                 has_any);
  visitor_.text({group, "version_text"}, version);
  visitor_.histogram({group, "update_duration"}, stats_.update_duration);
}

void Walk::control_plane() {
  const ControlPlaneStats& now = stats_.control_plane;
  const ControlPlaneStats& before = before_.control_plane;
  const StatGroup plane{"control_plane.", "control_plane."};
  rows(control_plane_rows, plane, now, before);
  visitor_.text({plane, "identifier"}, "");
  subscription({"cluster_manager.cds.", "cluster_manager.cds."});
  subscription({"listener_manager.lds.", "listener_manager.lds."});

  const StatGroup clusters{"cluster_manager.", "cluster_manager."};
  rows(cluster_manager_rows, clusters, now, before);
  // Its hosts' first list is no update of a cluster.
  const auto updates = [](const StatCounts& counts) {
    std::uint64_t total = 0;
    for (const ClusterStats& cluster : counts.clusters) {
      total += cluster.membership_change - std::min<std::uint64_t>(cluster.membership_change, 1);
    }
    return total;
  };
  counter(clusters, "cluster_updated", updates(stats_), updates(before_));
  gauge(clusters, "active_clusters", now.clusters_added - now.clusters_removed);
  gauge(clusters, "warming_clusters", 0);

  const StatGroup listeners{"listener_manager.", "listener_manager."};
  const std::uint64_t count = now.update_success > 0 ? stats_.listeners.size() : 0;
  const std::uint64_t earlier = before.update_success > 0 ? stats_.listeners.size() : 0;
  counter(listeners, "listener_added", count, earlier);
  counter(listeners, "listener_create_success", count * stats_.workers, earlier * stats_.workers);
  for (const char* row : {"listener_create_failure", "listener_in_place_updated",
                          "listener_modified", "listener_removed", "listener_stopped"}) {
    counter(listeners, row, 0, 0);
  }
  gauge(listeners, "total_filter_chains_draining", 0);
  gauge(listeners, "total_listeners_active", count);
  gauge(listeners, "total_listeners_draining", 0);
  gauge(listeners, "total_listeners_warming", 0);
  gauge(listeners, "workers_started", count > 0 ? 1 : 0);
}

// --- Listeners and what stands behind them ----------------------------------------------------

void Walk::listener(Direction direction) {
  const auto index = static_cast<std::size_t>(direction);
  const HttpStats& now = stats_.http[index];
  const HttpStats& before = before_.http[index];
  const HttpTimes& times = stats_.http_times[index];
  const StatGroup http = http_group(direction);
  constexpr std::string_view requests = "downstream_rq";
  rows(http_rows, http, now, before);
  classes(http, requests, now.codes, before.codes, true);
  visitor_.histogram({http, "downstream_cx_length_ms"}, times.cx_length_ms);
  visitor_.histogram({http, "downstream_rq_time"}, times.rq_time);

  const ListenerFacts& facts = stats_.listeners[index];
  for (const std::string& name : facts.route_configs) {
    StatGroup routes = http;
    routes.full += "rds." + name + ".";
    routes.extracted += "rds.";
    routes.tags.push_back({"envoy.rds_route_config", name});
    subscription(routes);
    const ControlPlaneStats& plane = stats_.control_plane;
    const ControlPlaneStats& earlier = before_.control_plane;
    counter(routes, "config_reload", plane.update_success, earlier.update_success);
    counter(routes, "update_empty", 0, 0);
  }

  const StatGroup own = listener_group(stats_, direction);
  rows(listener_rows, own, listener_stats(stats_, direction), listener_stats(before_, direction));
  visitor_.histogram({own, "downstream_cx_length_ms"}, stats_.listener_cx_length_ms[index]);
  StatGroup behind = own;
  behind.full += fmt::format("http.{}.", prefix_of(direction));
  behind.extracted += "http.";
  behind.tags.insert(behind.tags.begin(), http.tags.front());
  counter(behind, "downstream_rq_completed", now.rq_completed, before.rq_completed);
  classes(behind, requests, now.codes, before.codes, true);
}

void Walk::listeners() {
  if (stats_.control_plane.update_success == 0) return;
  listener(Direction::ingress);
  listener(Direction::egress);
  if (!stats_.passes_tcp) return;
  rows(tcp_rows, {"tcp.egress.", "tcp.", {{"envoy.tcp_prefix", "egress"}}}, stats_.tcp,
       before_.tcp);
}

// --- Clusters ---------------------------------------------------------------------------------

void Walk::cluster(const ClusterStats& now, const ClusterStats& before, const ClusterTimes& times) {
  const StatGroup group = cluster_group(now.name);
  rows(cluster_rows, group, now, before);
  if (now.has_health_check) rows(health_check_rows, group, now, before);
  if (now.has_outlier_detection) rows(outlier_detection_rows, group, now, before);
  visitor_.histogram({group, "upstream_cx_connect_ms"}, times.cx_connect_ms);
  visitor_.histogram({group, "upstream_cx_length_ms"}, times.cx_length_ms);
  visitor_.histogram({group, "upstream_rq_per_cx"}, times.rq_per_cx);
  if (!now.retried_codes.all().empty()) {
    const StatGroup retried = cluster_group(now.name, "retry.");
    counter(retried, "upstream_rq_completed", all_of(now.retried_codes),
            all_of(before.retried_codes));
    codes(retried, now.retried_codes, before.retried_codes);
  }
  if (now.codes.all().empty()) return;
  codes(group, now.codes, before.codes);
  // App Mesh's connection managers do not use the remote address, and nobody sends
  // x-forwarded-for: to Envoy every request is external.
  const StatGroup external = cluster_group(now.name, "external.");
  counter(external, "upstream_rq_completed", now.rq_completed, before.rq_completed);
  codes(external, now.codes, before.codes);
  visitor_.histogram({group, "upstream_rq_time"}, times.rq_time);
  visitor_.histogram({external, "upstream_rq_time"}, times.rq_time);
}

void Walk::clusters() {
  static const ClusterStats none;
  static const ClusterTimes no_times;
  for (std::size_t index = 0; index < stats_.clusters.size(); ++index) {
    const ClusterStats& now = stats_.clusters[index];
    if (now.is_removed) continue;
    const bool is_known = index < before_.clusters.size();
    cluster(now, is_known ? before_.clusters[index] : none, stats_.cluster_times[index]);
  }
  if (stats_.control_plane.update_success == 0) return;
  for (const std::string& name : stats_.idle_clusters) {
    ClusterStats idle;
    idle.name = name;
    cluster(idle, idle, no_times);
  }
}

// --- The agent's metrics extension ------------------------------------------------------------

void Walk::extension() {
  if (!facts_.tags.extension) return;
  const MetricsExtension& names_of = *facts_.tags.extension;
  const StatGroup group = inbound_group(names_of);
  const auto in = static_cast<std::size_t>(Direction::ingress);
  const HttpStats& now = stats_.http[in];
  const HttpStats& before = before_.http[in];
  gauge(group, "ActiveConnectionCount", now.cx_active);
  counter(group, "NewConnectionCount", now.cx_total, before.cx_total);
  counter(group, "ProcessedBytes", now.cx_rx_bytes + now.cx_tx_bytes,
          before.cx_rx_bytes + before.cx_tx_bytes);
  counter(group, "RequestCount", now.rq_completed, before.rq_completed);
  counter(group, "GrpcRequestCount", 0, 0);
  static const TargetStats none;
  for (std::size_t index = 0; index < stats_.targets.size(); ++index) {
    const TargetStats& to = stats_.targets[index];
    const TargetStats& earlier = index < before_.targets.size() ? before_.targets[index] : none;
    const StatGroup target = target_group(names_of, to);
    constexpr std::array<std::string_view, 4> names = {
        "HTTPCode_Target_2XX_Count", "HTTPCode_Target_3XX_Count", "HTTPCode_Target_4XX_Count",
        "HTTPCode_Target_5XX_Count"};
    for (std::size_t digit = 0; digit < names.size(); ++digit) {
      counter(target, names[digit], to.classes[digit + 2], earlier.classes[digit + 2]);
    }
    counter(target, "RequestCountPerTarget", to.requests, earlier.requests);
    counter(target, "TargetProcessedBytes", to.bytes, earlier.bytes);
    visitor_.histogram({target, "TargetResponseTime"}, stats_.target_times[index]);
  }
}

void append_number(std::string& out, int number) { out += fmt::format_int(number).c_str(); }

}  // namespace

std::string config_version(std::uint64_t number) { return fmt::format("{}", number); }

// --- Names ------------------------------------------------------------------------------------

void StatName::append_full(std::string& out) const {
  out += group.full;
  out += row;
  if (code == 0 && code_class == 0) return;
  out += '_';
  append_number(out, code != 0 ? code : code_class);
  if (code_class != 0) out += "xx";
}

void StatName::append_extracted(std::string& out) const {
  out += group.extracted;
  out += row;
  if (code_class != 0) out += "_xx";
}

StatGroup cluster_group(std::string_view cluster, std::string_view sub_scope) {
  const auto dot = cluster.find('.');
  StatGroup group{fmt::format("cluster.{}.{}", cluster, sub_scope),
                  fmt::format("cluster.{}", sub_scope),
                  {{"envoy.cluster_name", std::string(cluster.substr(0, dot))}}};
  if (dot != std::string_view::npos) {
    group.extracted = fmt::format("cluster.{}.{}", cluster.substr(dot + 1), sub_scope);
  }
  return group;
}

StatGroup http_group(Direction direction) {
  const std::string prefix(prefix_of(direction));
  return {"http." + prefix + ".", "http.", {{"envoy.http_conn_manager_prefix", prefix}}};
}

StatGroup listener_group(const Stats& stats, Direction direction) {
  const std::string address = address_of(stats.listeners[static_cast<std::size_t>(direction)]);
  return {"listener." + address + ".", "listener.", {{"envoy.listener_address", address}}};
}

namespace {

constexpr std::string_view extension_scope = "appmesh.";

std::string scoped(const std::vector<StatTag>& tags) {
  std::string name(extension_scope);
  for (const StatTag& tag : tags) name += fmt::format("{}.{}.", tag.name, tag.value);
  return name;
}

}  // namespace

StatGroup inbound_group(const MetricsExtension& extension) {
  return {scoped(extension.inbound), std::string(extension_scope), extension.inbound};
}

StatGroup target_group(const MetricsExtension& extension, const TargetStats& target) {
  StatGroup group{scoped(extension.outbound), std::string(extension_scope), extension.outbound};
  group.full += fmt::format("{}.{}.", extension.service_tag, target.service);
  if (!extension.node_tag.empty()) {
    group.full += fmt::format("{}.{}.", extension.node_tag, target.node);
    group.tags.push_back({extension.node_tag, target.node});
  }
  group.tags.push_back({extension.service_tag, target.service});
  return group;
}

void append_tags(std::vector<StatTag>& out, const std::vector<StatTag>& fixed,
                 const StatName& name) {
  out.insert(out.end(), fixed.begin(), fixed.end());
  if (name.code != 0) out.push_back({"envoy.response_code", fmt::format("{}", name.code)});
  if (name.code_class != 0) {
    out.push_back({"envoy.response_code_class", fmt::format("{}", name.code_class)});
  }
  out.insert(out.end(), name.group.tags.begin(), name.group.tags.end());
}

void walk(const Stats& stats, const StatCounts& before, const PageFacts& facts,
          StatVisitor& visitor) {
  Walk walk(stats, before, facts, visitor);
  walk.server();
  walk.control_plane();
  walk.listeners();
  walk.clusters();
  walk.extension();
}

}  // namespace hoplab::models::envoy
