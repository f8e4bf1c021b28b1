// `telemetry.envoy` and `telemetry.cloudwatch.agent`: what becomes of the Envoys' statistics.
#include <algorithm>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {

void read_envoy_stats(const Node& node, Draft& draft) {
  const Section section(node, "'envoy'", {"snapshotStats", "metricsExtension", "timings"},
                        draft.diagnostics);
  EnvoyStats& stats = draft.scenario.envoy_stats;
  section.take("metricsExtension", read_boolean, stats.metrics_extension);
  section.take("timings", read_boolean, stats.timings);
  section.each("snapshotStats", [&](const Node& item) {
    if (const auto instant = read_duration(item, draft.diagnostics)) {
      stats.snapshots.push_back(*instant);
    }
  });
  std::ranges::sort(stats.snapshots);
  stats.snapshots.erase(std::unique(stats.snapshots.begin(), stats.snapshots.end()),
                        stats.snapshots.end());
}

void read_statsd_agents(const Node& node, Draft& draft) {
  const Section section(node, "'agent'", {"statsd", "namespace"}, draft.diagnostics);
  section.take("statsd", read_boolean, draft.scenario.agent.is_on);
  section.take("namespace", read_text, draft.scenario.agent.name_space);
}

}  // namespace hoplab::scenarios
