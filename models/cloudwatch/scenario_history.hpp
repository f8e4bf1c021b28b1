// The past of metrics that a scenario carries.
#pragma once

#include <vector>

#include "models/cloudwatch/metric_history.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::models::cloudwatch {

/// `telemetry.cloudwatch.history`. No such statistic: an error (E0907). A metric that nothing in
/// the scenario writes, or that none of its alarms reads, is a warning (W0703) with the nearest
/// name that would do.
[[nodiscard]] std::vector<MetricHistory> histories_of(const scenarios::Scenario& scenario,
                                                      sim::Diagnostics& diagnostics);

}  // namespace hoplab::models::cloudwatch
