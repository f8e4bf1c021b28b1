// The models behind alarms' bands, as CloudWatch answers for them.
#pragma once

#include <string>
#include <vector>

#include "models/cloudwatch/alarm.hpp"

namespace hoplab::models::cloudwatch {

/// A DescribeAnomalyDetectors answer, one JSON object on several lines: a detector for each band of
/// the alarms, in their order and each once, with the state in which it is at `now`.
/// Source: CloudWatch API reference, AnomalyDetector, SingleMetricAnomalyDetector,
///         MetricMathAnomalyDetector.
/// Limits: an alarm has one band; a detector that no alarm uses is not there, for nothing makes it.
[[nodiscard]] std::string describe_anomaly_detectors(const std::vector<Alarm>& alarms,
                                                     const MetricStore& store, WallTime now,
                                                     const std::vector<TimeRange>& excluded);

}  // namespace hoplab::models::cloudwatch
