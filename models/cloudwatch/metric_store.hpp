// The datapoints of many metrics, and series of statistics over them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/cloudwatch/metric.hpp"
#include "models/cloudwatch/metric_history.hpp"
#include "models/cloudwatch/statistic.hpp"

namespace hoplab::models::cloudwatch {

/// What PutMetricData has brought. Data of one metric may come in any order; data that come twice
/// count twice, as in CloudWatch.
/// Memory: all of it, until forget_before(). Not for two threads at once: what came out of order is
/// put into it by the first question.
class MetricStore {
 public:
  void add(MetricDatum datum);
  /// What a metric was before its data: series of that statistic begin with it. A second one of the
  /// same metric and statistic takes the place of the first.
  void add_history(MetricHistory history);

  /// One point for each `period` from `range.from` on that has data which the statistic can use,
  /// and whose figure is finite; its label is the metric's name. Empty for a metric that is not
  /// there. Where there is a history, its unit is the history's.
  [[nodiscard]] TimeSeries series(const MetricId& metric, const Statistic& statistic, Period period,
                                  TimeRange range) const;
  /// The number of samples in each period of series(); of a history only where one of SampleCount
  /// tells it.
  [[nodiscard]] TimeSeries sample_counts(const MetricId& metric, Period period,
                                         TimeRange range) const;

  /// Those with data, in the order of their names.
  [[nodiscard]] std::vector<MetricId> metrics() const;
  [[nodiscard]] bool knows(const MetricId& metric) const { return data_.contains(metric); }
  [[nodiscard]] const MetricHistory* history(const MetricId& metric,
                                             std::string_view statistic) const;
  [[nodiscard]] std::size_t datum_count(const MetricId& metric) const;
  [[nodiscard]] bool has_data(const MetricId& metric, TimeRange range) const;
  [[nodiscard]] std::string unit(const MetricId& metric) const;
  /// From the first datum to a minute after the last one; nothing when it is empty.
  [[nodiscard]] std::optional<TimeRange> extent() const;

  /// Histories stay: they take no room.
  void forget_before(WallTime instant);

 private:
  /// Those of one metric; their `metric` is empty. GetMetricData answers the latest first, so that
  /// each at its place as it comes would take the square of their number.
  class Data {
   public:
    void add(MetricDatum datum);
    void forget_before(WallTime instant);
    /// In the order of time; those of one instant as they came.
    [[nodiscard]] const std::vector<MetricDatum>& in_order() const;
    [[nodiscard]] bool is_empty() const { return data_.empty(); }
    [[nodiscard]] std::size_t size() const { return data_.size(); }

   private:
    mutable std::vector<MetricDatum> data_;
    mutable bool is_in_order_ = true;
  };

  [[nodiscard]] TimeSeries by_period(
      const MetricId& metric, Period period, TimeRange range,
      const std::function<std::optional<double>(const PeriodData&)>& value) const;

  std::map<MetricId, Data> data_;
  std::map<std::pair<MetricId, std::string>, MetricHistory> histories_;  ///< With the statistic.
};

}  // namespace hoplab::models::cloudwatch
