#include "models/cloudwatch/alarm_decision.hpp"

#include <algorithm>

namespace hoplab::models::cloudwatch {
namespace {

bool breaches(double value, double threshold, Comparison comparison) {
  switch (comparison) {
    case Comparison::greater_or_equal:
      return value >= threshold;
    case Comparison::greater:
      return value > threshold;
    case Comparison::less:
      return value < threshold;
    default:
      return value <= threshold;
  }
}

int count_of(const std::vector<AlarmPoint>& points, const MetricAlarm& alarm,
             PointVerdict verdict) {
  return static_cast<int>(std::ranges::count_if(
      points, [&](const AlarmPoint& point) { return judge(point, alarm) == verdict; }));
}

/// All that is there is breaching, and the oldest of it is at least M periods old.
bool is_premature_alarm(const std::vector<AlarmPoint>& range, const MetricAlarm& alarm) {
  const auto is_real = [&](const AlarmPoint& point) {
    return judge(point, alarm) != PointVerdict::missing;
  };
  const auto oldest = std::ranges::find_if(range, is_real);
  const auto is_fine = [&](const AlarmPoint& point) {
    return judge(point, alarm) == PointVerdict::fine;
  };
  return oldest != range.end() && range.end() - oldest >= alarm.m() &&
         std::ranges::none_of(range, is_fine);
}

std::optional<AlarmState> decide_with_gaps(const std::vector<AlarmPoint>& range,
                                           const AlarmDecision& decision,
                                           const MetricAlarm& alarm) {
  const int breaching = count_of(decision.considered, alarm, PointVerdict::breaching);
  const int fine = count_of(decision.considered, alarm, PointVerdict::fine);
  if (breaching >= alarm.m()) return AlarmState::alarm;
  switch (alarm.missing_data) {
    case MissingData::breaching:
      return breaching + decision.filled >= alarm.m() ? AlarmState::alarm : AlarmState::ok;
    case MissingData::not_breaching:
      return AlarmState::ok;
    case MissingData::ignore:
      if (fine > 0) return AlarmState::ok;
      return std::nullopt;
    case MissingData::missing:
      break;
  }
  if (is_premature_alarm(range, alarm)) return AlarmState::alarm;
  return fine > 0 ? AlarmState::ok : AlarmState::insufficient_data;
}

}  // namespace

int evaluation_range(int evaluation_periods) {
  constexpr int more = 2;
  return evaluation_periods + more;
}

PointVerdict judge(const AlarmPoint& point, const MetricAlarm& alarm) {
  if (!point.value) return PointVerdict::missing;
  const double value = *point.value;
  if (!alarm.has_band()) {
    const bool is_breaching = breaches(value, alarm.threshold, alarm.comparison);
    return is_breaching ? PointVerdict::breaching : PointVerdict::fine;
  }
  if (!point.lower || !point.upper) return PointVerdict::missing;
  const bool is_below = alarm.comparison != Comparison::above_band && value < *point.lower;
  const bool is_above = alarm.comparison != Comparison::below_band && value > *point.upper;
  return is_below || is_above ? PointVerdict::breaching : PointVerdict::fine;
}

AlarmDecision decide(const std::vector<AlarmPoint>& range, const MetricAlarm& alarm) {
  AlarmDecision decision;
  for (const AlarmPoint& point : range) {
    if (judge(point, alarm) != PointVerdict::missing) decision.considered.push_back(point);
  }
  const auto wanted = static_cast<std::size_t>(alarm.evaluation_periods);
  if (decision.considered.size() < wanted) {
    decision.filled = static_cast<int>(wanted - decision.considered.size());
    decision.state = decide_with_gaps(range, decision, alarm);
    return decision;
  }
  decision.considered.erase(decision.considered.begin(),
                            decision.considered.end() - alarm.evaluation_periods);
  const int breaching = count_of(decision.considered, alarm, PointVerdict::breaching);
  decision.state = breaching >= alarm.m() ? AlarmState::alarm : AlarmState::ok;
  return decision;
}

bool has_low_samples(const std::vector<AlarmPoint>& range, int evaluation_periods,
                     double percentile) {
  double samples = 0;
  const auto first =
      std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(range.size()) - evaluation_periods);
  for (auto point = range.begin() + first; point != range.end(); ++point) {
    samples += point->samples.value_or(0);
  }
  constexpr double wanted = 10;
  constexpr double rounding = 1e-6;  // 1 - 0.99 is not quite 0.01.
  const double share = percentile / 100;
  const double tail = share > 0.5 ? 1 - share : share;
  return samples * tail < wanted - rounding;
}

}  // namespace hoplab::models::cloudwatch
