// The datapoints of many metrics, and series of statistics over them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "models/cloudwatch/metric.hpp"
#include "models/cloudwatch/statistic.hpp"

namespace hoplab::models::cloudwatch {

/// What PutMetricData has brought. Data of one metric may come in any order; data that come twice
/// count twice, as in CloudWatch.
/// Memory: all of it, until forget_before().
class MetricStore {
 public:
  void add(MetricDatum datum);

  /// One point for each `period` from `range.from` on that has data which the statistic can use;
  /// its label is the metric's name. Empty for a metric that is not there.
  [[nodiscard]] TimeSeries series(const MetricId& metric, const Statistic& statistic, Period period,
                                  TimeRange range) const;
  /// The number of samples in each period of series().
  [[nodiscard]] TimeSeries sample_counts(const MetricId& metric, Period period,
                                         TimeRange range) const;

  /// In the order of their names.
  [[nodiscard]] std::vector<MetricId> metrics() const;
  [[nodiscard]] bool knows(const MetricId& metric) const { return data_.contains(metric); }
  [[nodiscard]] std::size_t datum_count(const MetricId& metric) const;
  [[nodiscard]] std::string unit(const MetricId& metric) const;
  /// From the first datum to a minute after the last one; nothing when it is empty.
  [[nodiscard]] std::optional<TimeRange> extent() const;

  void forget_before(WallTime instant);

 private:
  using Data = std::vector<MetricDatum>;  ///< In the order of time; their `metric` is empty.

  [[nodiscard]] TimeSeries by_period(
      const MetricId& metric, Period period, TimeRange range,
      const std::function<std::optional<double>(const PeriodData&)>& value) const;

  std::map<MetricId, Data> data_;
};

}  // namespace hoplab::models::cloudwatch
