// Metric math: each documented function, held against the user guide's words and tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "models/cloudwatch/math_machine.hpp"
#include "models/cloudwatch/metric_query.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Values = std::vector<std::optional<double>>;
constexpr auto none = std::nullopt;

/// Monday, 5 January 2026, 12:58 UTC, so that the third minute is another hour.
const WallTime start = *sim::parse_iso8601("2026-01-05T12:58:00Z");

TimeSeries series_of(const Values& values, const std::string& label = "") {
  TimeSeries series;
  series.label = label;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) series.points.push_back({start + static_cast<int>(i) * 60s, *values[i]});
  }
  return series;
}

class MetricMath : public ::testing::Test {
 protected:
  MetricMath() { context_.range = {start, start + 300s}; }

  void give(const std::string& id, const Values& values) {
    context_.values.push_back({id, series_of(values, id), true});
  }

  std::optional<SeriesList> run(const std::string& text) {
    diagnostics_ = {};
    const auto expression = MathExpression::parse(text, {"expression", 1, 1}, diagnostics_);
    if (!expression) return std::nullopt;
    return evaluate_series(*expression, context_, diagnostics_);
  }

  /// By minute, as long as the range; of the one series that comes out.
  Values values(const std::string& text) {
    const auto list = run(text);
    if (!list || list->size() != 1) {
      ADD_FAILURE() << text << ": " << mistake();
      return {};
    }
    Values all;
    for (const WallTime at : timestamps_of(context_.range, 60s)) {
      const DataPoint* point = point_at(list->front(), at);
      all.push_back(point == nullptr ? std::nullopt : std::optional(point->value));
    }
    return all;
  }

  std::vector<std::string> labels(const std::string& text) {
    const auto list = run(text);
    std::vector<std::string> all;
    for (const TimeSeries& it : list.value_or(SeriesList{})) all.push_back(it.label);
    return all;
  }

  std::string mistake() {
    return diagnostics_.sorted().empty() ? "" : to_string(diagnostics_.sorted().front());
  }
  std::string mistake_of(const std::string& text) {
    EXPECT_FALSE(run(text)) << text;
    return mistake();
  }

  MathContext context_;
  sim::Diagnostics diagnostics_;
};

TEST_F(MetricMath, ComputesWithMissingValuesAsNothing) {
  give("m1", {1, 2, none, 4, none});
  give("m2", {10, none, 30, 0, none});
  EXPECT_THAT(values("m1 + m2"), ElementsAre(11, 2, 30, 4, none));
  EXPECT_THAT(values("m1 - m2"), ElementsAre(-9, 2, -30, 4, none));
  EXPECT_THAT(values("5 * m1"), ElementsAre(5, 10, none, 20, none));
  EXPECT_THAT(values("-m1 ^ 2"), ElementsAre(-1, -4, none, -16, none));
  EXPECT_THAT(values("2 ^ 3 ^ 2 * m1"), ElementsAre(512, 1024, none, 2048, none));
  EXPECT_THAT(values("(m1 + 1) * 2"), ElementsAre(4, 6, none, 10, none));
  EXPECT_THAT(values("m1^-1"), ElementsAre(1, 0.5, none, 0.25, none));
}

// "If the value of a data point causes a function to attempt to divide by zero, the data point is
// dropped."
TEST_F(MetricMath, DropsPointsThatDivideByZero) {
  give("m1", {1, 2, 3, 4, 5});
  give("m2", {2, 0, none, 4, 5});
  EXPECT_THAT(values("m1 / m2"), ElementsAre(0.5, none, none, 1, 1));
}

// The table of "Comparison and logical operators".
TEST_F(MetricMath, ComparesAsTheTableSays) {
  context_.range.to = start + 240s;
  give("metric1", {30, 20, 0, 0});
  give("metric2", {20, none, 20, none});
  EXPECT_THAT(values("(metric1 < metric2)"), ElementsAre(0, 0, 1, 0));
  EXPECT_THAT(values("(metric1 >= 30)"), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(values("(metric1 > 15 AND metric2 > 15)"), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(values("(metric1 > 15 && metric2 > 15)"), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(values("metric1 == 0 OR metric1 != 20"), ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(values("metric1 == 0 || metric1 <= 20"), ElementsAre(0, 1, 1, 1));
}

// The three tables of "Using IF expressions".
TEST_F(MetricMath, ChoosesAsTheTablesSay) {
  give("metric1", {1, 1, 0, 0, none});
  give("metric2", {30, none, 0, 0, 30});
  give("metric3", {0, 0, 20, none, 20});
  EXPECT_THAT(values("IF(metric1, metric2, metric3)"), ElementsAre(30, 0, 20, none, none));
  EXPECT_THAT(values("IF(metric1, 5, metric3)"), ElementsAre(5, 5, 20, none, none));
  EXPECT_THAT(values("IF(metric1, metric2, 5)"), ElementsAre(30, 0, 5, 5, none));
  EXPECT_THAT(values("IF(metric1, metric2)"), ElementsAre(30, 0, none, none, none));
  EXPECT_THAT(values("IF(1, metric3, metric2)"), ElementsAre(0, 0, 20, none, 20));
  EXPECT_THAT(values("IF(0, metric3)"), ElementsAre(none, none, none, none, none));
  EXPECT_THAT(values("IF(metric2 < 10, 10, 2)"), ElementsAre(2, none, 10, 10, 2));
}

TEST_F(MetricMath, WorksOnEachPoint) {
  give("m1", {-1.5, 2.25, none, 100, 0});
  EXPECT_THAT(values("ABS(m1)"), ElementsAre(1.5, 2.25, none, 100, 0));
  EXPECT_THAT(values("CEIL(m1)"), ElementsAre(-1, 3, none, 100, 0));
  EXPECT_THAT(values("FLOOR(m1)"), ElementsAre(-2, 2, none, 100, 0));
  EXPECT_THAT(values("LOG10(m1 * 10)"),
              ElementsAre(none, ::testing::Optional(::testing::DoubleNear(1.352182518, 1e-9)), none,
                          3, none));
  EXPECT_THAT(values("LOG(m1)")[1], ::testing::Optional(::testing::DoubleNear(0.81093021, 1e-8)));
}

TEST_F(MetricMath, WorksFromPointToPoint) {
  give("m1", {10, 70, none, 10, 40});
  EXPECT_THAT(values("DIFF(m1)"), ElementsAre(none, 60, none, -60, 30));
  EXPECT_THAT(values("DIFF_TIME(m1)"), ElementsAre(none, 60, none, 120, 60));
  EXPECT_THAT(values("RATE(m1)"), ElementsAre(none, 1, none, -0.5, 0.5));
  EXPECT_THAT(values("RUNNING_SUM(m1)"), ElementsAre(10, 80, none, 90, 130));
}

TEST_F(MetricMath, SumsUpASeriesToANumber) {
  give("m1", {2, 4, none, 6, none});
  EXPECT_THAT(values("TIME_SERIES(SUM(m1))"), ElementsAre(12, 12, 12, 12, 12));
  EXPECT_THAT(values("TIME_SERIES(MIN(m1))")[0], 2);
  EXPECT_THAT(values("TIME_SERIES(MAX(m1))")[0], 6);
  EXPECT_THAT(values("TIME_SERIES(DATAPOINT_COUNT(m1))")[0], 3);
  EXPECT_THAT(values("TIME_SERIES(SUM(m1) / DATAPOINT_COUNT(m1))")[0], 4);
  // "Missing values are treated as 0."
  EXPECT_THAT(values("TIME_SERIES(AVG(m1))")[0], 2.4);
  EXPECT_THAT(values("TIME_SERIES(STDDEV(m1))")[0],
              ::testing::Optional(::testing::DoubleNear(1.632993, 1e-6)));
  EXPECT_THAT(values("m1 - AVG(m1)"), ElementsAre(2 - 2.4, 4 - 2.4, none, 6 - 2.4, none));
  EXPECT_THAT(values("TIME_SERIES(PERIOD(m1))")[0], 60);
}

TEST_F(MetricMath, SumsUpAnArrayToASeries) {
  give("m1", {2, 4, none, 6, none});
  give("m2", {4, none, 1, 2, none});
  EXPECT_THAT(values("SUM([m1, m2])"), ElementsAre(6, 4, 1, 8, none));
  EXPECT_THAT(values("AVG(METRICS())"), ElementsAre(3, 2, 0.5, 4, none));
  EXPECT_THAT(values("MIN([m1,m2])"), ElementsAre(2, 4, 1, 2, none));
  EXPECT_THAT(values("MAX([m1,m2])"), ElementsAre(4, 4, 1, 6, none));
  EXPECT_THAT(values("STDDEV([m1,m2])"), ElementsAre(1, 0, 0, 2, none));
  EXPECT_THAT(values("DATAPOINT_COUNT([m1,m2])"), ElementsAre(2, 1, 1, 2, none));
  EXPECT_THAT(values("SUM(-[m1, m2])"), ElementsAre(-6, -4, -1, -8, none));
  EXPECT_THAT(values("SUM(100/[m1, m2])"), ElementsAre(75, 25, 100, 100 / 6.0 + 50, none));
  EXPECT_THAT(values("SUM([m1, m2]/m2)"), ElementsAre(1.5, none, 1, 4, none));
  EXPECT_THAT(values("m1/METRIC_COUNT(METRICS())"), ElementsAre(1, 2, none, 3, none));
}

TEST_F(MetricMath, FillsGaps) {
  give("m1", {none, 2, none, none, 8});
  give("m2", {7, 7, none, 9, none});
  EXPECT_THAT(values("FILL(m1, 10)"), ElementsAre(10, 2, 10, 10, 8));
  EXPECT_THAT(values("FILL(m1, REPEAT)"), ElementsAre(none, 2, 2, 2, 8));
  EXPECT_THAT(values("FILL(m1, LINEAR)"), ElementsAre(none, 2, 4, 6, 8));
  EXPECT_THAT(values("FILL(m1, MIN(m1))"), ElementsAre(2, 2, 2, 2, 8));
  EXPECT_THAT(values("FILL(m1, m2)"), ElementsAre(7, 2, none, 9, 8));
  EXPECT_THAT(values("SUM(FILL(METRICS(), 0))"), ElementsAre(7, 9, 0, 9, 8));
}

TEST_F(MetricMath, TellsClockAndCalendar) {
  give("m1", {1, none, none, none, none});
  EXPECT_THAT(values("MINUTE(m1)"), ElementsAre(58, 59, 0, 1, 2));
  EXPECT_THAT(values("HOUR(m1)"), ElementsAre(12, 12, 13, 13, 13));
  EXPECT_THAT(values("DAY(m1)")[0], 1);  // A Monday.
  EXPECT_THAT(values("DATE(m1)")[0], 5);
  EXPECT_THAT(values("MONTH(m1)")[0], 1);
  EXPECT_THAT(values("YEAR(m1)")[0], 2026);
  EXPECT_THAT(values("EPOCH(m1)")[0], 1767617880);
  EXPECT_THAT(values("IF(DAY(m1)<6,m1)"), ElementsAre(1, 0, 0, 0, 0));
}

TEST_F(MetricMath, PicksAndSortsSeries) {
  give("errors4xx", {1, 1, 1, none, none});
  give("errors5xx", {9, none, none, none, none});
  give("requests", {2, 2, 2, 2, 2});
  give("silent", {none, none, none, none, none});
  EXPECT_THAT(labels("METRICS(\"errors\")"), ElementsAre("errors4xx", "errors5xx"));
  EXPECT_THAT(labels("[METRICS('4xx'), requests]"), ElementsAre("errors4xx", "requests"));
  EXPECT_THAT(labels("REMOVE_EMPTY(METRICS())"), ElementsAre("errors4xx", "errors5xx", "requests"));
  EXPECT_THAT(labels("SORT(METRICS(), SUM, DESC)"),
              ElementsAre("requests", "errors5xx", "errors4xx", "silent"));
  EXPECT_THAT(labels("SORT(METRICS(), AVG, DESC, 1)"), ElementsAre("errors5xx"));
  EXPECT_THAT(labels("SORT(METRICS(), MAX, ASC, 2)"), ElementsAre("errors4xx", "requests"));
  EXPECT_THAT(labels("SORT(METRICS(), MIN, ASC, 1)"), ElementsAre("errors4xx"));
  EXPECT_THAT(labels("SLICE(METRICS(), 1, 3)"), ElementsAre("errors5xx", "requests"));
  EXPECT_THAT(labels("SLICE(METRICS(), 2)"), ElementsAre("requests", "silent"));
  EXPECT_THAT(labels("SLICE(METRICS(), 9)"), ElementsAre());
  EXPECT_THAT(values("FIRST(SORT(METRICS(), AVG, DESC))")[0], 9);
  EXPECT_THAT(values("LAST(SLICE(METRICS(), 0, 3))")[4], 2);
}

TEST_F(MetricMath, NamesThePlaceAndWhatWasExpected) {
  give("m1", {1});
  EXPECT_THAT(mistake_of("SUM(m1"),
              HasSubstr("expression:1:7: error[E0902]: expected an operator, ',' or ')', found the "
                        "end of the expression"));
  EXPECT_THAT(mistake_of("m1 + + m1"),
              HasSubstr("expression:1:6: error[E0902]: expected a number"));
  EXPECT_THAT(mistake_of("m1 m1"), HasSubstr("expression:1:4: error[E0902]: expected an operator"));
  EXPECT_THAT(mistake_of("[m1, m1"), HasSubstr("',' or ']'"));
  EXPECT_THAT(mistake_of("METRICS(\"a)"), HasSubstr("without its closing quote"));
  EXPECT_THAT(mistake_of("m1 $ 2"), HasSubstr("expression:1:4"));
  EXPECT_THAT(mistake_of(""), HasSubstr("expression:1:1: error[E0902]"));
  EXPECT_THAT(mistake_of("SUMM(m1)"), HasSubstr("did you mean SUM?"));
  EXPECT_THAT(mistake_of("sum(m1)"), HasSubstr("did you mean SUM?"));
  EXPECT_THAT(mistake_of("1 + m2"), HasSubstr("expression:1:5: error[E0904]: there is no id 'm2'"));
  EXPECT_THAT(mistake_of("FILL(m1)"), HasSubstr("FILL takes 2 arguments, not 1"));
  EXPECT_THAT(mistake_of("FILL(m1, REPEET)"), HasSubstr("expression:1:10"));
  EXPECT_THAT(mistake_of("FIRST(m1)"), HasSubstr("wants an array of time series"));
  EXPECT_THAT(mistake_of("[m1] + [m1]"), HasSubstr("expression:1:6: error[E0905]"));
  EXPECT_THAT(mistake_of("[1, m1]"), HasSubstr("an array holds time series"));
  EXPECT_THAT(mistake_of("SUM(m1)"), HasSubstr("error[E0906]: the result is a number"));
  EXPECT_THAT(mistake_of("ABS(5)"), HasSubstr("expression:1:5"));
  EXPECT_THAT(mistake_of("PERIOD(m1 + 1)"), HasSubstr("PERIOD wants the id of a metric"));
  EXPECT_THAT(mistake_of("SORT([m1], AVG, UP)"), HasSubstr("one of ASC, DESC"));
  EXPECT_THAT(mistake_of("SERVICE_QUOTA(m1)"), HasSubstr("not simulated"));
  EXPECT_THAT(mistake_of("INSIGHT_RULE_METRIC(\"r\", \"m\")"), HasSubstr("not simulated"));
  EXPECT_THAT(mistake_of(std::string(3000, '(')), HasSubstr("at most 2048"));
  EXPECT_THAT(mistake_of(std::string(2000, '(')), HasSubstr("64 levels"));
  EXPECT_THAT(mistake_of(std::string(2000, '-')), HasSubstr("64 levels"));
}

// --- Requests ----------------------------------------------------------------------------------

MetricQuery expression(const std::string& id, const std::string& text) {
  return {id, std::nullopt, text, std::nullopt, true};
}

MetricQuery metric(const std::string& id, const std::string& name) {
  sim::Diagnostics diagnostics;
  MetricStat stat{{"n", name, {}}, *Statistic::parse("Sum", {}, diagnostics), 60s};
  return {id, stat, "", std::nullopt, true};
}

MetricStore three_minutes() {
  MetricStore store;
  for (int i = 0; i < 3; ++i) {
    for (const char* name : {"Errors", "Requests"}) {
      MetricDatum datum;
      datum.metric = {"n", name, {}};
      datum.at = start + i * 60s;
      datum.samples = 1;
      datum.sum = datum.minimum = datum.maximum = name[0] == 'E' ? i : 10;
      store.add(std::move(datum));
    }
  }
  return store;
}

TEST(MetricRequest, WorksExpressionsOutInTheOrderInWhichTheyHangTogether) {
  sim::Diagnostics diagnostics;
  const auto request = MetricRequest::make(
      {expression("e2", "e1 * 100"), expression("e1", "m1 / m2"), metric("m1", "Errors"),
       metric("m2", "Requests"), expression("all", "SEARCH('{n} Errors', 'Sum', 60)")},
      {"expression", 1, 1}, diagnostics);
  ASSERT_TRUE(request);
  const MetricStore store = three_minutes();
  BandModels models;
  const auto results = request->run(store, {start, start + 180s}, models, diagnostics);
  ASSERT_TRUE(results);
  EXPECT_EQ((*results)[0].series.at(0).points.at(2).value, 20);
  EXPECT_EQ((*results)[0].series.at(0).label, "e2");
  EXPECT_EQ((*results)[2].series.at(0).label, "Errors");
  ASSERT_EQ((*results)[4].series.size(), 1);
  EXPECT_EQ((*results)[4].series[0].label, "all n Errors");
  EXPECT_EQ((*results)[4].series[0].points.at(2).value, 2);
}

TEST(MetricRequest, RefusesWhatHangsOnItselfOrComesTwice) {
  sim::Diagnostics diagnostics;
  EXPECT_FALSE(MetricRequest::make({expression("e1", "e2 + 1"), expression("e2", "e1 + 1")},
                                   {"expression", 1, 1}, diagnostics));
  EXPECT_THAT(to_string(diagnostics.sorted().at(0)), HasSubstr("depends on itself"));
  sim::Diagnostics twice;
  EXPECT_FALSE(MetricRequest::make({metric("m1", "a"), metric("m1", "b")}, {}, twice));
  sim::Diagnostics capital;
  EXPECT_FALSE(MetricRequest::make({metric("M1", "a")}, {}, capital));
}

}  // namespace
}  // namespace hoplab::models::cloudwatch
