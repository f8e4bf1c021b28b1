// The life of an experiment that an alarm can stop.
//
//   pending --> initiating --first action--> running --last action is over--> completed
//                   |                           |
//                   +-------- an alarm is in ALARM: --> stopping --> stopped
//
// Each arrow is an EventBridge event. What an action is and does is not known here.
#pragma once

#include <functional>

#include "models/ecs/identity.hpp"
#include "models/telemetry/sink.hpp"
#include "models/world/alarm_watch.hpp"
#include "models/world/experiment_state.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"

namespace hoplab::models {

/// Starts the scenario's experiment, watches its stop conditions each time the alarms have been
/// evaluated, and stops it in that instant for good.
/// Source: AWS FIS User Guide, "Stop conditions for AWS FIS".
/// Assumed: an alarm that is in ALARM at the start stops the experiment before its first action,
///          with the same state and reason.
/// Limits: FIS takes a second to see the alarm, and up to half a minute to end its actions.
class ExperimentRun {
 public:
  struct Surroundings {
    sim::Engine& engine;
    const scenarios::Scenario& scenario;  ///< With an experiment.
    const ecs::Identity& identity;
    telemetry::Sink& sink;
    AlarmWatch& alarms;
  };
  /// `halt` ends what acts. It is called once at most, and may_act() is false from then on.
  ExperimentRun(const Surroundings& surroundings, std::function<void()> halt);

  /// Call it before the actions are scheduled: in one instant the start comes first.
  void schedule_start();
  /// Call it after that: in one instant the end comes last.
  void schedule_end();

  /// Its actions may begin.
  [[nodiscard]] bool may_act() const { return alarm_.empty(); }
  [[nodiscard]] ExperimentState state() const { return {status_, reason_, since_, alarm_}; }

 private:
  void start();
  void complete();
  /// Stops the experiment if an alarm says so.
  void look();
  void change_to(const char* status, const char* reason);

  Surroundings surroundings_;
  std::function<void()> halt_;
  std::string status_ = "pending";
  std::string reason_ = "Initial state";
  sim::SimTime since_{};
  std::string alarm_;
};

}  // namespace hoplab::models
