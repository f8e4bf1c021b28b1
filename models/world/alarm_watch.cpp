#include "models/world/alarm_watch.hpp"

#include <algorithm>
#include <utility>

#include "models/cloudwatch/alarm_document.hpp"
#include "models/cloudwatch/scenario_alarms.hpp"
#include "models/cloudwatch/scenario_history.hpp"

namespace hoplab::models {
namespace {

using namespace std::chrono_literals;

cloudwatch::AlarmPlace place_of(const scenarios::Scenario& scenario) {
  return {scenario.region, scenario.account};
}

std::vector<cloudwatch::Alarm> checked_alarms(const scenarios::Scenario& scenario) {
  sim::Diagnostics diagnostics;
  auto alarms = cloudwatch::alarms_of(scenario, diagnostics);
  HOPLAB_ASSERT(!diagnostics.has_errors(), "alarms are checked with their scenario");
  return alarms;
}

}  // namespace

AlarmWatch::AlarmWatch(sim::Engine& engine, const scenarios::Scenario& scenario,
                       telemetry::Sink& sink)
    : engine_(engine),
      scenario_(scenario),
      sink_(sink),
      board_(checked_alarms(scenario), scenario.start_time),
      tap_(sink, [this](std::string_view json) { take(json); }) {
  sim::Diagnostics told_before;
  for (auto& history : cloudwatch::histories_of(scenario, told_before)) {
    store_.add_history(std::move(history));
  }
}

sim::WallTime AlarmWatch::now() const {
  return scenario_.start_time + engine_.now().time_since_epoch();
}

void AlarmWatch::take(std::string_view json) {
  if (auto datum = cloudwatch::parse_metric_datum(json)) store_.add(std::move(*datum));
}

void AlarmWatch::start() {
  tell();
  arm();
}

void AlarmWatch::arm() {
  const sim::Duration step = board_.step();
  const auto since = now().time_since_epoch();
  const sim::Duration next =
      (since / step + 1) * step + cloudwatch::AlarmBoard::evaluation_delay - since;
  engine_.at(engine_.now() + next, [this] {
    evaluate();
    arm();
  });
}

void AlarmWatch::evaluate() {
  const auto changes = board_.evaluate(store_, now());
  for (const cloudwatch::AlarmChange& change : changes) {
    if (!scenario_.tells(scenarios::TelemetrySource::ecs)) continue;
    sink_.ecs_event(cloudwatch::state_change_event(change, place_of(scenario_), ""));
  }
  if (!changes.empty()) tell();
  if (look_) look_();
  store_.forget_before(now() - board_.look_back() - 1min);
}

void AlarmWatch::tell() {
  if (!scenario_.tells(scenarios::TelemetrySource::config)) return;
  sink_.config(now(), "alarms", cloudwatch::describe_all(board_));
}

}  // namespace hoplab::models
