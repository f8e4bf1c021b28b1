#include "scenarios/schema/mesh_words.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;

Json milliseconds(Duration duration) {
  return {{"unit", "ms"},
          {"value", std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()}};
}

Json timeouts(const std::optional<Duration>& request, const std::optional<Duration>& idle) {
  Json json = Json::object();
  if (idle) json["idle"] = milliseconds(*idle);
  if (request) json["perRequest"] = milliseconds(*request);
  return json;
}

Json health_check_of(const ActiveHealthCheck& check) {
  Json json{{"healthyThreshold", check.healthy_threshold},
            {"intervalMillis", milliseconds(check.interval)["value"]},
            {"path", check.path}};
  if (check.port) json["port"] = *check.port;
  json["protocol"] = "http";
  json["timeoutMillis"] = milliseconds(check.timeout)["value"];
  json["unhealthyThreshold"] = check.unhealthy_threshold;
  return json;
}

Json header_of(const HeaderMatch& header) {
  using Kind = HeaderMatch::Kind;
  Json json{{"name", header.name}};
  if (header.is_inverted) json["invert"] = true;
  if (header.kind == Kind::present) return json;
  if (header.kind == Kind::range) {
    json["match"]["range"] = {{"start", header.range_start}, {"end", header.range_end}};
    return json;
  }
  const char* key = header.kind == Kind::exact    ? "exact"
                    : header.kind == Kind::prefix ? "prefix"
                    : header.kind == Kind::suffix ? "suffix"
                                                  : "regex";
  json["match"][key] = header.value;
  return json;
}

}  // namespace

std::string discovery_words(const Service& service) {
  const auto dot = service.hostname.find('.');
  if (service.node.discovery == VirtualNodeSettings::Discovery::cloud_map &&
      dot != std::string::npos) {
    return Json{{"awsCloudMap",
                 {{"namespaceName", service.hostname.substr(dot + 1)},
                  {"serviceName", service.hostname.substr(0, dot)}}}}
        .dump();
  }
  Json dns{{"hostname", service.hostname}};
  if (service.node.discovery == VirtualNodeSettings::Discovery::dns_endpoints) {
    dns["responseType"] = "ENDPOINTS";
  }
  return Json{{"dns", std::move(dns)}}.dump();
}

std::string match_words(const Route& route) {
  Json match;
  if (!route.path_exact.empty()) {
    match["path"] = {{"exact", route.path_exact}};
  } else if (!route.path_regex.empty()) {
    match["path"] = {{"regex", route.path_regex}};
  } else {
    match["prefix"] = route.prefix;
  }
  if (!route.method.empty()) match["method"] = route.method;
  for (const HeaderMatch& header : route.headers) match["headers"].push_back(header_of(header));
  for (const HeaderMatch& parameter : route.query_parameters) {
    match["queryParameters"].push_back(header_of(parameter));
  }
  return match.dump();
}

std::string listener_words(const VirtualNodeSettings& node) {
  Json listener = Json::object();
  if (const auto& pool = node.connection_pool) {
    Json http{{"maxConnections", pool->max_connections}};
    if (pool->max_pending_requests) http["maxPendingRequests"] = *pool->max_pending_requests;
    listener["connectionPool"] = {{"http", std::move(http)}};
  }
  if (node.health_check) listener["healthCheck"] = health_check_of(*node.health_check);
  if (const auto& detection = node.outlier_detection) {
    listener["outlierDetection"] = {
        {"baseEjectionDuration", milliseconds(detection->base_ejection)},
        {"interval", milliseconds(detection->interval)},
        {"maxEjectionPercent", detection->max_ejection_percent},
        {"maxServerErrors", detection->max_server_errors}};
  }
  const Json http = timeouts(node.request_timeout, node.idle_timeout);
  if (!http.empty()) listener["timeout"] = {{"http", http}};
  return listener.dump();
}

std::string logging_words(const AccessLogFile& access_log) {
  Json file;
  if (access_log.text) file["format"]["text"] = access_log.text->text;
  for (const auto& [key, value] : access_log.json) {
    file["format"]["json"].push_back({{"key", key}, {"value", value.text}});
  }
  file["path"] = access_log.path;
  return Json{{"accessLog", {{"file", std::move(file)}}}}.dump();
}

std::string retry_words(const RetryPolicy& policy) {
  Json json;
  if (!policy.http_events.empty()) json["httpRetryEvents"] = policy.http_events;
  if (!policy.tcp_events.empty()) json["tcpRetryEvents"] = policy.tcp_events;
  json["maxRetries"] = policy.retries_max;
  if (policy.per_retry_timeout) json["perRetryTimeout"] = milliseconds(*policy.per_retry_timeout);
  return json.dump();
}

std::string timeout_words(const std::optional<Duration>& request,
                          const std::optional<Duration>& idle) {
  return timeouts(request, idle).dump();
}

}  // namespace hoplab::scenarios
