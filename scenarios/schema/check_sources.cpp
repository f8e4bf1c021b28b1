// Expectations about telemetry that nobody makes could only fail, and nobody would see why.
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

}  // namespace

void check_sources(const Scenario& scenario, sim::Diagnostics& diagnostics) {
  for (const Expectation& expectation : scenario.expectations) {
    const auto source = source_of(expectation.kind);
    if (!source || scenario.tells(*source)) continue;
    diagnostics.error(expectation.mark, "E0417",
                      fmt::format("nothing can be said of this without '{}', which is not among "
                                  "the telemetry's sources",
                                  name_of(*source)),
                      fmt::format("add {} to them", name_of(*source)));
  }
}

}  // namespace hoplab::scenarios
