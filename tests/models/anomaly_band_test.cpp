// The anomaly band, held to its goals on series whose truth is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "models/cloudwatch/alarm_board.hpp"
#include "models/cloudwatch/alarm_document.hpp"
#include "models/cloudwatch/anomaly_band.hpp"
#include "sim/random.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;

/// A Monday.
const WallTime start = *sim::parse_iso8601("2026-01-05T00:00:00Z");
constexpr int points_a_day = 288;
constexpr double pi = 3.14159265358979323846;

/// `days` of points every five minutes.
TimeSeries series_of(int days, const std::function<double(int index)>& value) {
  TimeSeries series;
  series.period = Period(300);
  for (int i = 0; i < days * points_a_day; ++i) {
    series.points.push_back({start + i * 300s, value(i)});
  }
  return series;
}

/// Days and weeks, growth, an hourly job and 5 % of noise.
TimeSeries lively(int days, std::uint64_t seed) {
  auto random = sim::Rng::stream(seed, "lively");
  return series_of(days, [&](int i) {
    const int day = i / points_a_day;
    const double hour = i % points_a_day / 12.0;
    const double shape =
        1 + 0.6 * std::sin(2 * pi * (hour - 9) / 24) + 0.15 * std::sin(4 * pi * hour / 24);
    const double week = day % 7 >= 5 ? 0.6 : 1;
    const double job = i % 12 == 0 ? 1.15 : 1;
    return 100 * shape * week * (1 + 0.002 * day) * job * (1 + 0.05 * random.standard_normal());
  });
}

TimeSeries part_of(const TimeSeries& whole, int from_day, int to_day) {
  TimeSeries part = whole;
  part.points.assign(whole.points.begin() + from_day * points_a_day,
                     whole.points.begin() + to_day * points_a_day);
  return part;
}

bool is_outside(const AnomalyModel& model, const DataPoint& point, double k) {
  const auto edges = model.at(point.at, k);
  return point.value < edges.lower || point.value > edges.upper;
}

double share_outside(const AnomalyModel& model, const TimeSeries& test, double k) {
  const auto outside = std::ranges::count_if(
      test.points, [&](const DataPoint& it) { return is_outside(model, it, k); });
  return 100.0 * static_cast<double>(outside) / static_cast<double>(test.points.size());
}

// A normal distribution has 4.55 % beyond two deviations and 0.27 % beyond three.
TEST(AnomalyBand, CoversStationaryNoiseAsItsWidthPromises) {
  double outside_2 = 0;
  double outside_3 = 0;
  constexpr int all = 20;
  for (int seed = 0; seed < all; ++seed) {
    auto random = sim::Rng::stream(static_cast<std::uint64_t>(seed), "noise");
    const TimeSeries whole =
        series_of(21, [&](int) { return 1000 + 50 * random.standard_normal(); });
    const AnomalyModel model(part_of(whole, 0, 14), {});
    outside_2 += share_outside(model, part_of(whole, 14, 21), 2) / all;
    outside_3 += share_outside(model, part_of(whole, 14, 21), 3) / all;
  }
  RecordProperty("outside_2", std::to_string(outside_2));
  std::printf("outside of 2 deviations %.2f %%, of 3 %.2f %%\n", outside_2, outside_3);
  EXPECT_NEAR(outside_2, 4.55, 1);
  EXPECT_NEAR(outside_3, 0.27, 1);
}

TEST(AnomalyBand, RaisesFewFalseAlarmsAndMissesNoFault) {
  int false_alarms = 0;
  int faults = 0;
  int found = 0;
  constexpr int series_count = 24;
  constexpr int test_days = 3;
  for (int seed = 0; seed < series_count; ++seed) {
    const TimeSeries whole = lively(14 + test_days, static_cast<std::uint64_t>(seed));
    const AnomalyModel model(part_of(whole, 0, 14), {});
    const auto points = part_of(whole, 14, 14 + test_days).points;
    int run = 0;
    for (const DataPoint& point : points) {
      run = is_outside(model, point, 2) ? run + 1 : 0;
      if (run == 3) ++false_alarms;
    }
    auto random = sim::Rng::stream(static_cast<std::uint64_t>(seed), "faults");
    for (int fault = 0; fault < 20; ++fault) {
      const double place = random.uniform();
      const auto at = static_cast<std::size_t>(place * (test_days * points_a_day - 12));
      const double factor = fault % 2 == 0 ? 0.7 : 1.3;
      bool is_found = true;
      for (std::size_t i = at; i < at + 3; ++i) {
        const DataPoint faulty{points[i].at, points[i].value * factor};
        is_found = is_found && is_outside(model, faulty, 2);
      }
      ++faults;
      found += is_found ? 1 : 0;
    }
  }
  const double a_day = false_alarms / static_cast<double>(series_count * test_days);
  std::printf("%.3f false alarms a series and day, %d of %d faults by the third point\n", a_day,
              found, faults);
  EXPECT_LE(a_day, 0.1);
  EXPECT_GE(found, faults * 99 / 100);
}

TEST(AnomalyBand, SaysWhatItHasLearnedFrom) {
  using State = AnomalyModel::State;
  EXPECT_EQ(AnomalyModel().state(), State::pending_training);
  EXPECT_EQ(AnomalyModel(TimeSeries{}, {}).state(), State::pending_training);
  const TimeSeries day = series_of(1, [](int) { return 5.0; });
  TimeSeries hour = day;
  hour.points.resize(12);
  EXPECT_EQ(AnomalyModel(hour, {}).state(), State::trained_insufficient_data);
  EXPECT_EQ(AnomalyModel(day, {}).state(), State::trained);
  EXPECT_EQ(AnomalyModel::name(State::pending_training), "PENDING_TRAINING");
  EXPECT_EQ(AnomalyModel::name(State::trained_insufficient_data), "TRAINED_INSUFFICIENT_DATA");
  EXPECT_EQ(AnomalyModel::name(State::trained), "TRAINED");
}

TEST(AnomalyBand, LeavesOutWhatIsExcluded) {
  // Half of a day at 1000, else 10.
  const TimeSeries whole = series_of(1, [](int i) { return i < 150 ? 1000.0 : 10.0; });
  const AnomalyModel with(whole, {});
  const AnomalyModel without(whole, {{start, start + 150 * 300s}});
  EXPECT_GT(with.at(start, 2).upper, 500);
  EXPECT_EQ(without.at(start, 2).upper, 10);
}

TEST(AnomalyBand, StaysWithinWhatTheUnitAllows) {
  auto random = sim::Rng::stream(1, "clamp");
  TimeSeries low = series_of(2, [&](int) { return random.uniform() * 10; });
  EXPECT_EQ(AnomalyModel(low, {}).at(start, 9).lower, 0);
  low.points[5].value = -1;
  EXPECT_LT(AnomalyModel(low, {}).at(start, 9).lower, 0);
  TimeSeries high = series_of(2, [&](int) { return 90 + random.uniform() * 10; });
  EXPECT_GT(AnomalyModel(high, {}).at(start, 9).upper, 100);
  high.unit = "Percent";
  EXPECT_EQ(AnomalyModel(high, {}).at(start, 9).upper, 100);
}

TEST(AnomalyBand, FollowsAGrowingMetric) {
  const TimeSeries whole = series_of(15, [](int i) { return 100 * std::exp(0.02 * i / 288.0); });
  const AnomalyModel model(part_of(whole, 0, 14), {});
  EXPECT_NEAR(model.trend_per_day(), std::exp(0.02), 1e-4);
  const DataPoint& later = whole.points.back();
  const auto edges = model.at(later.at, 2);
  EXPECT_NEAR((edges.lower + edges.upper) / 2, later.value, later.value * 0.01);
}

TEST(AnomalyBand, MakesAnAlarmOnItsOwn) {
  sim::Diagnostics diagnostics;
  auto alarms = parse_alarms(R"json({"AlarmName":"odd","EvaluationPeriods":3,"DatapointsToAlarm":3,
      "ComparisonOperator":"GreaterThanUpperThreshold","ThresholdMetricId":"ad1","Metrics":[
       {"Id":"m1","MetricStat":{"Stat":"Average","Period":300,"Metric":{
         "Namespace":"n","MetricName":"m"}}},
       {"Id":"ad1","Expression":"ANOMALY_DETECTION_BAND(m1, 2)"}]})json",
                             "alarms.json", {}, diagnostics);
  ASSERT_EQ(alarms.size(), 1);
  MetricStore store;
  const TimeSeries whole = lively(15, 7);
  for (std::size_t i = 0; i < whole.points.size(); ++i) {
    MetricDatum datum;
    datum.metric = {"n", "m", {}};
    datum.at = whole.points[i].at;
    datum.samples = 1;
    const double value = whole.points[i].value * (i >= whole.points.size() - 3 ? 1.5 : 1);
    datum.sum = datum.minimum = datum.maximum = value;
    store.add(std::move(datum));
  }
  AlarmBoard board(std::move(alarms), start);
  const WallTime end = whole.points.back().at + 300s;
  EXPECT_EQ(board.evaluate(store, end - 3 * 300s).at(0).after.state, AlarmState::ok);
  const auto changes = board.evaluate(store, end);
  ASSERT_EQ(changes.size(), 1);
  EXPECT_EQ(changes[0].after.state, AlarmState::alarm);
  EXPECT_THAT(changes[0].after.reason,
              ::testing::StartsWith("Thresholds Crossed: 3 out of the last 3 datapoints ["));
  EXPECT_THAT(changes[0].after.reason, ::testing::HasSubstr("were greater than the upper "
                                                            "thresholds ["));
}

}  // namespace
}  // namespace hoplab::models::cloudwatch
