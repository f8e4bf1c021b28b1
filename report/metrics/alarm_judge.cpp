#include "report/metrics/alarm_judge.hpp"

#include <algorithm>

#include "models/cloudwatch/scenario_alarms.hpp"
#include "report/metrics/alarm_text.hpp"
#include "report/metrics/metric_reader.hpp"
#include "report/recording/windows.hpp"

namespace hoplab::report::metrics {
namespace {

using expectations::Check;
using models::cloudwatch::AlarmState;
using scenarios::Expectation;

bool is_about_alarm(const Expectation& expectation) {
  return expectation.kind == Expectation::Kind::alarm;
}

/// The states that the alarm had in the window, in their order, each with the time it came.
struct Spell {
  AlarmState state = AlarmState::insufficient_data;
  sim::Duration from{0};
};

std::vector<Spell> spells_of(const std::string& alarm, const AlarmHistory& history,
                             sim::WallTime start) {
  std::vector<Spell> spells(1);
  for (const auto& change : history.changes) {
    if (change.alarm->name != alarm) continue;
    spells.push_back({change.after.state, change.after.transitioned - start});
  }
  return spells;
}

Check check_state(const std::string& state, const scenarios::Window& window,
                  const std::vector<Spell>& spells) {
  Check check{"state " + recording::span_text(window), state, "", false};
  for (std::size_t i = 0; i < spells.size(); ++i) {
    const bool is_over = i + 1 < spells.size() && spells[i + 1].from <= window.from;
    if (is_over || spells[i].from >= window.to) continue;
    const std::string here(name(spells[i].state));
    check.held = check.held || here == state;
    check.measured += (check.measured.empty() ? "" : ", ") + here;
    if (spells[i].from > window.from) check.measured += " from " + sim::format(spells[i].from);
  }
  return check;
}

}  // namespace

bool expects_alarms(const scenarios::Scenario& scenario) {
  return std::ranges::any_of(scenario.expectations, is_about_alarm);
}

void judge_alarms(const scenarios::Scenario& scenario, const std::filesystem::path& recording,
                  std::vector<expectations::Result>& results) {
  if (!std::filesystem::exists(recording / "cloudwatch/metrics.jsonl")) return;
  const MetricFile file = read_metrics(recording);
  sim::Diagnostics diagnostics;  // They were read before the run.
  const auto history =
      evaluate_alarms(models::cloudwatch::alarms_of(scenario, diagnostics), file.store);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Expectation& expectation = scenario.expectations[i];
    if (!is_about_alarm(expectation)) continue;
    expectations::Result& result = results[i];
    result.skipped.clear();
    const auto spells = spells_of(expectation.alarm, history, scenario.start_time);
    for (const auto& [state, window] : expectation.in_state) {
      result.checks.push_back(check_state(state, window, spells));
    }
    result.held = std::ranges::all_of(result.checks, &Check::held);
  }
}

}  // namespace hoplab::report::metrics
