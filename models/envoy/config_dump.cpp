#include "models/envoy/config_dump.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/envoy/proxy.hpp"

namespace hoplab::models::envoy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view types = "type.googleapis.com/envoy.";

std::string type_of(std::string_view name) { return fmt::format("{}{}", types, name); }

/// A protobuf Duration as JSON has it: "1s", "0.250s".
std::string duration_text(Duration span) {
  const std::int64_t ns = span.count();
  constexpr std::int64_t per_second = 1'000'000'000;
  const std::int64_t fraction = ns % per_second;
  if (fraction == 0) return fmt::format("{}s", ns / per_second);
  if (fraction % 1'000'000 == 0) {
    return fmt::format("{}.{:03}s", ns / per_second, fraction / 1'000'000);
  }
  return fmt::format("{}.{:09}s", ns / per_second, fraction);
}

/// A protobuf Timestamp, by the host's clock.
std::string instant_text(const NodeFacts& facts, SimTime instant) {
  return sim::format_iso8601(facts.clock.at(instant));
}

Json socket_address(std::string_view address, unsigned port) {
  return {{"socket_address", {{"address", address}, {"port_value", port}}}};
}

const Json& ads() {
  static const Json source = {{"ads", Json::object()}, {"resource_api_version", "V3"}};
  return source;
}

// --- Clusters ---------------------------------------------------------------------------------

Json health_check_json(const HealthCheck& check, const http::Names& names) {
  Json json = {{"timeout", duration_text(check.timeout)},
               {"interval", duration_text(check.interval)},
               {"unhealthy_threshold", check.unhealthy_threshold},
               {"healthy_threshold", check.healthy_threshold}};
  if (check.port) json["alt_port"] = *check.port;
  json["http_health_check"] = {{"path", names.text(check.path)}};
  json["no_traffic_interval"] = duration_text(check.no_traffic_interval);
  return json;
}

Json outlier_json(const OutlierDetection& outlier) {
  return {{"consecutive_5xx", outlier.consecutive_5xx},
          {"interval", duration_text(outlier.interval)},
          {"base_ejection_time", duration_text(outlier.base_ejection)},
          {"max_ejection_percent", outlier.max_ejection_percent}};
}

Json load_assignment(const std::string& cluster, std::string_view address, unsigned port) {
  Json endpoint = {{"endpoint", {{"address", socket_address(address, port)}}}};
  Json endpoints = {{"lb_endpoints", Json::array({std::move(endpoint)})}};
  return {{"cluster_name", cluster}, {"endpoints", Json::array({std::move(endpoints)})}};
}

void add_discovery(Json& json, const ClusterAtWork& cluster) {
  const Cluster& settings = cluster.settings;
  if (settings.is_original_destination) {
    json["type"] = "ORIGINAL_DST";
    json["lb_policy"] = "CLUSTER_PROVIDED";
  } else if (settings.is_local) {
    json["type"] = "STATIC";
    const unsigned port =
        cluster.hosts.members().empty()
            ? 0U
            : unsigned{cluster.hosts.at(cluster.hosts.members().front()).endpoint.port};
    json["load_assignment"] = load_assignment(settings.name, "127.0.0.1", port);
  } else if (settings.discovery == Discovery::listed) {
    json["type"] = "EDS";
    json["eds_cluster_config"] = {{"eds_config", ads()}};
  } else {
    json["type"] = settings.discovery == Discovery::logical_dns ? "LOGICAL_DNS" : "STRICT_DNS";
    json["dns_refresh_rate"] = duration_text(settings.dns_refresh);
    json["load_assignment"] = load_assignment(settings.name, settings.host_name, settings.port);
  }
}

Json cluster_json(const ClusterAtWork& cluster, const http::Names& names) {
  const Cluster& settings = cluster.settings;
  Json json = {{"@type", type_of("config.cluster.v3.Cluster")}, {"name", settings.name}};
  add_discovery(json, cluster);
  json["connect_timeout"] = duration_text(settings.connect_timeout);
  if (settings.load_balancing == LoadBalancing::least_request) json["lb_policy"] = "LEAST_REQUEST";
  if (settings.health_check) {
    json["health_checks"] = Json::array({health_check_json(*settings.health_check, names)});
  }
  if (settings.max_requests_per_connection != 0) {
    json["max_requests_per_connection"] = settings.max_requests_per_connection;
  }
  json["circuit_breakers"]["thresholds"] =
      Json::array({{{"max_connections", settings.circuit_breakers.connections_max},
                    {"max_pending_requests", settings.circuit_breakers.pending_requests_max},
                    {"max_requests", CircuitBreakers::unlimited},
                    {"max_retries", CircuitBreakers::unlimited}}});
  if (settings.outlier_detection)
    json["outlier_detection"] = outlier_json(*settings.outlier_detection);
  return json;
}

// --- Routes -----------------------------------------------------------------------------------

Json value_match_json(const ValueMatch& match) {
  Json json = {{"name", match.name}};
  const auto string_match = [&](const char* kind) { json["string_match"] = {{kind, match.value}}; };
  using Kind = ValueMatch::Kind;
  if (match.kind == Kind::present) json["present_match"] = true;
  if (match.kind == Kind::exact) string_match("exact");
  if (match.kind == Kind::prefix) string_match("prefix");
  if (match.kind == Kind::suffix) string_match("suffix");
  if (match.kind == Kind::regex) {
    json["string_match"] = {
        {"safe_regex", {{"google_re2", Json::object()}, {"regex", match.value}}}};
  }
  if (match.kind == Kind::range) {
    json["range_match"] = {{"start", std::to_string(match.range_start)},
                           {"end", std::to_string(match.range_end)}};
  }
  if (match.is_inverted) json["invert_match"] = true;
  return json;
}

Json match_json(const Route& route, const http::Names& names) {
  const RouteMatch& match = route.match;
  Json json = Json::object();
  if (match.kind == RouteMatch::Path::prefix) json["prefix"] = match.path;
  if (match.kind == RouteMatch::Path::exact) json["path"] = match.path;
  if (match.kind == RouteMatch::Path::regex) {
    json["safe_regex"] = {{"google_re2", Json::object()}, {"regex", match.path}};
  }
  Json headers = Json::array();
  if (const std::string& method = names.text(match.method); !method.empty()) {
    headers.push_back({{"name", ":method"}, {"string_match", {{"exact", method}}}});
  }
  for (const ValueMatch& header : match.headers) headers.push_back(value_match_json(header));
  if (!headers.empty()) json["headers"] = std::move(headers);
  Json parameters = Json::array();
  for (const ValueMatch& value : match.query_parameters) {
    parameters.push_back(value_match_json(value));
  }
  if (!parameters.empty()) json["query_parameters"] = std::move(parameters);
  return json;
}

Json retry_json(const RetryPolicy& policy) {
  std::string retry_on;
  const auto add = [&retry_on](std::string_view word) {
    retry_on += retry_on.empty() ? "" : ",";
    retry_on += word;
  };
  if (policy.on_connect_failure) add("connect-failure");
  if (policy.on_reset) add("reset");
  if (!policy.status_codes.empty()) add("retriable-status-codes");
  Json json = {{"retry_on", retry_on}, {"num_retries", policy.retries_max}};
  if (policy.per_try_timeout > Duration::zero()) {
    json["per_try_timeout"] = duration_text(policy.per_try_timeout);
  }
  json["retry_host_predicate"] =
      Json::array({{{"name", "envoy.retry_host_predicates.previous_hosts"}}});
  json["host_selection_retry_max_attempts"] = "5";
  if (!policy.status_codes.empty()) json["retriable_status_codes"] = policy.status_codes;
  return json;
}

std::string cluster_name(const Proxy& proxy, const WeightedCluster& choice) {
  // Envoy takes a route whose cluster nobody has sent; what it was called is not known here.
  if (choice.cluster == WeightedCluster::missing) return "";
  return proxy.clusters().at(choice.cluster).settings.name;
}

Json route_json(const Proxy& proxy, const Route& route) {
  Json action = Json::object();
  if (route.clusters.size() == 1) {
    action["cluster"] = cluster_name(proxy, route.clusters.front());
  } else {
    Json clusters = Json::array();
    std::uint64_t total = 0;
    for (const WeightedCluster& choice : route.clusters) {
      total += choice.weight;
      clusters.push_back({{"name", cluster_name(proxy, choice)}, {"weight", choice.weight}});
    }
    action["weighted_clusters"] = {{"clusters", std::move(clusters)}, {"total_weight", total}};
  }
  action["timeout"] = duration_text(route.timeout);
  if (route.idle_timeout > Duration::zero()) {
    action["idle_timeout"] = duration_text(route.idle_timeout);
  }
  if (route.has_retry_policy) action["retry_policy"] = retry_json(route.retry);
  return {{"match", match_json(route, proxy.names())}, {"route", std::move(action)}};
}

/// Routes of one authority stand together, as a control plane sends them: a virtual host each.
Json virtual_hosts_json(const Proxy& proxy, const RouteTable& table) {
  Json hosts = Json::array();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Route& route = table.at(i);
    const std::string authority = route.matches_any ? "*" : proxy.names().text(route.authority);
    const std::string name = authority.substr(0, authority.find(':'));
    const auto known = std::ranges::find_if(
        hosts, [&](const Json& host) { return host.at("domains").back() == authority; });
    Json* host = known == hosts.end() ? nullptr : &*known;
    if (host == nullptr) {
      Json domains = Json::array({name});
      if (name != authority) domains.push_back(authority);
      hosts.push_back({{"name", route.matches_any ? "default" : name},
                       {"domains", std::move(domains)},
                       {"routes", Json::array()}});
      host = &hosts.back();
    }
    (*host)["routes"].push_back(route_json(proxy, route));
  }
  return hosts;
}

// --- The four parts ---------------------------------------------------------------------------

struct Side {
  Direction direction;
  std::string_view word;
  std::string_view traffic;
};
constexpr Side sides[] = {{Direction::ingress, "ingress", "INBOUND"},
                          {Direction::egress, "egress", "OUTBOUND"}};

std::string version_of(const Proxy& proxy) {
  return std::to_string(proxy.stats().control_plane.update_success);
}

std::string route_config_name(const Proxy& proxy, const Side& side) {
  return fmt::format("rds_{}_http_{}", side.word, proxy.listener_port(side.direction).value_or(0));
}

Json bootstrap_dump(const Proxy& proxy, const NodeFacts& facts) {
  Json bootstrap = {{"node", Json::parse(node_json(proxy, facts))},
                    {"dynamic_resources",
                     {{"lds_config", ads()},
                      {"cds_config", ads()},
                      {"ads_config", {{"api_type", "GRPC"}, {"transport_api_version", "V3"}}}}},
                    {"admin", {{"address", socket_address("0.0.0.0", 9901)}}}};
  return {{"@type", type_of("admin.v3.BootstrapConfigDump")},
          {"bootstrap", std::move(bootstrap)},
          {"last_updated", instant_text(facts, proxy.started())}};
}

Json clusters_dump(const Proxy& proxy, const NodeFacts& facts) {
  Json clusters = Json::array();
  for (ClusterIndex i = 0; i < proxy.clusters().size(); ++i) {
    const ClusterAtWork& cluster = proxy.clusters().at(i);
    if (cluster.is_removed) continue;
    clusters.push_back({{"version_info", version_of(proxy)},
                        {"cluster", cluster_json(cluster, proxy.names())},
                        {"last_updated", instant_text(facts, proxy.configured())}});
  }
  return {{"@type", type_of("admin.v3.ClustersConfigDump")},
          {"version_info", version_of(proxy)},
          {"dynamic_active_clusters", std::move(clusters)}};
}

Json connection_manager_json(const Proxy& proxy, const Side& side) {
  return {
      {"name", "envoy.filters.network.http_connection_manager"},
      {"typed_config",
       {{"@type", type_of("extensions.filters.network.http_connection_manager.v3."
                          "HttpConnectionManager")},
        {"stat_prefix", side.word},
        {"rds", {{"config_source", ads()}, {"route_config_name", route_config_name(proxy, side)}}},
        {"http_filters", Json::array({{{"name", "envoy.filters.http.router"}}})}}}};
}

Json listeners_dump(const Proxy& proxy, const NodeFacts& facts) {
  Json listeners = Json::array();
  for (const Side& side : sides) {
    const auto port = proxy.listener_port(side.direction);
    if (!port) continue;
    const std::string name = listener_name(side.word, *port);
    Json chain = {{"filters", Json::array({connection_manager_json(proxy, side)})}};
    Json listener = {{"@type", type_of("config.listener.v3.Listener")},
                     {"name", name},
                     {"address", socket_address("0.0.0.0", *port)},
                     {"filter_chains", Json::array({std::move(chain)})},
                     {"traffic_direction", side.traffic}};
    listeners.push_back({{"name", name},
                         {"active_state",
                          {{"version_info", version_of(proxy)},
                           {"listener", std::move(listener)},
                           {"last_updated", instant_text(facts, proxy.configured())}}}});
  }
  return {{"@type", type_of("admin.v3.ListenersConfigDump")},
          {"version_info", version_of(proxy)},
          {"dynamic_listeners", std::move(listeners)}};
}

Json routes_dump(const Proxy& proxy, const NodeFacts& facts) {
  Json configs = Json::array();
  for (const Side& side : sides) {
    const RouteTable* const table = proxy.routes(side.direction);
    if (table == nullptr) continue;
    Json config = {{"@type", type_of("config.route.v3.RouteConfiguration")},
                   {"name", route_config_name(proxy, side)},
                   {"virtual_hosts", virtual_hosts_json(proxy, *table)}};
    configs.push_back({{"version_info", version_of(proxy)},
                       {"route_config", std::move(config)},
                       {"last_updated", instant_text(facts, proxy.configured())}});
  }
  return {{"@type", type_of("admin.v3.RoutesConfigDump")},
          {"dynamic_route_configs", std::move(configs)}};
}

}  // namespace

std::string node_json(const Proxy& proxy, const NodeFacts& facts) {
  const Json json = {
      {"id", facts.node_id},
      {"cluster", facts.node_id},
      {"user_agent_name", "envoy"},
      {"user_agent_build_version",
       {{"version", {{"major_number", 1}, {"minor_number", proxy.profile().minor}}}}}};
  return json.dump();
}

std::string config_dump(const Proxy& proxy, const NodeFacts& facts) {
  const Json json = {
      {"configs", Json::array({bootstrap_dump(proxy, facts), clusters_dump(proxy, facts),
                               listeners_dump(proxy, facts), routes_dump(proxy, facts)})}};
  return json.dump(1) + "\n";
}

}  // namespace hoplab::models::envoy
