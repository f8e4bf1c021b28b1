// What a metric usually is at this time of the day and the week, and how far it strays.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "models/cloudwatch/metric.hpp"

namespace hoplab::models::cloudwatch {

/// A model of a metric for ANOMALY_DETECTION_BAND.
///
/// CloudWatch does not publish its algorithm; this one is the simulator's own:
/// 1. The trend is the median of (d_j / d_i)^(1 / (j - i)) over the medians d of days that are
/// whole
///    weeks apart (Theil-Sen); what is left is the value over trend^days.
/// 2. The profile is the median of each five minutes of the day: of weekdays and weekends apart
/// from
///    twelve days on, of all days from two days on, else one level for all.
/// 3. The deviation is 1.4826 times the median distance of a value from the median of the *other*
///    values of its place, in six bins of the profile's level.
/// 4. The band is (profile +- k deviations) * trend, within what the unit allows.
///
/// Source of the contract: CloudWatch User Guide, "Using CloudWatch anomaly detection" (two weeks
/// of training, seasons of an hour, a day and a week, trend, excluded ranges, states). Limits: days
/// and weeks are UTC's. Deterministic: medians, sums, and the simulator's own power. Cost: a sort;
/// two weeks of minutes take about two milliseconds.
class AnomalyModel {
 public:
  enum class State : std::uint8_t { pending_training, trained_insufficient_data, trained };
  /// "TRAINED", as DescribeAnomalyDetectors says it.
  [[nodiscard]] static std::string_view name(State state);

  static constexpr auto training_time = std::chrono::days(14);
  /// With less than this there is no band.
  static constexpr auto training_time_min = std::chrono::hours(3);

  AnomalyModel() = default;
  /// Learns from the points, apart from those in excluded ranges.
  AnomalyModel(const TimeSeries& history, const std::vector<TimeRange>& excluded);

  struct Edges {
    double lower = 0;
    double upper = 0;
  };
  [[nodiscard]] State state() const { return state_; }
  /// Requires state() == trained, and k > 0.
  [[nodiscard]] Edges at(WallTime instant, double k) const;
  [[nodiscard]] double trend_per_day() const { return trend_; }

 private:
  enum class Seasons : std::uint8_t { none, day, week };
  struct Point {
    double value = 0;
    std::uint32_t place = 0;
  };
  struct Bin {
    double level_max = 0;
    double deviation = 0;
  };

  void learn_trend(const TimeSeries& history);
  void learn_profile(std::vector<Point>& points);
  void learn_deviations(const std::vector<Point>& points);
  [[nodiscard]] std::uint32_t place_of(WallTime instant) const;
  /// trend^days since the first day.
  [[nodiscard]] double growth_at(WallTime instant) const;
  [[nodiscard]] double level_of(std::uint32_t place) const;

  State state_ = State::pending_training;
  Seasons seasons_ = Seasons::none;
  WallTime first_day_;
  double trend_ = 1;
  double log_trend_ = 0;
  bool is_never_negative_ = true;
  bool is_percent_ = false;
  double level_ = 0;             ///< Of places without data.
  std::vector<double> profile_;  ///< By place.
  std::vector<char> has_data_;   ///< By place.
  std::vector<Bin> bins_;        ///< By level.
};

}  // namespace hoplab::models::cloudwatch
