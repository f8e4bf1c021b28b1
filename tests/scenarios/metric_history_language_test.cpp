// `telemetry.cloudwatch.history`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Loaded load_history(const std::string& history) {
  return load_with("telemetry: {cloudwatch: {history: " + history + "}}");
}

TEST(MetricHistoryLanguage, SaysWhatAMetricWas) {
  const auto loaded = load_history(R"([{Namespace: AWS/ECS, MetricName: CPUUtilization, Stat: p99,
    Dimensions: [{Name: ServiceName, Value: b}, {Name: ClusterName, Value: hoplab}],
    Unit: Percent, length: 7d, level: 25.5, amplitude: 40%, peakHour: 0, noise: 5%, missing: 0.01,
    weekdayFactors: [1, 1, 1, 1, 1, 0.5, 0.4],
    hourFactors: [1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}])");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  ASSERT_EQ(loaded.scenario->histories.size(), 1U);
  const MetricHistory& history = loaded.scenario->histories.front();
  EXPECT_EQ(history.name_space, "AWS/ECS");
  EXPECT_EQ(history.metric, "CPUUtilization");
  EXPECT_EQ(history.statistic, "p99");
  EXPECT_THAT(history.dimensions,
              ElementsAre(Pair("ClusterName", "hoplab"), Pair("ServiceName", "b")));
  EXPECT_EQ(history.unit, "Percent");
  EXPECT_EQ(history.length, 7 * 24h);
  EXPECT_EQ(history.level, 25.5);
  EXPECT_EQ(history.wave.amplitude, Ratio(0.4));
  EXPECT_EQ(history.wave.peak, 0h);
  EXPECT_EQ(history.wave.weekday[5], 0.5);
  EXPECT_EQ(history.hour_factors.at(3), 2);
  EXPECT_EQ(history.noise, Ratio(0.05));
  EXPECT_EQ(history.missing, Ratio(0.01));
}

TEST(MetricHistoryLanguage, IsTwoWeeksOfOneLevelWhereNothingIsSaid) {
  const auto loaded = load_history("[{Namespace: n, MetricName: m, level: 0}]");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const MetricHistory& history = loaded.scenario->histories.at(0);
  EXPECT_EQ(history.statistic, "Average");
  EXPECT_EQ(history.length, 14 * 24h);
  EXPECT_EQ(history.level, 0);
  EXPECT_EQ(history.noise, Ratio(0));
  EXPECT_TRUE(history.hour_factors.empty());
}

TEST(MetricHistoryLanguage, TellsAllMistakesAtOnceAndWhere) {
  const auto loaded = load_history(R"([
    {Namespace: AWS/ECS, MetricName: m, level: -5, length: 16d, Unit: Percents},
    {MetricNme: m, level: 5, length: 90s, weekdayFactors: [1, 1], noise: 5},
    {Namespace: n, MetricName: m, level: 5},
    {Namespace: n, MetricName: m, level: 6, Dimensions: [{Name: a, Value: b}, {Name: a, Value: c}]},
    {Namespace: n, MetricName: m, level: 6}])");
  EXPECT_FALSE(loaded.scenario);
  EXPECT_THAT(loaded.messages(),
              ElementsAre(HasSubstr("-5 is below 0 | metrics of a mesh are 0 or more"),
                          HasSubstr("16d is longer than CloudWatch keeps minutes | at most 15d"),
                          HasSubstr("did you mean 'Percent'?"), HasSubstr("Namespace"),
                          HasSubstr("MetricName"), HasSubstr("did you mean 'MetricName'?"),
                          HasSubstr("90s is no whole number of minutes"),
                          HasSubstr("wants a list of seven numbers"), HasSubstr("'5'"),
                          HasSubstr("a second dimension 'a'"),
                          HasSubstr("a second history of n m, Average")));
  EXPECT_THAT(loaded.places(), ElementsAre("6:48 E0212", "6:60 E0212", "6:71 E0213", "7:5 E0202",
                                           "7:5 E0202", "7:6 E0201", "7:38 E0212", "7:59 E0203",
                                           "7:74 E0208", "9:79 E0411", "10:5 E0411"));
}

TEST(MetricHistoryLanguage, WantsAListAndTwentyFourHours) {
  EXPECT_THAT(load_history("{Namespace: n}").only_message(), HasSubstr("list"));
  EXPECT_THAT(
      load_history("[{Namespace: n, MetricName: m, level: 1, hourFactors: [1, 2]}]").only_message(),
      HasSubstr("'hourFactors' wants a list of 24 numbers"));
  EXPECT_THAT(load_history("[{Namespace: n, MetricName: m, level: .nan}]").only_message(),
              HasSubstr("not a finite number"));
}

}  // namespace
}  // namespace hoplab::scenarios
