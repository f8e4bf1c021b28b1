// What an Envoy's admin interface shows of its statistics: /stats and /stats/prometheus.
#pragma once

#include <cstdint>
#include <string>

#include "models/envoy/stats.hpp"
#include "models/telemetry/log_driver.hpp"

namespace hoplab::models::envoy {

/// Whose statistics they are, as App Mesh's agent writes it into Envoy's bootstrap: tags that every
/// one of them has.
/// Source: App Mesh agent, envoy_bootstrap/bootstrap.go.
struct StatTags {
  std::string mesh;
  std::string virtual_node;
  /// APPMESH_METRIC_EXTENSION_VERSION=1: the tags Mesh and VirtualNode too, and its statistics.
  bool has_extension = false;
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

struct PrometheusOptions {
  bool used_only = false;  ///< ?usedonly: what has never been touched is left out.
};

/// GET /stats/prometheus: counters, gauges, histograms; each sorted by name without tags.
/// Source: Envoy, source/server/admin/prometheus_stats.cc, well_known_names.cc.
[[nodiscard]] std::string stats_prometheus(const Stats& stats, const PageFacts& facts,
                                           PrometheusOptions options = {});

}  // namespace hoplab::models::envoy
