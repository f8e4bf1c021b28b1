#include "models/world/experiment_run.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "models/world/experiment_event.hpp"

namespace hoplab::models {
namespace {

using namespace std::string_view_literals;

/// Source: AWS CLI examples of start-experiment and get-experiment; GetExperiment's answers that
///         people have published ("Experiment halted by stop condition."). Assumed: the texts of
///         pending (documented for an action) and running, and that stopping has the one of
///         stopped.
constexpr const char* initiating = "Experiment is initiating.";
constexpr const char* running = "Experiment is running.";
constexpr const char* completed = "Experiment completed.";
constexpr const char* halted = "Experiment halted by stop condition.";

}  // namespace

ExperimentRun::ExperimentRun(const Surroundings& surroundings, std::function<void()> halt)
    : surroundings_(surroundings), halt_(std::move(halt)) {
  surroundings_.alarms.after_each_evaluation([this] {
    if (status_ == "running"sv) look();
  });
}

void ExperimentRun::schedule_start() {
  surroundings_.engine.at(sim::at(surroundings_.scenario.experiment->start), [this] { start(); });
}

void ExperimentRun::schedule_end() {
  const auto& end = surroundings_.scenario.experiment->end;
  if (end) surroundings_.engine.at(sim::at(*end), [this] { complete(); });
}

void ExperimentRun::start() {
  change_to("initiating", initiating);
  look();
  if (may_act()) change_to("running", running);
}

void ExperimentRun::complete() {
  if (status_ == "running"sv) change_to("completed", completed);
}

void ExperimentRun::look() {
  const auto& conditions = surroundings_.scenario.experiment->stop_conditions;
  const auto met = std::ranges::find_if(conditions, [this](const auto& condition) {
    return surroundings_.alarms.state_of(condition.alarm) == cloudwatch::AlarmState::alarm;
  });
  if (met == conditions.end()) return;
  alarm_ = met->alarm;
  change_to("stopping", halted);
  halt_();
  change_to("stopped", halted);
}

void ExperimentRun::change_to(const char* status, const char* reason) {
  const ExperimentState before = state();
  status_ = status;
  reason_ = reason;
  since_ = surroundings_.engine.now();
  if (!surroundings_.scenario.tells(scenarios::TelemetrySource::ecs)) return;
  surroundings_.sink.ecs_event(
      experiment_event(before, state(), surroundings_.identity, surroundings_.scenario.start_time));
}

}  // namespace hoplab::models
