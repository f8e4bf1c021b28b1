// Alarms over a recording: evaluated as time went on, and told.
#pragma once

#include <string>
#include <vector>

#include "models/cloudwatch/alarm_board.hpp"
#include "report/writers/text_layout.hpp"

namespace hoplab::report::metrics {

/// What became of alarms. The changes point into the board.
struct AlarmHistory {
  explicit AlarmHistory(models::cloudwatch::AlarmBoard with) : board(std::move(with)) {}
  models::cloudwatch::AlarmBoard board;
  models::cloudwatch::TimeRange range;
  std::vector<models::cloudwatch::AlarmChange> changes;  ///< In the order of time.
};

/// Evaluates the alarms from the first datum's minute to the last one's, as if each datum had come
/// in by the end of its period. Bands learn nothing from what is excluded. Requires data.
[[nodiscard]] AlarmHistory evaluate_alarms(
    std::vector<models::cloudwatch::Alarm> alarms, const models::cloudwatch::MetricStore& store,
    std::vector<models::cloudwatch::TimeRange> excluded = {});

/// For each alarm its state and reason, a strip of its states on terminals, and its changes.
[[nodiscard]] std::string alarms_text(const AlarmHistory& history, const writers::Ink& ink,
                                      bool has_strips, bool has_changes);
/// A DescribeAlarms answer.
[[nodiscard]] std::string alarms_json(const AlarmHistory& history);
/// A DescribeAlarmHistory answer, the latest change first.
[[nodiscard]] std::string alarm_history_json(const AlarmHistory& history);

/// A line for each detector of a DescribeAnomalyDetectors answer: its state, and the metric or the
/// expression it is of.
[[nodiscard]] std::string detectors_text(const std::string& answer, const writers::Ink& ink);

}  // namespace hoplab::report::metrics
