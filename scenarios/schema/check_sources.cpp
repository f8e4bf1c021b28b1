// Expectations about telemetry that nobody makes could only fail, and nobody would see why; an
// alarm without metrics could stop nothing.
#include <string>

#include <fmt/format.h>

#include "scenarios/schema/load.hpp"

namespace hoplab::scenarios {
namespace {

std::optional<TelemetrySource> source_of(Expectation::Kind kind) {
  switch (kind) {
    case Expectation::Kind::access_log:
      return TelemetrySource::access_log;
    case Expectation::Kind::app_log:
      return TelemetrySource::app_log;
    case Expectation::Kind::ecs:
      return TelemetrySource::ecs;
    case Expectation::Kind::utilization:
      return TelemetrySource::container_insights;
    default:
      return std::nullopt;
  }
}

std::string_view name_of(TelemetrySource source) {
  for (const TelemetrySourceRow& row : telemetry_source_table()) {
    if (row.source == source) return row.name;
  }
  return "";
}

void complain(const sim::SourceMark& mark, std::string_view what, TelemetrySource missing,
              sim::Diagnostics& diagnostics) {
  diagnostics.error(mark, "E0417",
                    fmt::format("{} without '{}', which is not among the telemetry's sources", what,
                                name_of(missing)),
                    fmt::format("add {} to them", name_of(missing)));
}

}  // namespace

void check_sources(const Scenario& scenario, sim::Diagnostics& diagnostics) {
  for (const Expectation& expectation : scenario.expectations) {
    const auto source = source_of(expectation.kind);
    if (!source || scenario.tells(*source)) continue;
    complain(expectation.mark, "nothing can be said of this", *source, diagnostics);
  }
  if (!scenario.experiment || scenario.tells(TelemetrySource::cloudwatch)) return;
  for (const auto& condition : scenario.experiment->stop_conditions) {
    complain(condition.mark, "no alarm stops the experiment", TelemetrySource::cloudwatch,
             diagnostics);
  }
}

}  // namespace hoplab::scenarios
