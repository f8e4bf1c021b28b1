#include "scenarios/import/app_mesh_parts.hpp"

#include <utility>

// Source: botocore appmesh 2019-01-25, Listener and what it holds, with the limits it gives.
namespace hoplab::scenarios {
namespace {

constexpr std::int64_t port_max = 65'535;
constexpr std::int64_t count_max = 2'147'483'647;

std::uint32_t count(std::optional<std::int64_t> value, std::uint32_t otherwise) {
  return value ? static_cast<std::uint32_t>(*value) : otherwise;
}

void read_timeouts(AwsReading& reading, AwsObject& listener, VirtualNodeSettings& settings) {
  with_child(reading, listener, "timeout", [&](AwsObject& timeout) {
    timeout.accept({"http2", "grpc", "tcp"});
    with_child(reading, timeout, "http", [&](AwsObject& http) {
      settings.request_timeout = read_span(reading, http, "perRequest");
      settings.idle_timeout = read_span(reading, http, "idle");
    });
  });
}

void read_outlier_detection(AwsReading& reading, AwsObject& listener,
                            VirtualNodeSettings& settings) {
  with_child(reading, listener, "outlierDetection", [&](AwsObject& object) {
    const char* owner = "outlier detection";
    OutlierDetection detection;
    detection.max_server_errors =
        count(object.required_integer("maxServerErrors", owner, 1, count_max), 5);
    detection.max_ejection_percent =
        count(object.required_integer("maxEjectionPercent", owner, 0, 100), 10);
    for (const char* key : {"interval", "baseEjectionDuration"}) {
      if (object.child(key) == nullptr) object.complain_of_absence(key, owner);
    }
    if (const auto span = read_span(reading, object, "interval")) detection.interval = *span;
    if (const auto span = read_span(reading, object, "baseEjectionDuration")) {
      detection.base_ejection = *span;
    }
    if (detection.interval > Duration::zero()) settings.outlier_detection = detection;
  });
}

void read_connection_pool(AwsReading& reading, AwsObject& listener, VirtualNodeSettings& settings) {
  with_child(reading, listener, "connectionPool", [&](AwsObject& object) {
    object.accept({"http2", "grpc", "tcp"});
    with_child(reading, object, "http", [&](AwsObject& http) {
      ConnectionPool pool;
      pool.max_connections =
          count(http.required_integer("maxConnections", "a connection pool", 1, count_max), 1);
      if (const auto pending = http.integer("maxPendingRequests", 1, count_max)) {
        pool.max_pending_requests = static_cast<std::uint32_t>(*pending);
      }
      settings.connection_pool = pool;
    });
  });
}

void read_health_check(AwsReading& reading, AwsObject& listener, VirtualNodeSettings& settings) {
  with_child(reading, listener, "healthCheck", [&](AwsObject& object) {
    const char* owner = "a health check";
    ActiveHealthCheck check;
    check.path = object.text("path").value_or("/");
    if (const auto port = object.integer("port", 1, port_max)) {
      check.port = static_cast<std::uint16_t>(*port);
    }
    const auto protocol = object.word("protocol", {"http", "http2", "grpc", "tcp"});
    if (protocol && *protocol != "http") {
      reading.note_not_simulated(object.path_of("protocol") + " " + *protocol);
    }
    check.healthy_threshold = count(object.required_integer("healthyThreshold", owner, 2, 10), 2);
    check.unhealthy_threshold =
        count(object.required_integer("unhealthyThreshold", owner, 2, 10), 2);
    const auto interval = object.required_integer("intervalMillis", owner, 5'000, 300'000);
    const auto timeout = object.required_integer("timeoutMillis", owner, 2'000, 60'000);
    if (interval) check.interval = std::chrono::milliseconds(*interval);
    if (timeout) check.timeout = std::chrono::milliseconds(*timeout);
    settings.health_check = check;
  });
}

}  // namespace

std::optional<Duration> read_span(AwsReading& reading, AwsObject& object, const char* key) {
  std::optional<Duration> span;
  with_child(reading, object, key, [&](AwsObject& child) {
    const auto unit = child.word("unit", {"ms", "s"});
    const auto value = child.integer("value", 0, 86'400'000);
    if (!unit || !value) return;
    span = *unit == "s" ? Duration(std::chrono::seconds(*value))
                        : Duration(std::chrono::milliseconds(*value));
  });
  return span;
}

ListenerObject read_listener(AwsReading& reading, const Node& node, std::string path) {
  ListenerObject result;
  AwsObject listener(reading, node, std::move(path));
  listener.accept({"tls"});
  with_child(reading, listener, "portMapping", [&](AwsObject& mapping) {
    const auto number = mapping.required_integer("port", "a listener", 1, port_max);
    const auto protocol = mapping.word("protocol", {"http", "http2", "grpc", "tcp"});
    if (protocol && *protocol != "http") {
      reading.note_not_simulated(mapping.path_of("protocol") + " " + *protocol);
    }
    if (!number) return;
    result.port = static_cast<std::uint16_t>(*number);
    result.port_mark = mapping.child("port")->mark;
  });
  read_timeouts(reading, listener, result.settings);
  read_outlier_detection(reading, listener, result.settings);
  read_connection_pool(reading, listener, result.settings);
  read_health_check(reading, listener, result.settings);
  listener.finish();
  return result;
}

}  // namespace hoplab::scenarios
