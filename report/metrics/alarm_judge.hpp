// Expectations about alarms.
#pragma once

#include <filesystem>
#include <vector>

#include "report/expectations/evaluate.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::metrics {

[[nodiscard]] bool expects_alarms(const scenarios::Scenario& scenario);

/// Evaluates the scenario's alarms on the metrics in `recording`, as the run has done, and judges
/// the expectations with `alarm:`: each of its states must be there at some time of its window.
/// `results` are those of all expectations, in their order; of a recording without metrics they
/// stay as they are.
void judge_alarms(const scenarios::Scenario& scenario, const std::filesystem::path& recording,
                  std::vector<expectations::Result>& results);

}  // namespace hoplab::report::metrics
