// What a metric was before a run: a profile, and the datapoints that follow from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "models/cloudwatch/metric.hpp"
#include "models/cloudwatch/statistic.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::cloudwatch {

/// One statistic of one metric in the weeks before a run, a datapoint each minute.
///
/// A datapoint hangs on the seed, the metric, the statistic and its minute alone, so it is worked
/// out where it is asked for: no range of time has to be kept, and each part of it comes out the
/// same. report/recording/README.md has the formula, for readers that are not this one.
/// Limits: minutes are independent of each other; days and weeks are UTC's.
/// Cost: about 0.2 us a minute.
class MetricHistory {
 public:
  /// Ends with the minute before the one in which `end` is. Requires a length of at least a minute.
  MetricHistory(scenarios::MetricHistory profile, Statistic statistic, WallTime end,
                std::uint64_t seed);

  [[nodiscard]] const MetricId& metric() const { return metric_; }
  [[nodiscard]] const Statistic& statistic() const { return statistic_; }
  [[nodiscard]] const std::string& unit() const { return profile_.unit; }
  void set_unit(std::string unit) { profile_.unit = std::move(unit); }
  [[nodiscard]] TimeRange range() const { return range_; }

  /// Of the minute in which the instant is; nothing where it is missing, or outside of range().
  [[nodiscard]] std::optional<double> at(WallTime instant) const;
  /// Puts the datapoints of the range before those of `recorded`, whose periods begin at
  /// `range.from`. One period may have both: each minute of it counts the same.
  void precede(TimeSeries& recorded, TimeRange range) const;

  /// One JSON object, all that it takes to have the same datapoints again.
  [[nodiscard]] std::string to_json() const;

 private:
  [[nodiscard]] double shape_at(WallTime minute) const;

  scenarios::MetricHistory profile_;
  MetricId metric_;
  Statistic statistic_;
  TimeRange range_;
  std::uint64_t seed_ = 0;
  std::uint64_t stream_ = 0;  ///< Of this metric and statistic.
};

/// Reads what to_json() has written; nothing when it is no such object.
[[nodiscard]] std::optional<MetricHistory> parse_metric_history(std::string_view json);

}  // namespace hoplab::models::cloudwatch
