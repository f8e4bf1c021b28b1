#include "models/cloudwatch/metric_store.hpp"

#include <algorithm>

namespace hoplab::models::cloudwatch {

void MetricStore::add(MetricDatum datum) {
  Data& data = data_[datum.metric];
  datum.metric = {};
  const auto place = std::ranges::upper_bound(data, datum.at, {}, &MetricDatum::at);
  data.insert(place, std::move(datum));
}

TimeSeries MetricStore::by_period(
    const MetricId& metric, Period period, TimeRange range,
    const std::function<std::optional<double>(const PeriodData&)>& value) const {
  TimeSeries series;
  series.label = metric.name;
  series.period = period;
  const auto found = data_.find(metric);
  if (found == data_.end()) return series;
  const Data& data = found->second;
  if (!data.empty()) series.unit = data.front().unit;
  auto datum = std::ranges::lower_bound(data, range.from, {}, &MetricDatum::at);
  while (datum != data.end() && datum->at < range.to) {
    const auto index = (datum->at - range.from) / period;
    const WallTime begin = range.from + index * period;
    PeriodData here;
    for (; datum != data.end() && datum->at < begin + period && datum->at < range.to; ++datum) {
      here.add(*datum);
    }
    if (const auto figure = value(here)) series.points.push_back({begin, *figure});
  }
  return series;
}

TimeSeries MetricStore::series(const MetricId& metric, const Statistic& statistic, Period period,
                               TimeRange range) const {
  return by_period(metric, period, range,
                   [&](const PeriodData& data) { return statistic.of(data); });
}

TimeSeries MetricStore::sample_counts(const MetricId& metric, Period period,
                                      TimeRange range) const {
  return by_period(metric, period, range,
                   [](const PeriodData& data) { return std::optional(data.samples()); });
}

std::vector<MetricId> MetricStore::metrics() const {
  std::vector<MetricId> all;
  all.reserve(data_.size());
  for (const auto& [metric, data] : data_) all.push_back(metric);
  return all;
}

std::size_t MetricStore::datum_count(const MetricId& metric) const {
  const auto found = data_.find(metric);
  return found == data_.end() ? 0 : found->second.size();
}

std::string MetricStore::unit(const MetricId& metric) const {
  const auto found = data_.find(metric);
  return found == data_.end() || found->second.empty() ? "" : found->second.front().unit;
}

std::optional<TimeRange> MetricStore::extent() const {
  std::optional<TimeRange> extent;
  for (const auto& [metric, data] : data_) {
    if (data.empty()) continue;
    const TimeRange here{data.front().at, data.back().at + std::chrono::minutes(1)};
    if (!extent) extent = here;
    extent->from = std::min(extent->from, here.from);
    extent->to = std::max(extent->to, here.to);
  }
  return extent;
}

void MetricStore::forget_before(WallTime instant) {
  for (auto& [metric, data] : data_) {
    data.erase(data.begin(), std::ranges::lower_bound(data, instant, {}, &MetricDatum::at));
  }
}

}  // namespace hoplab::models::cloudwatch
