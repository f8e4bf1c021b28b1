// Expressions, statistics, searches, rules, alarms and data that are not as they should be:
// whatever is refused is told with a place, and nothing else happens.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/cloudwatch/alarm_document.hpp"
#include "models/cloudwatch/metric_query.hpp"
#include "models/cloudwatch/metric_search.hpp"
#include "sim/random.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;

/// A byte lost, doubled, changed, or a piece of another text put in its place.
std::string damaged(std::string text, const std::vector<std::string>& texts, sim::Rng& random) {
  const std::uint64_t changes = random.below(3) + 1;
  for (std::uint64_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random.below(text.size());
    const std::uint64_t kind = random.below(4);
    if (kind == 0) text.erase(at, 1);
    if (kind == 1) text.insert(at, 1, text[at]);
    if (kind == 2) text[at] = static_cast<char>(random.below(256));
    if (kind == 3) {
      const std::string& other = texts[random.below(texts.size())];
      const std::size_t from = random.below(other.size());
      text.replace(at, random.below(4), other.substr(from, random.below(12)));
    }
  }
  return text;
}

/// Runs `read` on every text and on many damaged ones; `read` says whether it took the text.
template <typename Read>
void survive(const std::vector<std::string>& texts, const char* name, Read read) {
  auto random = sim::Rng::stream(1, name);
  constexpr int rounds = 4000;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = damaged(texts[random.below(texts.size())], texts, random);
    sim::Diagnostics diagnostics;
    const bool is_taken = read(text, diagnostics);
    EXPECT_NE(is_taken, diagnostics.has_errors()) << text;
    for (const auto& it : diagnostics.sorted()) {
      EXPECT_LE(it.mark.column, static_cast<int>(text.size()) + 1) << text;
    }
  }
}

const std::vector<std::string> expressions = {
    "SUM([m1,m2])/AVG(m2)*100",
    "IF(DAY(m1)<6 AND HOUR(m1)>=9, m1, FILL(m2, REPEAT))",
    "SLICE(SORT(METRICS(\"m\"), AVG, DESC, 10), 0, 2)",
    "-m1 ^ 2 + LOG10(ABS(m1)) - RATE(m2) / PERIOD(m1)",
    "FIRST(ANOMALY_DETECTION_BAND(m1, 2))",
    "SEARCH('{n} MetricName=\"a\" NOT b', 'p99', 60)",
    "TIME_SERIES(STDDEV(m1)) != FILL(RUNNING_SUM(m2), LINEAR)"};

TEST(MetricDamage, ToExpressionsIsToldWithItsPlace) {
  MetricStore store;
  for (int i = 0; i < 5; ++i) {
    for (const char* name : {"a", "b"}) {
      MetricDatum datum;
      datum.metric = {"n", name, {}};
      datum.at = WallTime(i * 60s);
      datum.samples = 1;
      datum.sum = datum.minimum = datum.maximum = i;
      store.add(std::move(datum));
    }
  }
  sim::Diagnostics none;
  const Statistic sum = *Statistic::parse("Sum", {}, none);
  survive(expressions, "expressions", [&](const std::string& text, sim::Diagnostics& diagnostics) {
    const auto request =
        MetricRequest::make({{"m1", MetricStat{{"n", "a", {}}, sum, 60s}, "", std::nullopt, true},
                             {"m2", MetricStat{{"n", "b", {}}, sum, 60s}, "", std::nullopt, true},
                             {"e1", std::nullopt, text, std::nullopt, true}},
                            {"expression", 1, 1}, diagnostics);
    if (!request) return false;
    BandModels models;
    return request->run(store, {WallTime(0s), WallTime(300s)}, models, diagnostics).has_value();
  });
}

TEST(MetricDamage, ToStatisticsSearchesAndRulesIsToldWithItsPlace) {
  const sim::SourceMark mark{"text", 1, 1};
  survive({"Average", "p99.9", "TM(10%:90%)", "PR(:300)", "IQM", "tc90"}, "statistics",
          [&](const std::string& text, sim::Diagnostics& diagnostics) {
            return Statistic::parse(text, mark, diagnostics).has_value();
          });
  survive({"{AWS/EC2,InstanceId} MetricName=\"CPU\" NOT (a OR \"b c\")", "Network AND in"},
          "searches", [&](const std::string& text, sim::Diagnostics& diagnostics) {
            const auto search = MetricSearch::parse(text, mark, diagnostics);
            if (search) (void)search->matches({"AWS/EC2", "CPU", {{"InstanceId", "i-1"}}});
            return search.has_value();
          });
  survive({"ALARM(\"a\") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))", "TRUE OR ALARM(arn:x:alarm:y)"},
          "rules", [&](const std::string& text, sim::Diagnostics& diagnostics) {
            const auto rule = AlarmRule::parse(text, mark, diagnostics);
            if (rule) (void)rule->holds([](const std::string&) { return AlarmState::ok; });
            return rule.has_value();
          });
}

TEST(MetricDamage, ToAlarmsAndDataLeavesOutWhatCannotBeRead) {
  const std::vector<std::string> texts = {
      R"({"AlarmName":"a","Namespace":"n","MetricName":"m","Statistic":"Sum","Period":60,)"
      R"("EvaluationPeriods":3,"Threshold":5,"ComparisonOperator":"GreaterThanThreshold"})",
      R"({"MetricAlarms":[{"AlarmName":"b","EvaluationPeriods":1,"Threshold":1,"Metrics":[)"
      R"({"Id":"e1","Expression":"m1/2"},{"Id":"m1","ReturnData":false,"MetricStat":{"Metric":)"
      R"({"Namespace":"n","MetricName":"m"},"Period":60,"Stat":"p99"}}],)"
      R"("ComparisonOperator":"LessThanThreshold"}],"CompositeAlarms":[]})",
      R"({"Namespace":"n","MetricName":"m","Timestamp":"2026-01-05T12:00:00Z","Values":[1,2],)"
      R"("Counts":[3,4],"Dimensions":[{"Name":"a","Value":"b"}]})"};
  auto random = sim::Rng::stream(1, "documents");
  int alarms = 0;
  int data = 0;
  constexpr int rounds = 4000;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = damaged(texts[random.below(texts.size())], texts, random);
    sim::Diagnostics diagnostics;
    alarms += static_cast<int>(parse_alarms(text, "alarms.json", {}, diagnostics).size());
    data += parse_metric_datum(text) ? 1 : 0;
  }
  EXPECT_GT(alarms, 20);  // Some damage does not matter.
  EXPECT_GT(data, 100);
}

}  // namespace
}  // namespace hoplab::models::cloudwatch
