// `listener`, `backends` and `accessLog` of a service: its virtual node in the short form.
// `headers` of requests.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

constexpr std::uint32_t count_max = 2'147'483'647;

void read_connection_pool(const Node& node, VirtualNodeSettings& settings,
                          Diagnostics& diagnostics) {
  const Section section(node, "'connectionPool'", {"maxConnections", "maxPendingRequests"},
                        diagnostics);
  ConnectionPool pool;
  section.require("maxConnections", "write {maxConnections: 10}");
  section.take("maxConnections", integer_in<std::uint32_t>(1, count_max), pool.max_connections);
  section.take("maxPendingRequests", integer_in<std::uint32_t>(1, count_max),
               pool.max_pending_requests);
  settings.connection_pool = pool;
}

/// Within what App Mesh takes.
auto duration_between(Duration least, Duration most) {
  return [least, most](const Node& node, Diagnostics& diagnostics) -> std::optional<Duration> {
    const auto value = read_duration(node, diagnostics);
    if (!value || (*value >= least && *value <= most)) return value;
    diagnostics.error(node.mark, "E0212", fmt::format("'{}' is out of range", shown(node.text)),
                      fmt::format("{} to {}", sim::format(least), sim::format(most)));
    return std::nullopt;
  };
}

void read_health_check(const Node& node, VirtualNodeSettings& settings, Diagnostics& diagnostics) {
  using namespace std::chrono_literals;
  const Section section(
      node, "'healthCheck' of a listener",
      {"path", "port", "healthyThreshold", "unhealthyThreshold", "interval", "timeout"},
      diagnostics);
  ActiveHealthCheck check;
  section.take("path", read_path, check.path);
  section.take("port", integer_in<std::uint16_t>(1, 65535), check.port);
  section.take("healthyThreshold", integer_in<std::uint32_t>(2, 10), check.healthy_threshold);
  section.take("unhealthyThreshold", integer_in<std::uint32_t>(2, 10), check.unhealthy_threshold);
  section.take("interval", duration_between(5s, 300s), check.interval);
  section.take("timeout", duration_between(2s, 60s), check.timeout);
  settings.health_check = check;
}

}  // namespace

void read_outlier_detection(const Node& node, OutlierDetection& detection,
                            Diagnostics& diagnostics) {
  const Section section(
      node, "'outlierDetection'",
      {"maxServerErrors", "interval", "baseEjectionDuration", "maxEjectionPercent"}, diagnostics);
  section.take("maxServerErrors", integer_in<std::uint32_t>(1, count_max),
               detection.max_server_errors);
  section.take("interval", read_positive_duration, detection.interval);
  section.take("baseEjectionDuration", read_duration, detection.base_ejection);
  section.take("maxEjectionPercent", integer_in<std::uint32_t>(0, 100),
               detection.max_ejection_percent);
}

void read_listener(const Section& section, Service& service, Draft& draft) {
  Diagnostics& diagnostics = draft.diagnostics;
  for (const char* key : {"listener", "backends", "accessLog"}) {
    if (!section.has(key) || draft.scenario.has_mesh) continue;
    diagnostics.error(section.key_mark(key), "E0218",
                      fmt::format("'{}' does not go with mesh: none", key),
                      "only an Envoy has use for it");
  }
  if (section.has("backends")) {
    service.node.is_given = true;
    service.node.backends.emplace();
    section.each("backends", [&](const Node& item) {
      if (auto name = read_text(item, diagnostics)) {
        service.node.backends->push_back(*std::move(name));
      }
    });
  }
  read_access_log(section, service.node.access_log, draft);
  const Node* node = section.find("listener");
  if (node == nullptr) return;
  const Section listener(*node, "'listener'",
                         {"port", "requestTimeout", "idleTimeout", "outlierDetection",
                          "connectionPool", "healthCheck"},
                         diagnostics);
  VirtualNodeSettings& settings = service.node;
  settings.is_given = true;
  std::optional<std::uint16_t> port;
  listener.take("port", integer_in<std::uint16_t>(1, 65535), port);
  if (port && *port != service.port) settings.listener_port = port;
  listener.take("requestTimeout", read_duration, settings.request_timeout);
  listener.take("idleTimeout", read_duration, settings.idle_timeout);
  if (const Node* it = listener.find("outlierDetection")) {
    read_outlier_detection(*it, settings.outlier_detection.emplace(), diagnostics);
  }
  if (const Node* it = listener.find("connectionPool")) {
    read_connection_pool(*it, settings, diagnostics);
  }
  if (const Node* it = listener.find("healthCheck")) read_health_check(*it, settings, diagnostics);
}

std::optional<std::vector<Header>> read_headers(const Node& node, Diagnostics& diagnostics) {
  if (node.kind != Node::Kind::mapping) {
    diagnostics.error(node.mark, "E0203", "'headers' wants a mapping from names to values",
                      R"(write headers: {x-canary: "yes"})");
    return std::nullopt;
  }
  std::vector<Header> headers;
  for (const auto& [key, value] : node.entries) {
    check_name(key.name, key.mark, "a header", diagnostics);
    const auto text = read_text(value, diagnostics);
    if (!text) continue;
    Header header{key.name, *text};
    std::ranges::transform(header.name, header.name.begin(), [](char letter) {
      return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    headers.push_back(std::move(header));
  }
  return headers;
}

}  // namespace hoplab::scenarios
