// What CloudWatch gets of Service Connect's proxies each minute.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/ecs/metric_data.hpp"
#include "models/envoy/stats.hpp"
#include "models/telemetry/sink.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::serviceconnect {

/// The ECS agent's part: it reads every proxy's statistics of the metrics extension once a minute;
/// what a counter has grown by, or what a gauge is, makes one sample of a metric of AWS/ECS, in
/// each of its two sets of dimensions. What comes in is told by the callee's proxies under
/// DiscoveryName, what goes out by the callers' under TargetDiscoveryName. A response time is the
/// upper bound of its bucket in Envoy's Prometheus page; what lies beyond the last bound is left
/// out.
///
/// Source: ECS Developer Guide, "CloudWatch metrics" (names, units, dimensions); ECS agent,
///         agent/stats/service_connect_linux.go (values of histograms), its 60 s.
///         Assumed: ServiceName beside TargetDiscoveryName is the caller's.
/// Limits: counters that were never used are left out, so GrpcRequestCount and the two counts of
///         TLS negotiation errors never come; what a proxy counts after the last look at it is
///         lost with it.
class Metrics {
 public:
  Metrics(telemetry::Sink& sink, std::string cluster);

  /// One look at a proxy of a service. `process` names this life of it.
  void read(const std::string& process, const scenarios::Service& service,
            const envoy::Stats& stats);
  /// All that has been read since, as metrics of the minute that began then.
  void publish(sim::WallTime minute);

 private:
  enum Metric : std::uint8_t {
    active_connections,
    new_connections,
    processed_bytes,
    requests,
    class_2xx,
    class_3xx,
    class_4xx,
    class_5xx,
    requests_per_target,
    target_bytes,
    metric_count
  };
  static constexpr std::array<ecs::MetricName, metric_count> names = {{
      {"AWS/ECS", "ActiveConnectionCount", "Count"},
      {"AWS/ECS", "NewConnectionCount", "Count"},
      {"AWS/ECS", "ProcessedBytes", "Bytes"},
      {"AWS/ECS", "RequestCount", "Count"},
      {"AWS/ECS", "HTTPCode_Target_2XX_Count", "Count"},
      {"AWS/ECS", "HTTPCode_Target_3XX_Count", "Count"},
      {"AWS/ECS", "HTTPCode_Target_4XX_Count", "Count"},
      {"AWS/ECS", "HTTPCode_Target_5XX_Count", "Count"},
      {"AWS/ECS", "RequestCountPerTarget", "Count"},
      {"AWS/ECS", "TargetProcessedBytes", "Bytes"},
  }};
  /// Of one set of dimensions.
  struct Minute {
    std::array<ecs::Statistic, metric_count> metrics;
    std::map<double, std::uint64_t> response_times;  ///< By upper bound, in milliseconds.
  };
  /// The two sets of one name.
  struct Sets {
    Minute* of_name;
    Minute* of_service;
    void add(Metric metric, std::uint64_t value) const;
  };
  struct Target {
    envoy::TargetStats counts;
    std::vector<std::uint64_t> below;  ///< Response times, by bound.
  };
  /// As a process was when it was looked at last.
  struct Told {
    std::uint64_t connections = 0;
    std::uint64_t bytes = 0;
    std::uint64_t requests = 0;
    std::vector<Target> targets;
  };

  [[nodiscard]] Sets sets_of(const char* kind, const std::string& name, const std::string& service);
  void read_inbound(Told& told, const scenarios::Service& service, const envoy::HttpStats& stats);
  void read_target(Target& told, const Sets& sets, const envoy::TargetStats& now,
                   const envoy::LogLinearBins& times);
  void write_response_times(const std::string& dimensions, const Minute& minute,
                            sim::WallTime start);

  telemetry::Sink& sink_;
  std::string cluster_;
  std::map<std::string, Told> told_;       ///< By process.
  std::map<std::string, Minute> minutes_;  ///< By dimensions.
};

}  // namespace hoplab::models::serviceconnect
