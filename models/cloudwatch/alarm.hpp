// Alarms: what PutMetricAlarm and PutCompositeAlarm take, and the states they are in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/cloudwatch/alarm_rule.hpp"
#include "models/cloudwatch/metric_query.hpp"

namespace hoplab::models::cloudwatch {

enum class Comparison : std::uint8_t {
  greater_or_equal,
  greater,
  less,
  less_or_equal,
  outside_band,
  below_band,
  above_band,
};
enum class MissingData : std::uint8_t { missing, ignore, breaching, not_breaching };

/// An alarm on a metric or an expression.
struct MetricAlarm {
  std::optional<MetricRequest> request;  ///< Always there in an alarm that was read.
  std::string watched;                   ///< The id of the query whose data count.
  std::string band;                      ///< `ThresholdMetricId`; "" for a fixed threshold.
  bool is_single_metric = false;         ///< Given by MetricName rather than Metrics.
  std::string unit;
  int evaluation_periods = 1;              ///< N
  std::optional<int> datapoints_to_alarm;  ///< M; N where it is absent.
  double threshold = 0;
  Comparison comparison = Comparison::greater;
  MissingData missing_data = MissingData::missing;
  bool ignores_low_samples = false;

  [[nodiscard]] int m() const { return datapoints_to_alarm.value_or(evaluation_periods); }
  [[nodiscard]] bool has_band() const { return !band.empty(); }
  [[nodiscard]] Period period() const { return request->period(); }
};

struct Alarm {
  std::string name;
  std::string arn;
  std::string description;
  bool actions_enabled = true;
  std::vector<std::string> ok_actions;
  std::vector<std::string> alarm_actions;
  std::vector<std::string> insufficient_data_actions;
  std::string configuration;  ///< As it was given, one JSON object.
  std::optional<MetricAlarm> metric;
  std::optional<AlarmRule> rule;  ///< Of a composite alarm.

  [[nodiscard]] bool is_composite() const { return rule.has_value(); }
  [[nodiscard]] const std::vector<std::string>& actions_of(AlarmState state) const;
};

/// A state with why it was taken.
struct AlarmStatus {
  AlarmState state = AlarmState::insufficient_data;
  std::string reason = "Unchecked: Initial alarm creation";
  std::string reason_data;  ///< A JSON object; "" for none.
  WallTime updated;         ///< When the state or its reason was told last.
  WallTime transitioned;    ///< When the state changed last.
};

/// One change of state.
struct AlarmChange {
  const Alarm* alarm = nullptr;
  AlarmStatus before;
  AlarmStatus after;
};

/// "GreaterThanThreshold", ...
[[nodiscard]] std::string_view name(Comparison comparison);
[[nodiscard]] std::string_view name(MissingData missing_data);
[[nodiscard]] const std::vector<std::string>& comparison_names();

}  // namespace hoplab::models::cloudwatch
