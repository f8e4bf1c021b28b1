#include "models/envoy/admin_pages.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/envoy/config_dump.hpp"
#include "models/envoy/proxy.hpp"

namespace hoplab::models::envoy {
namespace {

using Json = nlohmann::ordered_json;

constexpr Direction directions[] = {Direction::ingress, Direction::egress};

std::string_view word_of(Direction direction) {
  return direction == Direction::ingress ? "ingress" : "egress";
}

/// Circuit breakers that nobody has set. Source: Envoy docs, CircuitBreakers.Thresholds.
struct Thresholds {
  std::uint64_t connections = 1024;
  std::uint64_t pending_requests = 1024;
  std::uint64_t requests = 1024;
  std::uint64_t retries = 3;
};

/// App Mesh sets all four of the default priority. Source: published config dumps.
Thresholds default_thresholds(const Cluster& cluster) {
  return {.connections = cluster.circuit_breakers.connections_max,
          .pending_requests = cluster.circuit_breakers.pending_requests_max,
          .requests = CircuitBreakers::unlimited,
          .retries = CircuitBreakers::unlimited};
}

void add_thresholds(std::string& out, const std::string& cluster, std::string_view priority,
                    const Thresholds& limits) {
  const auto add = [&](std::string_view what, std::uint64_t limit) {
    out += fmt::format("{}::{}_priority::{}::{}\n", cluster, priority, what, limit);
  };
  add("max_connections", limits.connections);
  add("max_pending_requests", limits.pending_requests);
  add("max_requests", limits.requests);
  add("max_retries", limits.retries);
}

/// A double that is whole. Source: published /clusters of Envoys before 1.23 have "-1.0"; fmt, with
/// which Envoy prints it, leaves ".0" away since its version 8.
std::string_view minus_one(const Proxy& proxy) {
  constexpr int first_with_new_fmt = 23;
  return proxy.profile().minor < first_with_new_fmt ? "-1.0" : "-1";
}

std::string address_of(const Endpoint& endpoint) {
  return fmt::format("{}:{}", vpc::to_string(endpoint.address), endpoint.port);
}

std::string health_flags(const Host& host) {
  std::string flags;
  if (host.fails_health_check) flags += "/failed_active_hc";
  if (host.is_ejected) flags += "/failed_outlier_check";
  if (!host.is_listed) flags += "/pending_dynamic_removal";
  return flags.empty() ? "healthy" : flags;
}

void add_host(std::string& out, const std::string& cluster, const Host& host,
              std::string_view success_rate) {
  const std::string address = address_of(host.endpoint);
  const auto add = [&](std::string_view what, const auto& value) {
    out += fmt::format("{}::{}::{}::{}\n", cluster, address, what, value);
  };
  add("cx_active", host.stats.cx_active);
  add("cx_connect_fail", host.stats.cx_connect_fail);
  add("cx_total", host.stats.cx_total);
  add("rq_active", host.requests_active);
  add("rq_error", host.stats.rq_error);
  add("rq_success", host.stats.rq_success);
  add("rq_timeout", host.stats.rq_timeout);
  add("rq_total", host.stats.rq_total);
  add("hostname", "");
  add("health_flags", health_flags(host));
  add("weight", 1);
  add("region", "");
  add("zone", "");
  add("sub_zone", "");
  add("canary", "false");
  add("priority", 0);
  add("success_rate", success_rate);
  add("local_origin_success_rate", success_rate);
}

void add_outlier_facts(std::string& out, const std::string& cluster) {
  for (const char* what :
       {"success_rate_average", "success_rate_ejection_threshold",
        "local_origin_success_rate_average", "local_origin_success_rate_ejection_threshold"}) {
    out += fmt::format("{}::outlier::{}::-1\n", cluster, what);
  }
}

Json thresholds_json(const Thresholds& limits, bool is_high) {
  Json json = Json::object();
  if (is_high) json["priority"] = "HIGH";
  json["max_connections"] = limits.connections;
  json["max_pending_requests"] = limits.pending_requests;
  json["max_requests"] = limits.requests;
  json["max_retries"] = limits.retries;
  return json;
}

/// A SimpleMetric: numbers of 64 bits are strings, what is 0 or a default is left out.
Json metric_json(std::string_view name, std::uint64_t value, bool is_gauge) {
  Json json = Json::object();
  if (is_gauge) json["type"] = "GAUGE";
  if (value != 0) json["value"] = std::to_string(value);
  json["name"] = name;
  return json;
}

Json host_json(const Host& host) {
  Json json;
  json["address"]["socket_address"] = {{"address", vpc::to_string(host.endpoint.address)},
                                       {"port_value", host.endpoint.port}};
  json["stats"] = {metric_json("cx_connect_fail", host.stats.cx_connect_fail, false),
                   metric_json("cx_total", host.stats.cx_total, false),
                   metric_json("rq_error", host.stats.rq_error, false),
                   metric_json("rq_success", host.stats.rq_success, false),
                   metric_json("rq_timeout", host.stats.rq_timeout, false),
                   metric_json("rq_total", host.stats.rq_total, false),
                   metric_json("cx_active", host.stats.cx_active, true),
                   metric_json("rq_active", host.requests_active, true)};
  Json health = {{"eds_health_status", "HEALTHY"}};
  if (host.fails_health_check) health["failed_active_health_check"] = true;
  if (host.is_ejected) health["failed_outlier_check"] = true;
  if (!host.is_listed) health["pending_dynamic_removal"] = true;
  json["health_status"] = std::move(health);
  json["weight"] = 1;
  json["locality"] = Json::object();
  return json;
}

/// Calls `visit` with each cluster that the last configuration has.
template <typename Visit>
void for_each_cluster(const Proxy& proxy, const Visit& visit) {
  for (ClusterIndex i = 0; i < proxy.clusters().size(); ++i) {
    if (!proxy.clusters().at(i).is_removed) visit(proxy.clusters().at(i));
  }
}

}  // namespace

std::string clusters_text(const Proxy& proxy) {
  std::string out;
  for_each_cluster(proxy, [&](const ClusterAtWork& cluster) {
    const std::string& name = cluster.settings.name;
    constexpr int first_with_observability_name = 16;
    if (proxy.profile().minor >= first_with_observability_name) {
      out += fmt::format("{}::observability_name::{}\n", name, name);
    }
    if (cluster.outlier_detector != nullptr) add_outlier_facts(out, name);
    add_thresholds(out, name, "default", default_thresholds(cluster.settings));
    add_thresholds(out, name, "high", {});
    out += fmt::format("{}::added_via_api::true\n", name);
    for (const HostIndex host : cluster.hosts.members()) {
      add_host(out, name, cluster.hosts.at(host), minus_one(proxy));
    }
  });
  return out;
}

std::string clusters_json(const Proxy& proxy) {
  Json statuses = Json::array();
  for_each_cluster(proxy, [&](const ClusterAtWork& cluster) {
    Json status = {{"name", cluster.settings.name}, {"added_via_api", true}};
    Json hosts = Json::array();
    for (const HostIndex host : cluster.hosts.members()) {
      hosts.push_back(host_json(cluster.hosts.at(host)));
    }
    if (!hosts.empty()) status["host_statuses"] = std::move(hosts);
    status["circuit_breakers"]["thresholds"] = {
        thresholds_json(default_thresholds(cluster.settings), false), thresholds_json({}, true)};
    status["observability_name"] = cluster.settings.name;
    statuses.push_back(std::move(status));
  });
  return Json{{"cluster_statuses", std::move(statuses)}}.dump(1) + "\n";
}

std::string listener_name(std::string_view direction, unsigned port) {
  return fmt::format("lds_{}_0.0.0.0_{}", direction, port);
}

std::string listeners_text(const Proxy& proxy) {
  std::string out;
  for (const Direction direction : directions) {
    const auto port = proxy.listener_port(direction);
    if (!port) continue;
    out += fmt::format("{}::0.0.0.0:{}\n", listener_name(word_of(direction), *port), *port);
  }
  return out;
}

std::string listeners_json(const Proxy& proxy) {
  Json statuses = Json::array();
  for (const Direction direction : directions) {
    const auto port = proxy.listener_port(direction);
    if (!port) continue;
    Json status = {{"name", listener_name(word_of(direction), *port)}};
    status["local_address"]["socket_address"] = {{"address", "0.0.0.0"}, {"port_value", *port}};
    statuses.push_back(std::move(status));
  }
  return Json{{"listener_statuses", std::move(statuses)}}.dump(1) + "\n";
}

std::string_view server_state(const Proxy& proxy) {
  if (proxy.state() == Proxy::State::initialising) return "PRE_INITIALIZING";
  return proxy.state() == Proxy::State::draining ? "DRAINING" : "LIVE";
}

std::string server_info(const Proxy& proxy, const NodeFacts& facts) {
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(facts.now - proxy.started());
  const std::string uptime_text = fmt::format("{}s", uptime.count());
  const std::string version =
      fmt::format("hoplab/1.{}.0/Clean/RELEASE/BoringSSL", proxy.profile().minor);
  Json json = {{"version", version},
               {"state", server_state(proxy)},
               {"hot_restart_version", "disabled"},
               {"command_line_options",
                {{"base_id", "0"},
                 {"concurrency", proxy.workers()},
                 {"config_path", "/tmp/envoy.yaml"},
                 {"log_level", "info"},
                 {"drain_strategy", "Gradual"},
                 {"mode", "Serve"}}},
               {"node", Json::parse(node_json(proxy, facts))},
               {"uptime_current_epoch", uptime_text},
               {"uptime_all_epochs", uptime_text}};
  return json.dump(1) + "\n";
}

}  // namespace hoplab::models::envoy
