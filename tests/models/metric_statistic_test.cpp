// Statistics of CloudWatch, held against the examples of its user guide.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "models/cloudwatch/metric_search.hpp"
#include "models/cloudwatch/metric_store.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Statistic statistic(const std::string& name) {
  sim::Diagnostics diagnostics;
  const auto read = Statistic::parse(name, {"statistic", 1, 1}, diagnostics);
  EXPECT_TRUE(read) << name;
  return *read;
}

std::string mistake_of(const std::string& name) {
  sim::Diagnostics diagnostics;
  EXPECT_FALSE(Statistic::parse(name, {"statistic", 1, 1}, diagnostics)) << name;
  return diagnostics.sorted().empty() ? "" : to_string(diagnostics.sorted().front());
}

/// 1, 2, ..., 100, each once.
PeriodData one_to_hundred() {
  std::string values;
  for (int i = 100; i > 0; --i) values += fmt::format("{}{}", values.empty() ? "" : ",", i);
  const auto datum = parse_metric_datum(fmt::format(
      R"({{"Namespace":"n","MetricName":"m","Timestamp":"2026-01-05T12:00:00Z","Values":[{}]}})",
      values));
  EXPECT_TRUE(datum);
  PeriodData data;
  data.add(*datum);
  return data;
}

std::optional<double> of_hundred(const std::string& name) {
  return statistic(name).of(one_to_hundred());
}

TEST(MetricStatistic, GivesThePlainOnes) {
  EXPECT_EQ(of_hundred("Average"), 50.5);
  EXPECT_EQ(of_hundred("Sum"), 5050);
  EXPECT_EQ(of_hundred("Minimum"), 1);
  EXPECT_EQ(of_hundred("Maximum"), 100);
  EXPECT_EQ(of_hundred("SampleCount"), 100);
}

// "After that, p99 is the maximum value of the remaining 99%, while tm99 is the average."
TEST(MetricStatistic, TakesThePercentileFromWhatIsLeft) {
  EXPECT_EQ(of_hundred("p99"), 99);
  EXPECT_EQ(of_hundred("tm99"), 50);
  EXPECT_EQ(of_hundred("p50"), 50);
  EXPECT_EQ(of_hundred("p99.5"), 100);
  EXPECT_EQ(of_hundred("p0"), 1);
  EXPECT_EQ(of_hundred("p100"), 100);
}

TEST(MetricStatistic, TrimsByPercentagesAndByValues) {
  EXPECT_EQ(of_hundred("TM(2%:98%)"), 50.5);
  EXPECT_EQ(of_hundred("TM(:95%)"), 48);
  EXPECT_EQ(of_hundred("TM(10%:)"), 55.5);
  EXPECT_EQ(of_hundred("IQM"), 50.5);
  EXPECT_EQ(of_hundred("tc90"), 90);
  EXPECT_EQ(of_hundred("ts90"), 90 * 91 / 2);
  EXPECT_EQ(of_hundred("TS(80%:)"), 20 * 90.5);
  // A lower bound is left out, an upper one is in.
  EXPECT_EQ(of_hundred("TC(80:90)"), 10);
  EXPECT_EQ(of_hundred("TM(98:100)"), 99.5);
  EXPECT_EQ(of_hundred("TC(:0.5)"), 0);
  EXPECT_EQ(of_hundred("TM(:0.5)"), std::nullopt);
}

TEST(MetricStatistic, MovesOutliersToTheBoundary) {
  EXPECT_EQ(of_hundred("wm98"), (99 * 98 / 2 + 2 * 98.0) / 100);
  EXPECT_EQ(of_hundred("WM(10%:90%)"), (10 * 11.0 + (90 * 91 / 2 - 10 * 11 / 2) + 10 * 90.0) / 100);
}

TEST(MetricStatistic, RanksValues) {
  EXPECT_EQ(of_hundred("PR(:30)"), 30);
  EXPECT_EQ(of_hundred("PR(10:30)"), 20);
  EXPECT_EQ(of_hundred("PR(95:)"), 5);
}

TEST(MetricStatistic, NeedsRawValuesForPercentiles) {
  PeriodData set;
  MetricDatum datum;
  datum.samples = 3;
  datum.sum = 6;
  datum.minimum = 1;
  datum.maximum = 3;
  set.add(datum);
  EXPECT_EQ(statistic("p50").of(set), std::nullopt);
  EXPECT_EQ(statistic("Average").of(set), 2);
  // "The Min and Max are equal, and Sum is equal to Min multiplied by SampleCount."
  datum = {};
  datum.samples = 3;
  datum.sum = 6;
  datum.minimum = datum.maximum = 2;
  PeriodData equal;
  equal.add(datum);
  EXPECT_EQ(statistic("p50").of(equal), 2);
  // "Not available for metrics when any of the metric values are negative numbers."
  datum.sum = -6;
  datum.minimum = datum.maximum = -2;
  PeriodData negative;
  negative.add(datum);
  EXPECT_EQ(statistic("p50").of(negative), std::nullopt);
}

TEST(MetricStatistic, CountsEachValueAsOftenAsItCame) {
  const auto datum = parse_metric_datum(
      R"({"MetricName":"m","Timestamp":"2026-01-05T12:00:00Z","Values":[5,1],"Counts":[1,9]})");
  ASSERT_TRUE(datum);
  PeriodData data;
  data.add(*datum);
  EXPECT_EQ(statistic("p90").of(data), 1);
  EXPECT_EQ(statistic("p91").of(data), 5);
  EXPECT_EQ(statistic("Average").of(data), 1.4);
}

TEST(MetricStatistic, SaysWhereANameIsWrong) {
  EXPECT_THAT(mistake_of("Avarage"), HasSubstr("did you mean 'Average'?"));
  EXPECT_THAT(mistake_of("p101"), HasSubstr("statistic:1:2: error[E0907]"));
  EXPECT_THAT(mistake_of("TM(10%-90%)"), HasSubstr("statistic:1:7: error[E0907]: statistic"));
  EXPECT_THAT(mistake_of("TM(10%-90%)"), HasSubstr("expected ':'"));
  EXPECT_THAT(mistake_of("TM(10%:90)"), HasSubstr("one bound is a percentage"));
  EXPECT_THAT(mistake_of("TC(80:50)"), HasSubstr("not below"));
  EXPECT_THAT(mistake_of("TC(80:90"), HasSubstr("expected ')'"));
  EXPECT_THAT(mistake_of("PR(:30%)"), HasSubstr("values, not percentages"));
  EXPECT_THAT(mistake_of("p99.12345678901"), HasSubstr("ten decimals"));
  EXPECT_THAT(mistake_of(""), HasSubstr("E0907"));
}

// --- The store ---------------------------------------------------------------------------------

MetricDatum at_second(int second, double value) {
  MetricDatum datum;
  datum.metric = {"n", "m", {}};
  datum.at = WallTime(std::chrono::seconds(second));
  datum.samples = 1;
  datum.sum = datum.minimum = datum.maximum = value;
  return datum;
}

TEST(MetricStore, MakesOnePointOfEachPeriodThatHasData) {
  MetricStore store;
  for (const auto& [second, value] : {std::pair(130, 7.0), {0, 1.0}, {59, 3.0}, {240, 9.0}}) {
    store.add(at_second(second, value));  // Not in the order of time.
  }
  const TimeRange range{WallTime(0s), WallTime(240s)};
  const auto series = store.series({"n", "m", {}}, statistic("Average"), 60s, range);
  ASSERT_EQ(series.points.size(), 2);
  EXPECT_EQ(series.points[0].value, 2);
  EXPECT_EQ(series.points[1].at, WallTime(120s));
  EXPECT_EQ(series.points[1].value, 7);
  EXPECT_TRUE(store.series({"n", "other", {}}, statistic("Sum"), 60s, range).points.empty());
  store.forget_before(WallTime(60s));
  EXPECT_EQ(store.datum_count({"n", "m", {}}), 2);
}

TEST(MetricStore, PassesOverWhatIsNoDatum) {
  for (const char* text :
       {"", "{", "[]", "7", R"({"MetricName":"m"})",
        R"({"MetricName":"m","Timestamp":"yesterday","Value":1})",
        R"({"MetricName":7,"Timestamp":"2026-01-05T12:00:00Z","Value":1})",
        R"({"MetricName":"m","Timestamp":"2026-01-05T12:00:00Z"})",
        R"({"MetricName":"m","Timestamp":"2026-01-05T12:00:00Z","Values":["x"],"Counts":7})",
        R"({"MetricName":"m","Timestamp":"2026-01-05T12:00:00Z","StatisticValues":[1]})"}) {
    EXPECT_FALSE(parse_metric_datum(text)) << text;
  }
}

// --- SEARCH ------------------------------------------------------------------------------------

bool finds(const std::string& search, const MetricId& metric) {
  sim::Diagnostics diagnostics;
  const auto read = MetricSearch::parse(search, {"search", 1, 1}, diagnostics);
  EXPECT_TRUE(read) << search;
  return read && read->matches(metric);
}

// The table of "CloudWatch search expressions: Tokenization".
TEST(MetricSearch, CutsNamesIntoTokens) {
  EXPECT_THAT(search_tokens("CustomCount1"), ElementsAre("custom", "count", "1"));
  EXPECT_THAT(search_tokens("SDBFailure"), ElementsAre("sdb", "failure"));
  EXPECT_THAT(search_tokens("Project2-trial333"), ElementsAre("project", "2", "trial", "333"));
  EXPECT_THAT(search_tokens("Network-Errors_2"), ElementsAre("network", "errors", "2"));
}

TEST(MetricSearch, FindsWordsNamesAndSchemas) {
  const MetricId metric{"AWS/EC2", "CustomCount1", {{"InstanceId", "i-1"}}};
  for (const char* word : {"count", "Count", "COUNT", "CustomCount", "Count1", "customcount1"}) {
    EXPECT_TRUE(finds(word, metric)) << word;
  }
  EXPECT_FALSE(finds("couNT", metric));
  EXPECT_FALSE(finds("customcount", metric));
  EXPECT_TRUE(finds(" {AWS/EC2, InstanceId} ", metric));
  EXPECT_TRUE(finds("{AWS/EC2,InstanceId} MetricName=\"CustomCount1\"", metric));
  EXPECT_FALSE(finds("{AWS/EC2} MetricName=\"CustomCount1\"", metric));
  EXPECT_FALSE(finds("{AWS/EC2,InstanceId}, \"customcount1\"", metric));
  EXPECT_TRUE(finds("InstanceId=\"i-1\" Namespace=\"AWS/EC2\"", metric));
  EXPECT_FALSE(finds("NOT Namespace=AWS", metric));
  EXPECT_TRUE(finds("(EBS OR EC2) AND MetricName=custom", metric));
  EXPECT_FALSE(finds("EC2 NOT \"i-1\"", metric));
}

TEST(MetricSearch, SaysWhereASearchIsWrong) {
  for (const auto& [text, where] : {std::pair("{AWS/EC2", "search:1:9"),
                                    {"(a OR b", "search:1:8"},
                                    {"MetricName=", "search:1:12"},
                                    {"a)", "search:1:2"},
                                    {"", "search:1:1"}}) {
    sim::Diagnostics diagnostics;
    EXPECT_FALSE(MetricSearch::parse(text, {"search", 1, 1}, diagnostics)) << text;
    ASSERT_EQ(diagnostics.errors(), 1) << text;
    EXPECT_THAT(to_string(diagnostics.sorted()[0]), HasSubstr(where)) << text;
  }
}

}  // namespace
}  // namespace hoplab::models::cloudwatch
