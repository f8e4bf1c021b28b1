// What metrics were before a run, and the bands that follow from it.
#include "models/cloudwatch/metric_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "models/cloudwatch/alarm_board.hpp"
#include "models/cloudwatch/alarm_document.hpp"
#include "models/cloudwatch/scenario_history.hpp"
#include "sim/random.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A Monday noon.
const WallTime noon = *sim::parse_iso8601("2026-01-05T12:00:00Z");
const MetricId requests{"n", "Requests", {{"Service", "b"}}};

Statistic statistic(const std::string& name) {
  sim::Diagnostics diagnostics;
  return *Statistic::parse(name, {}, diagnostics);
}

scenarios::MetricHistory profile(double level, double noise) {
  scenarios::MetricHistory it;
  it.name_space = requests.name_space;
  it.metric = requests.name;
  it.dimensions = {{"Service", "b"}};
  it.statistic = "Average";
  it.level = level;
  it.noise = sim::Ratio(noise);
  return it;
}

MetricHistory history_of(scenarios::MetricHistory it, std::uint64_t seed = 1) {
  Statistic of = statistic(it.statistic);
  return {std::move(it), std::move(of), noon, seed};
}

std::vector<double> values_of(const MetricHistory& history) {
  std::vector<double> values;
  for (WallTime at = history.range().from; at < history.range().to; at += 1min) {
    if (const auto value = history.at(at)) values.push_back(*value);
  }
  return values;
}

TimeSeries series_in(const MetricHistory& history, TimeRange range, Period period) {
  TimeSeries series;
  series.period = period;
  history.precede(series, range);
  return series;
}

double percent_beyond(const std::vector<double>& values, double middle, double distance) {
  const auto beyond =
      std::ranges::count_if(values, [&](double it) { return std::abs(it - middle) > distance; });
  return 100.0 * static_cast<double>(beyond) / static_cast<double>(values.size());
}

// --- The datapoints ----------------------------------------------------------------------------

TEST(MetricHistory, HasAPointEachMinuteUpToTheRun) {
  const MetricHistory history = history_of(profile(100, 0.05));
  EXPECT_EQ(values_of(history).size(), 14U * 24 * 60);
  EXPECT_EQ(history.range().to, noon);
  EXPECT_TRUE(history.at(noon - 1min));
  EXPECT_FALSE(history.at(noon));
  EXPECT_FALSE(history.at(noon - 14 * 24h - 1min));
}

TEST(MetricHistory, IsTheSameForASeedAndAnotherForAnother) {
  const auto values = values_of(history_of(profile(100, 0.05)));
  EXPECT_EQ(values, values_of(history_of(profile(100, 0.05))));
  EXPECT_NE(values, values_of(history_of(profile(100, 0.05), 2)));
  auto other = profile(100, 0.05);
  other.dimensions = {{"Service", "c"}};
  EXPECT_NE(values, values_of(history_of(other)));
}

// Nobody has to ask for all of it, or in the order of time.
TEST(MetricHistory, IsTheSameInWhateverPartsItIsAskedFor) {
  const MetricHistory history = history_of(profile(100, 0.05));
  const TimeSeries whole = series_in(history, {noon - 2h, noon}, Period(60));
  ASSERT_EQ(whole.points.size(), 120U);
  for (const auto& [from, to] : {std::pair{30min, 10min}, std::pair{120min, 119min}}) {
    const TimeSeries part = series_in(history, {noon - from, noon - to}, Period(60));
    for (const DataPoint& point : part.points) {
      EXPECT_EQ(point.value,
                whole.points[static_cast<std::size_t>((point.at - (noon - 2h)) / 1min)].value);
    }
  }
}

// Of a normal distribution 31.73 % are beyond one deviation, 4.55 % beyond two, 0.27 % beyond
// three; the bounds are four deviations of the share of 20,160 draws.
TEST(MetricHistory, HasTheNoiseOfANormalDistribution) {
  const auto values = values_of(history_of(profile(200, 0.05)));
  const auto within = [&](double share) {
    return 400 * std::sqrt(share * (1 - share) / static_cast<double>(values.size()));
  };
  EXPECT_NEAR(percent_beyond(values, 200, 10), 31.731, within(0.317));
  EXPECT_NEAR(percent_beyond(values, 200, 20), 4.550, within(0.0455));
  EXPECT_NEAR(percent_beyond(values, 200, 30), 0.270, within(0.0027));
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  EXPECT_NEAR(mean, 200, 4 * 10 / std::sqrt(static_cast<double>(values.size())));
}

TEST(MetricHistory, FollowsTheHoursAndTheDays) {
  auto shaped = profile(100, 0);
  shaped.wave = {sim::Ratio(0.4), 14h, {1, 1, 1, 1, 1, 0.5, 0.25}};
  const MetricHistory history = history_of(shaped);
  const auto at = [&](const char* instant) { return *history.at(*sim::parse_iso8601(instant)); };
  EXPECT_NEAR(at("2026-01-02T14:00:00Z"), 140, 1e-9);  // Friday, at the peak.
  EXPECT_NEAR(at("2026-01-02T02:00:00Z"), 60, 1e-9);
  EXPECT_NEAR(at("2026-01-02T08:00:00Z"), 100, 1e-9);
  EXPECT_NEAR(at("2026-01-03T14:00:00Z"), 70, 1e-9);  // Saturday.
  EXPECT_NEAR(at("2026-01-04T14:00:00Z"), 35, 1e-9);
  auto hourly = profile(100, 0);
  hourly.hour_factors.assign(24, 1);
  hourly.hour_factors[3] = 2.5;
  const MetricHistory with_a_job = history_of(hourly);
  EXPECT_EQ(with_a_job.at(*sim::parse_iso8601("2026-01-02T03:59:00Z")), 250);
  EXPECT_EQ(with_a_job.at(*sim::parse_iso8601("2026-01-02T04:00:00Z")), 100);
}

TEST(MetricHistory, LacksTheShareOfItsPointsThatIsMissing) {
  auto gappy = profile(100, 0.05);
  gappy.missing = sim::Ratio(0.1);
  const double there = static_cast<double>(values_of(history_of(gappy)).size());
  EXPECT_NEAR(there / 20'160, 0.9, 4 * std::sqrt(0.09 / 20'160));
  gappy.missing = sim::Ratio(1);
  EXPECT_THAT(values_of(history_of(gappy)), IsEmpty());
}

TEST(MetricHistory, StaysWhereItsUnitCanBe) {
  auto wild = profile(90, 1);
  wild.unit = "Percent";
  const auto values = values_of(history_of(wild));
  EXPECT_EQ(*std::ranges::min_element(values), 0);
  EXPECT_EQ(*std::ranges::max_element(values), 100);
}

TEST(MetricHistory, AddsUpAveragesOrPicksOverALongerPeriod) {
  const auto five_minutes = [](const char* name) {
    auto it = profile(100, 0.05);
    it.statistic = name;
    const MetricHistory history = history_of(it);
    std::vector<double> minutes;
    for (int i = 0; i < 5; ++i) minutes.push_back(*history.at(noon - 1h + i * 1min));
    const auto points = series_in(history, {noon - 1h, noon}, Period(300)).points;
    EXPECT_EQ(points.size(), 12U);
    return std::pair(points.front().value, minutes);
  };
  const auto sum_of = [](const std::vector<double>& all) {
    double sum = 0;
    for (const double it : all) sum += it;
    return sum;
  };
  for (const char* name : {"Sum", "SampleCount", "tc99"}) {
    const auto [value, minutes] = five_minutes(name);
    EXPECT_DOUBLE_EQ(value, sum_of(minutes)) << name;
  }
  for (const char* name : {"Average", "p99", "tm90"}) {
    const auto [value, minutes] = five_minutes(name);
    EXPECT_DOUBLE_EQ(value, sum_of(minutes) / 5) << name;
  }
  const auto [largest, of_largest] = five_minutes("Maximum");
  EXPECT_EQ(largest, *std::ranges::max_element(of_largest));
  const auto [smallest, of_smallest] = five_minutes("Minimum");
  EXPECT_EQ(smallest, *std::ranges::min_element(of_smallest));
}

// --- In a store --------------------------------------------------------------------------------

void put(MetricStore& store, WallTime at, double value) {
  MetricDatum datum;
  datum.metric = requests;
  datum.at = at;
  datum.samples = 1;
  datum.sum = datum.minimum = datum.maximum = value;
  store.add(std::move(datum));
}

TEST(MetricHistory, GoesOnAsTheDataOfTheRun) {
  MetricStore store;
  store.add_history(history_of(profile(100, 0)));
  put(store, noon, 7);
  put(store, noon + 1min, 9);
  const auto each =
      store.series(requests, statistic("Average"), Period(60), {noon - 2min, noon + 2min});
  std::vector<double> values;
  for (const DataPoint& point : each.points) values.push_back(point.value);
  EXPECT_THAT(values, ElementsAre(100, 100, 7, 9));
  // Three minutes of before the run and two of the run.
  const auto both =
      store.series(requests, statistic("Average"), Period(300), {noon - 3min, noon + 2min});
  ASSERT_EQ(both.points.size(), 1U);
  EXPECT_DOUBLE_EQ(both.points[0].value, (3 * 100 + 2 * 8) / 5.0);
}

TEST(MetricHistory, IsOfItsStatisticAlone) {
  MetricStore store;
  store.add_history(history_of(profile(100, 0)));
  const TimeRange hour{noon - 1h, noon};
  EXPECT_EQ(store.series(requests, statistic("Average"), Period(60), hour).points.size(), 60U);
  EXPECT_THAT(store.series(requests, statistic("p99"), Period(60), hour).points, IsEmpty());
  EXPECT_FALSE(store.extent()) << "a history is no data of the run";
}

// --- Bands and alarms --------------------------------------------------------------------------

MetricRequest band_of_average(double k) {
  sim::Diagnostics diagnostics;
  std::vector<MetricQuery> queries;
  queries.push_back({"m1", MetricStat{requests, statistic("Average"), Period(60)}, "", {}, true});
  queries.push_back({"ad1", {}, fmt::format("ANOMALY_DETECTION_BAND(m1, {})", k), {}, true});
  return *MetricRequest::make(std::move(queries), {"e", 1, 1}, diagnostics);
}

// 4.55 % of a normal distribution are beyond two deviations: the band of one past must leave out as
// much of another one of the same kind.
TEST(MetricHistory, HasABandThatCoversWhatItsWidthPromises) {
  for (const auto& [k, outside] : {std::pair{1.0, 31.731}, std::pair{2.0, 4.550}}) {
    double found = 0;
    constexpr int all = 4;
    for (std::uint64_t seed = 0; seed < all; ++seed) {
      MetricStore store;
      store.add_history(history_of(profile(1000, 0.05), seed));
      BandModels models;
      sim::Diagnostics diagnostics;
      const auto results = *band_of_average(k).run(store, {noon, noon + 1min}, models, diagnostics);
      const double upper = results[1].series[0].points.at(0).value;
      const double lower = results[1].series[1].points.at(0).value;
      const auto others = values_of(history_of(profile(1000, 0.05), 100 + seed));
      found += percent_beyond(others, (upper + lower) / 2, (upper - lower) / 2) / all;
    }
    EXPECT_NEAR(found, outside, outside / 8) << k;
  }
}

std::vector<Alarm> band_alarm() {
  sim::Diagnostics diagnostics;
  auto alarms = parse_alarms(R"json({"AlarmName":"odd","EvaluationPeriods":3,
      "ComparisonOperator":"LessThanLowerOrGreaterThanUpperThreshold","ThresholdMetricId":"ad1",
      "Metrics":[{"Id":"m1","MetricStat":{"Stat":"Average","Period":60,"Metric":{
         "Namespace":"n","MetricName":"Requests","Dimensions":[{"Name":"Service","Value":"b"}]}}},
       {"Id":"ad1","Expression":"ANOMALY_DETECTION_BAND(m1, 3)"}]})json",
                             "alarms.json", {}, diagnostics);
  EXPECT_TRUE(diagnostics.sorted().empty());
  return alarms;
}

TEST(MetricHistory, TrainsABandBeforeTheFirstEvaluation) {
  for (const bool has_history : {true, false}) {
    MetricStore store;
    if (has_history) store.add_history(history_of(profile(1000, 0.05)));
    put(store, noon, 1000);
    BandModels models;
    sim::Diagnostics diagnostics;
    const auto results = *band_of_average(2).run(store, {noon, noon + 1min}, models, diagnostics);
    EXPECT_EQ(AnomalyModel::name(models.by_expression.begin()->second.model.state()),
              has_history ? "TRAINED" : "PENDING_TRAINING");
    EXPECT_EQ(results[1].series[0].points.size(), has_history ? 1U : 0U);
    AlarmBoard board(band_alarm(), noon);
    (void)board.evaluate(store, noon + 61s);
    EXPECT_EQ(board.status(0).state, has_history ? AlarmState::ok : AlarmState::insufficient_data);
  }
}

TEST(MetricHistory, OfTooShortATimeTrainsNoBand) {
  auto brief = profile(1000, 0.05);
  brief.length = 2h;
  MetricStore store;
  store.add_history(history_of(brief));
  BandModels models;
  sim::Diagnostics diagnostics;
  (void)band_of_average(2).run(store, {noon, noon + 1min}, models, diagnostics);
  EXPECT_EQ(AnomalyModel::name(models.by_expression.begin()->second.model.state()),
            "TRAINED_INSUFFICIENT_DATA");
}

// The day swings by a half, so that only a band that knows the hour is as narrow as that.
TEST(MetricHistory, RaisesAnAlarmAtAShiftOfThirtyPercentWithinThreeMinutes) {
  for (const double factor : {1.0, 0.7, 1.3}) {
    auto shaped = profile(1000, 0.05);
    shaped.wave.amplitude = sim::Ratio(0.5);
    MetricStore store;
    store.add_history(history_of(shaped));
    AlarmBoard board(band_alarm(), noon);
    shaped.noise = sim::Ratio(0);
    const MetricHistory usual(shaped, statistic("Average"), noon + 1h, 1);
    for (int minute = 0; minute < 6; ++minute) {
      const WallTime at = noon + minute * 1min;
      put(store, at, *usual.at(at) * (minute < 3 ? 1 : factor));
      (void)board.evaluate(store, at + 61s);
      const bool is_odd = factor != 1 && minute == 5;
      EXPECT_EQ(board.status(0).state, is_odd ? AlarmState::alarm : AlarmState::ok)
          << factor << " at minute " << minute;
    }
  }
}

// --- In a recording ----------------------------------------------------------------------------

TEST(MetricHistory, IsReadBackFromOneLineToTheLastBit) {
  auto shaped = profile(0.1 + 0.2, 1.0 / 3);
  shaped.unit = "Milliseconds";
  shaped.length = 90min;
  shaped.statistic = "p99";
  shaped.wave = {sim::Ratio(0.1), sim::Duration(12'345'678'901), {1, 2, 3, 4, 5, 6, 0.7}};
  shaped.hour_factors.assign(24, 0.9);
  shaped.missing = sim::Ratio(0.01);
  const MetricHistory history = history_of(shaped, 0xffff'ffff'ffff'fff7);
  const std::string line = history.to_json();
  EXPECT_LT(line.size(), 1'000U) << "it stands for 20,160 datapoints";
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto read = parse_metric_history(line);
  ASSERT_TRUE(read) << line;
  EXPECT_EQ(read->to_json(), line);
  EXPECT_EQ(read->unit(), "Milliseconds");
  EXPECT_EQ(values_of(*read), values_of(history));
}

TEST(MetricHistory, OfADamagedLineIsNone) {
  const std::string line = history_of(profile(100, 0.05)).to_json();
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(parse_metric_history(line.substr(0, length))) << length;
  }
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = line;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return parse_metric_history(text.replace(at, from.size(), to));
  };
  EXPECT_FALSE(changed("2026-01-05", "2026-01-65"));
  EXPECT_FALSE(changed("2026-01-05", "2027-01-05")) << "a year of minutes is nobody's history";
  EXPECT_FALSE(changed("2025-12-22", "2026-01-22")) << "it ends before it begins";
  EXPECT_FALSE(changed("Average", "Avarage"));
  EXPECT_FALSE(changed("\"level\":100.0", "\"level\":\"much\""));
  EXPECT_FALSE(changed("[1.0,", "["));
}

// Whatever is read has datapoints where it says so, or none; nothing falls over.
TEST(MetricHistory, SurvivesLinesWithRandomDamage) {
  const std::string line = history_of(profile(100, 0.05)).to_json();
  auto random = sim::Rng::stream(1, "damage");
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = line;
    for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
      const std::size_t at = random.below(damaged.size());
      const bool is_digit = random.chance(sim::Ratio(0.5));
      damaged[at] = static_cast<char>(is_digit ? '0' + random.below(10) : random.below(256));
    }
    const auto history = parse_metric_history(damaged);
    if (!history) continue;
    ++read;
    TimeSeries series;
    history->precede(series, {history->range().to - 1h, history->range().to});
    EXPECT_LE(series.points.size(), 60U);
  }
  EXPECT_GT(read, 1'000) << "a figure may change into another one";
}

// --- Of a scenario -----------------------------------------------------------------------------

std::vector<std::string> told_of(const std::string& history, const std::string& alarms = "") {
  const std::string text = "telemetry: {cloudwatch: {history: [" + history + "]" +
                           (alarms.empty() ? "" : ", alarms: [" + alarms + "]") + "}}";
  auto loaded = scenarios::load_with(text);
  if (!loaded.scenario) return loaded.messages();
  (void)histories_of(*loaded.scenario, loaded.diagnostics);
  std::vector<std::string> all;
  for (const sim::Diagnostic& it : loaded.diagnostics.sorted()) all.push_back(sim::to_string(it));
  return all;
}

constexpr const char* cpu_of_b = R"({Namespace: AWS/ECS, MetricName: CPUUtilization, level: 25,
  Dimensions: [{Name: ClusterName, Value: hoplab}, {Name: ServiceName, Value: b}]})";

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(MetricHistory, OfAMetricThatNothingWritesIsTold) {
  EXPECT_THAT(told_of(cpu_of_b), IsEmpty());
  EXPECT_THAT(told_of(changed(cpu_of_b, "CPUUtilization", "CPUUtilisation")),
              ElementsAre(AllOf(HasSubstr("warning[W0703]: nothing writes the metric 'AWS/ECS "
                                          "CPUUtilisation'"),
                                HasSubstr("folder/s.yaml:5:"),
                                HasSubstr("did you mean 'CPUUtilization'?"))));
  EXPECT_THAT(told_of(changed(cpu_of_b, "AWS/ECS", "AWS/ESC")),
              ElementsAre(AllOf(HasSubstr("nothing writes metrics of 'AWS/ESC'"),
                                HasSubstr("did you mean 'AWS/ECS'?"))));
  EXPECT_THAT(told_of(changed(cpu_of_b, "Value: b", "Value: c")),
              ElementsAre(HasSubstr("nothing writes metrics with ServiceName=c")));
  EXPECT_THAT(told_of(changed(cpu_of_b, "hoplab", "hoplap")),
              ElementsAre(HasSubstr("did you mean 'hoplab'?")));
  // Only a proxy of Service Connect counts them.
  EXPECT_THAT(told_of(changed(cpu_of_b, "CPUUtilization", "RequestCount")),
              ElementsAre(HasSubstr("nothing writes the metric 'AWS/ECS RequestCount'")));
  EXPECT_THAT(told_of("{Namespace: CWagent, MetricName: envoy_cluster_upstream_rq, level: 2}"),
              ElementsAre(HasSubstr("did you mean 'CWAgent'?")));
  EXPECT_THAT(told_of("{Namespace: shop, MetricName: orders, level: 2}"), IsEmpty());
  EXPECT_THAT(told_of("{Namespace: CWAgent, MetricName: envoy_cluster_upstream_rq, level: 2}"),
              IsEmpty());
}

TEST(MetricHistory, ThatNoAlarmReadsIsTold) {
  constexpr const char* alarm = R"({AlarmName: busy, Namespace: AWS/ECS, MetricName: CPUUtilization,
    Dimensions: [{Name: ClusterName, Value: hoplab}, {Name: ServiceName, Value: b}], Period: 60,
    Statistic: Average, EvaluationPeriods: 1, Threshold: 80,
    ComparisonOperator: GreaterThanThreshold})";
  EXPECT_THAT(told_of(cpu_of_b, alarm), IsEmpty());
  EXPECT_THAT(told_of(changed(cpu_of_b, "level", "Stat: Maximum, level"), alarm),
              ElementsAre(AllOf(HasSubstr("no alarm reads 'AWS/ECS CPUUtilization "
                                          "ClusterName=hoplab ServiceName=b, Maximum'"),
                                HasSubstr("ServiceName=b, Average'"))));
}

TEST(MetricHistory, OfARunWithoutMetricsIsTold) {
  auto loaded = scenarios::load_with(std::string("telemetry: {sources: [xray], cloudwatch: "
                                                 "{history: [") +
                                     cpu_of_b + "]}}");
  ASSERT_TRUE(loaded.scenario);
  (void)histories_of(*loaded.scenario, loaded.diagnostics);
  EXPECT_THAT(loaded.only_message(), HasSubstr("the run writes no metrics"));
}

TEST(MetricHistory, WithAStatisticThatIsNoneIsAnError) {
  EXPECT_THAT(told_of(changed(cpu_of_b, "level", "Stat: Avarage, level")),
              ElementsAre(HasSubstr("error[E0907]: there is no statistic 'Avarage'")));
}

TEST(MetricHistory, HasTheUnitThatItsMetricHas) {
  const auto loaded =
      scenarios::load_with(std::string("telemetry: {cloudwatch: {history: [") + cpu_of_b + "]}}");
  sim::Diagnostics diagnostics;
  const auto histories = histories_of(*loaded.scenario, diagnostics);
  ASSERT_EQ(histories.size(), 1U);
  EXPECT_EQ(histories[0].unit(), "Percent");
}

}  // namespace
}  // namespace hoplab::models::cloudwatch
