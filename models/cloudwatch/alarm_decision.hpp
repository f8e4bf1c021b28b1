// From the datapoints of an evaluation range to the state of an alarm.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/cloudwatch/alarm.hpp"

namespace hoplab::models::cloudwatch {

/// One period of the evaluation range.
struct AlarmPoint {
  WallTime at;  ///< The start of its period.
  std::optional<double> value;
  std::optional<double> samples;
  std::optional<double> lower;  ///< The band, where the alarm has one.
  std::optional<double> upper;
};

/// How many periods CloudWatch looks at for N evaluation periods.
/// Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data": it looks
///         at more than N, in both of its tables at 5 for N = 3. Assumed: N + 2 for each N.
[[nodiscard]] int evaluation_range(int evaluation_periods);

enum class PointVerdict : std::uint8_t { fine, breaching, missing };
/// A point without a band, where the alarm wants one, is missing.
[[nodiscard]] PointVerdict judge(const AlarmPoint& point, const MetricAlarm& alarm);

/// What an evaluation comes to.
struct AlarmDecision {
  /// Nothing: the state stays as it is.
  std::optional<AlarmState> state;
  std::vector<AlarmPoint> considered;  ///< The real points that counted, oldest first.
  int filled = 0;                      ///< Missing ones that counted as breaching or fine.
};

/// Decides by the points of the evaluation range, oldest first.
///
/// N or more real points: the N latest ones decide, and missing ones do not count. With fewer,
/// those that are there and the treatment of missing data decide. M breaching points are an ALARM.
/// An alarm that treats missing data as missing also goes to ALARM before there are M points, when
/// all that are there are breaching and the oldest of them is M periods old.
/// Source: as of evaluation_range(), with its two tables; "avoiding premature transitions to alarm
///         state".
[[nodiscard]] AlarmDecision decide(const std::vector<AlarmPoint>& range, const MetricAlarm& alarm);

/// Whether a percentile has too few samples to mean something: fewer than 10 / (1 - p) above the
/// median, 10 / p below it, over the evaluation periods.
/// Source: CloudWatch User Guide, "Percentile-based alarms and low data samples".
[[nodiscard]] bool has_low_samples(const std::vector<AlarmPoint>& range, int evaluation_periods,
                                   double percentile);

}  // namespace hoplab::models::cloudwatch
