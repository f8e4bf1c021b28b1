// Holding a diagnosis against what a scenario expects of it.
#pragma once

#include <filesystem>
#include <vector>

#include "report/expectations/evaluate.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::diagnosis {

[[nodiscard]] bool expects_diagnosis(const scenarios::Scenario& scenario);

/// Judges the `diagnose:` expectations among `results`, which are in the scenario's order, by what
/// is said of the recording: of what began before `at`, or within the window, else of all of it.
///
/// With `from` or `to` it is about the first finding that concerns these services, and healthy
/// where none does; without, about the first finding. Verdict and, where it is given, hop must be
/// those expected.
///
/// Errors: as diagnose().
void judge(const scenarios::Scenario& scenario, const std::filesystem::path& recording,
           std::vector<expectations::Result>& results);

}  // namespace hoplab::report::diagnosis
