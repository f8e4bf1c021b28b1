// What an Envoy's admin interface shows of its statistics: /stats and /stats/prometheus.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/envoy/stats.hpp"
#include "models/telemetry/log_driver.hpp"

namespace hoplab::models::envoy {

struct StatTag {
  std::string name;
  std::string value;
};

/// How the agent's metrics extension names what it counts: `appmesh.<tag>.<value>....<metric>`.
struct MetricsExtension {
  std::vector<StatTag> inbound;   ///< Of what comes in.
  std::vector<StatTag> outbound;  ///< Of each target.
  std::string service_tag;        ///< Whose value is the target's service.
  std::string node_tag;           ///< Whose value is the target's node; empty: none.
};

/// Whose statistics they are, as the mesh's agent writes it into Envoy's bootstrap.
/// Source: App Mesh agent (that of Service Connect, too), envoy_bootstrap/bootstrap.go.
struct StatTags {
  std::vector<StatTag> fixed;  ///< Of every one of them, first in each line.
  std::optional<MetricsExtension> extension = std::nullopt;
};

/// What a page tells besides what is counted.
struct PageFacts {
  StatTags tags;
  telemetry::HostClock clock;  ///< Of its host.
  sim::SimTime now{};
  bool is_draining = false;
  sim::Bytes memory{0};  ///< That its process holds.
};

/// GET /stats: text readouts, counters and gauges, then histograms, each of the three by name. Of
/// histograms the quantiles of the last flush interval and of all time.
/// Source: Envoy, source/server/admin/stats_handler.cc, histogram_impl.cc (quantileSummary).
[[nodiscard]] std::string stats_text(const Stats& stats, const PageFacts& facts);

/// Upper bounds of a histogram's buckets there.
/// Source: Envoy, histogram_impl.cc (defaultBuckets).
inline constexpr std::array prometheus_bounds = {
    0.5,   1.0,    5.0,    10.0,    25.0,    50.0,    100.0,    250.0,     500.0,    1000.0,
    2500., 5000.0, 10000., 30000.0, 60000.0, 300000., 600000.0, 1800000.0, 3600000.0};

struct PrometheusOptions {
  bool used_only = false;  ///< ?usedonly: what has never been touched is left out.
  /// ?filter: by the whole name, tags and all ("cluster.b.upstream_rq_200"); empty: shows all.
  std::function<bool(std::string_view)> shows{};
};

/// GET /stats/prometheus: counters, gauges, histograms; each sorted by name without tags.
/// Source: Envoy, source/server/admin/prometheus_stats.cc, well_known_names.cc.
[[nodiscard]] std::string stats_prometheus(const Stats& stats, const PageFacts& facts,
                                           PrometheusOptions options = {});

}  // namespace hoplab::models::envoy
