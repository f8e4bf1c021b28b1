// `telemetry.envoy` and `telemetry.cloudwatch.agent`: what becomes of the Envoys' statistics.
#include <algorithm>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

/// One that is never taken would not be missed before somebody looks for its file.
void check_snapshot(const Node& item, sim::Duration instant, Draft& draft) {
  const Scenario& scenario = draft.scenario;
  if (!scenario.tells(TelemetrySource::envoy_stats)) {
    draft.diagnostics.error(item.mark, "E0417",
                            "no page is kept without 'envoyStats', which is not among the "
                            "telemetry's sources",
                            "add envoyStats to them");
  } else if (scenario.duration > sim::Duration::zero() && instant > scenario.duration) {
    draft.diagnostics.error(item.mark, "E0408",
                            fmt::format("a snapshot at {}, after the end ({})",
                                        sim::format(instant), sim::format(scenario.duration)),
                            "the page of the end is kept in any case");
  }
}

}  // namespace

void read_envoy_stats(const Node& node, Draft& draft) {
  const Section section(node, "'envoy'", {"snapshotStats", "metricsExtension", "timings"},
                        draft.diagnostics);
  EnvoyStats& stats = draft.scenario.envoy_stats;
  section.take("metricsExtension", read_boolean, stats.metrics_extension);
  section.take("timings", read_boolean, stats.timings);
  section.each("snapshotStats", [&](const Node& item) {
    if (const auto instant = read_duration(item, draft.diagnostics)) {
      check_snapshot(item, *instant, draft);
      stats.snapshots.push_back(*instant);
    }
  });
  std::ranges::sort(stats.snapshots);
  stats.snapshots.erase(std::unique(stats.snapshots.begin(), stats.snapshots.end()),
                        stats.snapshots.end());
}

void read_statsd_agents(const Node& node, Draft& draft) {
  if (node.kind == Node::Kind::scalar) {
    if (const auto is_on = read_boolean(node, draft.diagnostics)) {
      draft.scenario.agent.is_on = *is_on;
    }
    return;
  }
  const Section section(node, "'agent'", {"statsd", "namespace"}, draft.diagnostics);
  section.take("statsd", read_boolean, draft.scenario.agent.is_on);
  section.take("namespace", read_text, draft.scenario.agent.name_space);
}

}  // namespace hoplab::scenarios
