// The alarms that a scenario names.
#pragma once

#include <vector>

#include "models/cloudwatch/alarm.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::cloudwatch {

/// `telemetry.cloudwatch.alarms`; mistakes in them go to `diagnostics`, at the alarm's place in the
/// file.
[[nodiscard]] std::vector<Alarm> alarms_of(const scenarios::Scenario& scenario,
                                           sim::Diagnostics& diagnostics);

}  // namespace hoplab::models::cloudwatch
