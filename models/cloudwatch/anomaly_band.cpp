#include "models/cloudwatch/anomaly_band.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/diagnostic.hpp"
#include "sim/random.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;

constexpr auto place_length = 5min;
constexpr std::uint32_t places_a_day = 288;
constexpr auto day_season_from = std::chrono::days(2);
constexpr auto week_season_from = std::chrono::days(12);
constexpr std::size_t bins_max = 6;
constexpr double deviations_per_median = 1.4826;  // Of a normal distribution.

std::int64_t day_number(WallTime instant) {
  return std::chrono::floor<std::chrono::days>(instant).time_since_epoch().count();
}

/// Of sorted values, without one of them.
double median_without(const double* sorted, std::size_t size, std::size_t left_out) {
  const auto at = [&](std::size_t i) { return sorted[i < left_out ? i : i + 1]; };
  const std::size_t rest = size - 1;
  return rest % 2 == 1 ? at(rest / 2) : (at(rest / 2 - 1) + at(rest / 2)) / 2;
}

double median_of(std::vector<double>& values) {
  const std::size_t half = values.size() / 2;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(half);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

bool is_excluded(WallTime at, const std::vector<TimeRange>& excluded) {
  return std::ranges::any_of(excluded,
                             [at](const TimeRange& it) { return at >= it.from && at < it.to; });
}

double power(double base, double exponent) {
  return base == 1 ? 1 : sim::portable_pow(base, exponent);
}

}  // namespace

std::string_view AnomalyModel::name(State state) {
  static constexpr std::array<std::string_view, 3> names = {"PENDING_TRAINING",
                                                            "TRAINED_INSUFFICIENT_DATA", "TRAINED"};
  return names[static_cast<std::size_t>(state)];
}

AnomalyModel::AnomalyModel(const TimeSeries& all, const std::vector<TimeRange>& excluded) {
  TimeSeries history = all;
  std::erase_if(history.points,
                [&](const DataPoint& point) { return is_excluded(point.at, excluded); });
  if (history.points.empty()) return;
  state_ = State::trained_insufficient_data;
  const Period period = history.period;
  const auto span = history.points.back().at + period - history.points.front().at;
  if (span < training_time_min) return;
  state_ = State::trained;
  if (span >= day_season_from) seasons_ = Seasons::day;
  if (span >= week_season_from) seasons_ = Seasons::week;
  is_percent_ = history.unit == "Percent";
  is_never_negative_ =
      std::ranges::all_of(history.points, [](const DataPoint& it) { return it.value >= 0; });
  first_day_ = std::chrono::floor<std::chrono::days>(history.points.front().at);
  learn_trend(history);
  std::vector<Point> points;
  points.reserve(history.points.size());
  for (const DataPoint& point : history.points) {
    points.push_back({point.value / growth_at(point.at), place_of(point.at)});
  }
  learn_profile(points);
  learn_deviations(points);
}

void AnomalyModel::learn_trend(const TimeSeries& history) {
  std::vector<std::pair<std::int64_t, double>> days;  // Day and its median.
  std::vector<double> values;
  const auto close = [&](std::int64_t day) {
    if (!values.empty()) days.emplace_back(day, median_of(values));
    values.clear();
  };
  std::int64_t day = day_number(history.points.front().at);
  for (const DataPoint& point : history.points) {
    const std::int64_t here = day_number(point.at);
    if (here != day) close(day);
    day = here;
    values.push_back(point.value);
  }
  close(day);
  std::vector<double> rates;
  for (std::size_t i = 0; i < days.size(); ++i) {
    for (std::size_t j = i + 1; j < days.size(); ++j) {
      const std::int64_t apart = days[j].first - days[i].first;
      if (apart % 7 != 0 || days[i].second <= 0 || days[j].second <= 0) continue;
      rates.push_back(power(days[j].second / days[i].second, 1.0 / static_cast<double>(apart)));
    }
  }
  if (!rates.empty()) trend_ = median_of(rates);
  log_trend_ = sim::portable_log(trend_);
}

std::uint32_t AnomalyModel::place_of(WallTime instant) const {
  if (seasons_ == Seasons::none) return 0;
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const auto place = static_cast<std::uint32_t>((instant - day) / place_length);
  if (seasons_ == Seasons::day) return place;
  constexpr unsigned saturday = 6;
  const bool is_weekend = std::chrono::weekday(day).iso_encoding() >= saturday;
  return place + (is_weekend ? places_a_day : 0);
}

double AnomalyModel::growth_at(WallTime instant) const {
  if (trend_ == 1) return 1;
  return sim::portable_exp(sim::in_seconds(instant - first_day_) / 86'400.0 * log_trend_);
}

/// Sorts the points by place and value.
void AnomalyModel::learn_profile(std::vector<Point>& points) {
  std::ranges::sort(points, [](const Point& a, const Point& b) {
    return a.place != b.place ? a.place < b.place : a.value < b.value;
  });
  profile_.assign(std::size_t{2} * places_a_day, 0);
  has_data_.assign(profile_.size(), 0);
  std::vector<double> all;
  all.reserve(points.size());
  for (std::size_t begin = 0; begin < points.size();) {
    std::size_t end = begin;
    while (end < points.size() && points[end].place == points[begin].place) ++end;
    const std::size_t half = (end - begin) / 2;
    const double upper = points[begin + half].value;
    const bool is_odd = (end - begin) % 2 == 1;
    profile_[points[begin].place] = is_odd ? upper : (points[begin + half - 1].value + upper) / 2;
    has_data_[points[begin].place] = 1;
    begin = end;
  }
  for (const Point& point : points) all.push_back(point.value);
  level_ = median_of(all);
}

/// Requires that the points are sorted by place and value.
void AnomalyModel::learn_deviations(const std::vector<Point>& points) {
  struct Distance {
    double level;
    double distance;
  };
  std::vector<Distance> distances;
  distances.reserve(points.size());
  std::vector<double> here;
  for (std::size_t begin = 0; begin < points.size();) {
    here.clear();
    std::size_t end = begin;
    while (end < points.size() && points[end].place == points[begin].place) {
      here.push_back(points[end++].value);
    }
    const double level = profile_[points[begin].place];
    for (std::size_t i = 0; here.size() > 1 && i < here.size(); ++i) {
      distances.push_back({level, std::abs(here[i] - median_without(here.data(), here.size(), i))});
    }
    begin = end;
  }
  if (distances.empty()) {
    bins_.push_back({level_, 0});
    return;
  }
  std::ranges::stable_sort(distances, {}, &Distance::level);
  const std::size_t bins = seasons_ == Seasons::none ? 1 : bins_max;
  std::vector<double> part;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    const std::size_t begin = distances.size() * bin / bins;
    const std::size_t end = distances.size() * (bin + 1) / bins;
    if (begin == end) continue;
    part.clear();
    for (std::size_t i = begin; i < end; ++i) part.push_back(distances[i].distance);
    bins_.push_back({distances[end - 1].level, deviations_per_median * median_of(part)});
  }
}

double AnomalyModel::level_of(std::uint32_t place) const {
  return has_data_[place] != 0 ? profile_[place] : level_;
}

AnomalyModel::Edges AnomalyModel::at(WallTime instant, double k) const {
  HOPLAB_ASSERT(state_ == State::trained, "there is no band without a model");
  const double level = level_of(place_of(instant));
  const auto bin = std::ranges::lower_bound(bins_, level, {}, &Bin::level_max);
  const double deviation = bin == bins_.end() ? bins_.back().deviation : bin->deviation;
  const double growth = growth_at(instant);
  Edges edges{(level - k * deviation) * growth, (level + k * deviation) * growth};
  if (is_never_negative_) edges.lower = std::max(edges.lower, 0.0);
  constexpr double whole = 100;
  if (is_percent_) edges.upper = std::min(edges.upper, whole);
  if (is_percent_) edges.lower = std::min(edges.lower, whole);
  return edges;
}

}  // namespace hoplab::models::cloudwatch
