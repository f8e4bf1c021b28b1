// Alarms in CloudWatch's JSON: what put-metric-alarm takes and what describe-alarms answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/cloudwatch/alarm.hpp"

namespace hoplab::models::cloudwatch {

/// Where alarms are, for their ARNs and events.
struct AlarmPlace {
  std::string region = "us-east-1";
  std::string account = "111122223333";
};

/// Reads one alarm, or a list of them, or a DescribeAlarms answer, whose states are passed over. An
/// alarm with a mistake is left out; `diagnostics` names it, and the member with its place. No
/// alarm at all is a mistake.
///
/// An alarm that a rule names is one of the document or of `others`; where it is neither, an
/// answer, which may have been asked for some alarms only, gets a warning.
/// Source: CloudWatch API reference, PutMetricAlarm, PutCompositeAlarm, DescribeAlarms; their
///         shapes (members, units, statistics) are those of botocore's model of the service.
/// Limits: no alarms on PromQL queries (EvaluationCriteria).
[[nodiscard]] std::vector<Alarm> parse_alarms(std::string_view json, const std::string& file,
                                              const AlarmPlace& place,
                                              sim::Diagnostics& diagnostics,
                                              const std::vector<std::string>& others = {});

/// An alarm and its status, as a member of DescribeAlarms' MetricAlarms or CompositeAlarms.
[[nodiscard]] std::string describe(const Alarm& alarm, const AlarmStatus& status);
/// A DescribeAlarmHistory item of type StateUpdate.
[[nodiscard]] std::string history_item(const AlarmChange& change);
/// The EventBridge event "CloudWatch Alarm State Change".
[[nodiscard]] std::string state_change_event(const AlarmChange& change, const AlarmPlace& place,
                                             const std::string& id);

}  // namespace hoplab::models::cloudwatch
