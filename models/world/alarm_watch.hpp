// The alarms of a scenario, evaluated while its world goes on.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/cloudwatch/alarm_board.hpp"
#include "models/world/metric_tap.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"

namespace hoplab::models {

/// Collects metrics on their way to the sink and evaluates the alarms a second after each full
/// minute of the clock, when that minute's data have come (with periods of 10 or 30 s: after each
/// ten seconds). A change of state is an EventBridge event, and what DescribeAlarms answers from
/// then on is a document of the kind "alarms". Limits: alarms' own actions are not taken.
class AlarmWatch {
 public:
  AlarmWatch(sim::Engine& engine, const scenarios::Scenario& scenario, telemetry::Sink& sink);

  /// What the world writes to.
  [[nodiscard]] telemetry::Sink& tap() { return tap_; }
  /// Tells how the alarms are at the beginning; from now on they are evaluated.
  void start();
  /// `look` is called when the states are those of now, each time they have been evaluated.
  void after_each_evaluation(std::function<void()> look) { look_ = std::move(look); }
  /// Of an alarm by its name.
  [[nodiscard]] cloudwatch::AlarmState state_of(const std::string& alarm) const {
    return board_.state_of(alarm);
  }

 private:
  void take(std::string_view json);
  void arm();
  void evaluate();
  void tell();
  [[nodiscard]] sim::WallTime now() const;

  sim::Engine& engine_;
  const scenarios::Scenario& scenario_;
  telemetry::Sink& sink_;
  cloudwatch::AlarmBoard board_;
  cloudwatch::MetricStore store_;
  MetricTap tap_;
  std::function<void()> look_;
};

}  // namespace hoplab::models
