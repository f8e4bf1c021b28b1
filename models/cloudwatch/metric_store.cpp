#include "models/cloudwatch/metric_store.hpp"

#include <algorithm>

namespace hoplab::models::cloudwatch {

void MetricStore::Data::add(MetricDatum datum) {
  is_in_order_ = is_in_order_ && (data_.empty() || data_.back().at <= datum.at);
  data_.push_back(std::move(datum));
}

const std::vector<MetricDatum>& MetricStore::Data::in_order() const {
  if (!is_in_order_) std::ranges::stable_sort(data_, {}, &MetricDatum::at);
  is_in_order_ = true;
  return data_;
}

void MetricStore::Data::forget_before(WallTime instant) {
  const auto& all = in_order();
  const auto kept = std::ranges::lower_bound(all, instant, {}, &MetricDatum::at) - all.begin();
  data_.erase(data_.begin(), data_.begin() + kept);
}

void MetricStore::add(MetricDatum datum) {
  Data& data = data_[datum.metric];
  datum.metric = {};
  data.add(std::move(datum));
}

void MetricStore::add_history(MetricHistory history) {
  std::pair key(history.metric(), history.statistic().name());
  histories_.insert_or_assign(std::move(key), std::move(history));
}

const MetricHistory* MetricStore::history(const MetricId& metric,
                                          std::string_view statistic) const {
  const auto found = histories_.find({metric, std::string(statistic)});
  return found == histories_.end() ? nullptr : &found->second;
}

TimeSeries MetricStore::by_period(
    const MetricId& metric, Period period, TimeRange range,
    const std::function<std::optional<double>(const PeriodData&)>& value) const {
  TimeSeries series;
  series.label = metric.name;
  series.period = period;
  const auto found = data_.find(metric);
  if (found == data_.end()) return series;
  const auto& data = found->second.in_order();
  if (!data.empty()) series.unit = data.front().unit;
  auto datum = std::ranges::lower_bound(data, range.from, {}, &MetricDatum::at);
  while (datum != data.end() && datum->at < range.to) {
    const auto index = (datum->at - range.from) / period;
    const WallTime begin = range.from + index * period;
    PeriodData here;
    for (; datum != data.end() && datum->at < begin + period && datum->at < range.to; ++datum) {
      here.add(*datum);
    }
    const auto figure = value(here);
    if (figure && *figure - *figure == 0) series.points.push_back({begin, *figure});  // Finite.
  }
  return series;
}

TimeSeries MetricStore::series(const MetricId& metric, const Statistic& statistic, Period period,
                               TimeRange range) const {
  TimeSeries series =
      by_period(metric, period, range, [&](const PeriodData& data) { return statistic.of(data); });
  if (const MetricHistory* before = history(metric, statistic.name())) {
    series.unit = before->unit();
    before->precede(series, range);
  }
  return series;
}

TimeSeries MetricStore::sample_counts(const MetricId& metric, Period period,
                                      TimeRange range) const {
  TimeSeries counts = by_period(
      metric, period, range, [](const PeriodData& data) { return std::optional(data.samples()); });
  if (const MetricHistory* before = history(metric, "SampleCount")) before->precede(counts, range);
  return counts;
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
  return found == data_.end() || found->second.is_empty() ? ""
                                                          : found->second.in_order().front().unit;
}

bool MetricStore::has_data(const MetricId& metric, TimeRange range) const {
  const auto found = data_.find(metric);
  if (found == data_.end()) return false;
  const auto& data = found->second.in_order();
  const auto first = std::ranges::lower_bound(data, range.from, {}, &MetricDatum::at);
  return first != data.end() && first->at < range.to;
}

std::optional<TimeRange> MetricStore::extent() const {
  std::optional<TimeRange> extent;
  for (const auto& [metric, data] : data_) {
    if (data.is_empty()) continue;
    const TimeRange here{data.in_order().front().at,
                         data.in_order().back().at + std::chrono::minutes(1)};
    if (!extent) extent = here;
    extent->from = std::min(extent->from, here.from);
    extent->to = std::max(extent->to, here.to);
  }
  return extent;
}

void MetricStore::forget_before(WallTime instant) {
  for (auto& [metric, data] : data_) data.forget_before(instant);
}

}  // namespace hoplab::models::cloudwatch
