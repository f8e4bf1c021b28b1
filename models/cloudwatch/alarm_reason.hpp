// Why an alarm is in its state, in CloudWatch's words.
#pragma once

#include <string>

#include "models/cloudwatch/alarm_decision.hpp"

namespace hoplab::models::cloudwatch {

/// The StateReason of a state that a decision leads to.
///
/// Source: texts in the CloudWatch User Guide ("Alarm events and EventBridge"), in AWS CLI examples
///         and in notifications that people have published: with DatapointsToAlarm "1 out of the
///         last 1 datapoints [...] was ... (minimum 1 datapoint for OK -> ALARM transition)",
///         without it "1 datapoint [...] was ...". From five datapoints on they follow as "The most
///         recent datapoints which crossed the threshold". Of fewer points than periods: "1
///         datapoint was received for 3 periods and 2 missing datapoints were treated as
///         [Breaching]".
[[nodiscard]] std::string state_reason(AlarmState state, const AlarmDecision& decision,
                                       const MetricAlarm& alarm);

/// The StateReasonData of the same, as JSON. `range`: all points of the evaluation range.
[[nodiscard]] std::string state_reason_data(const AlarmDecision& decision,
                                            const std::vector<AlarmPoint>& range,
                                            const MetricAlarm& alarm, WallTime now);

/// "arn:... transitioned to ALARM at Friday 22 July, 2022 15:57:45 UTC".
[[nodiscard]] std::string composite_reason(const std::string& child_arn, AlarmState child,
                                           WallTime since);

/// A number as CloudWatch writes it, which is as Java does: "50.0", "99.50160229693434", "1.0E7".
[[nodiscard]] std::string figure(double value);
/// "2019-10-02T17:04:40.985+0000".
[[nodiscard]] std::string reason_time(WallTime instant);

}  // namespace hoplab::models::cloudwatch
