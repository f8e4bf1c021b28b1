// Alarms that are evaluated again and again as time goes on.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/cloudwatch/alarm.hpp"
#include "models/cloudwatch/alarm_decision.hpp"

namespace hoplab::models::cloudwatch {

/// Holds alarms with their states.
///
/// Metric alarms with periods of at least a minute are evaluated each minute, those with 10 or 30 s
/// every ten seconds; their periods slide: the last one ends with the evaluation. Composite alarms
/// follow at once.
/// Source: CloudWatch User Guide, "Alarm evaluation".
/// Limits: actions are not taken; suppressors do not suppress.
class AlarmBoard {
 public:
  /// `created`: when the alarms came into being.
  AlarmBoard(std::vector<Alarm> alarms, WallTime created);

  /// How long after the end of a period its data are there.
  static constexpr sim::Duration evaluation_delay = std::chrono::seconds(1);

  /// Evaluates all that are due at `now`, that is within ten seconds after a full minute, or less
  /// than ten after the last call. Periods end with the last full minute (those of 10 or 30 s with
  /// the last ten seconds). Returns the changes in the order in which they happen: metric alarms in
  /// their order, composite ones as they follow. Errors of expressions leave an alarm in
  /// INSUFFICIENT_DATA.
  std::vector<AlarmChange> evaluate(const MetricStore& store, WallTime now);

  [[nodiscard]] const std::vector<Alarm>& alarms() const { return alarms_; }
  [[nodiscard]] const AlarmStatus& status(std::size_t index) const { return statuses_[index]; }
  /// Of an alarm by name; INSUFFICIENT_DATA for one that is not there.
  [[nodiscard]] AlarmState state_of(const std::string& name) const;
  /// How long data are looked back at.
  [[nodiscard]] sim::Duration look_back() const;
  /// The shortest time between two evaluations.
  [[nodiscard]] sim::Duration step() const;
  /// Where an alarm's band leaves out what it learns.
  void exclude(std::vector<TimeRange> ranges) { models_.excluded = std::move(ranges); }

 private:
  void evaluate_metric(std::size_t index, const MetricStore& store, WallTime now,
                       std::vector<AlarmChange>& changes);
  void follow(WallTime now, std::vector<AlarmChange>& changes, bool is_first);
  void set(std::size_t index, AlarmState state, std::string reason, std::string data, WallTime now,
           std::vector<AlarmChange>& changes);
  [[nodiscard]] std::string triggering(const AlarmRule& rule, const Alarm* child) const;

  std::vector<Alarm> alarms_;
  std::vector<AlarmStatus> statuses_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  BandModels models_;
  bool is_new_ = true;
};

/// A DescribeAlarms answer, one JSON object.
[[nodiscard]] std::string describe_all(const AlarmBoard& board);

/// The points of an alarm's evaluation range that ends with the last full minute before `now`;
/// nothing when its expressions do not work out.
[[nodiscard]] std::optional<std::vector<AlarmPoint>> points_of(const MetricAlarm& alarm,
                                                               const MetricStore& store,
                                                               WallTime now, BandModels& models);

}  // namespace hoplab::models::cloudwatch
