// Alarms: the tables of the CloudWatch User Guide, and the words that it prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include <nlohmann/json.hpp>

#include "models/cloudwatch/alarm_board.hpp"
#include "models/cloudwatch/alarm_document.hpp"
#include "models/cloudwatch/alarm_reason.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

const WallTime noon = *sim::parse_iso8601("2026-01-05T12:00:00Z");

MetricAlarm alarm_of(int m, int n, MissingData missing_data) {
  MetricAlarm alarm;
  alarm.datapoints_to_alarm = m;
  alarm.evaluation_periods = n;
  alarm.missing_data = missing_data;
  alarm.comparison = Comparison::greater;
  alarm.threshold = 50;
  return alarm;
}

/// "0-X-X": fine, missing and breaching points, the most recent one last.
std::vector<AlarmPoint> points(const std::string& text) {
  std::vector<AlarmPoint> all;
  for (const char c : text) {
    AlarmPoint point;
    point.at = noon + static_cast<int>(all.size()) * 60s;
    if (c != '-') point.value = c == 'X' ? 99 : 1;
    all.push_back(point);
  }
  return all;
}

std::string outcome(const std::string& text, int m, int n, MissingData missing_data) {
  const auto decision = decide(points(text), alarm_of(m, n, missing_data));
  return decision.state ? std::string(name(*decision.state)) : "retain";
}

struct Row {
  const char* points;
  std::array<const char*, 4> states;  ///< missing, ignore, breaching, notBreaching
};

void expect_table(const std::vector<Row>& rows, int m, int n) {
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.states.size(); ++i) {
      EXPECT_EQ(outcome(row.points, m, n, static_cast<MissingData>(i)), row.states[i])
          << row.points << " with missing data treated as " << name(static_cast<MissingData>(i));
    }
  }
}

constexpr const char* ok = "OK";
constexpr const char* alarmed = "ALARM";
constexpr const char* retain = "retain";
constexpr const char* unknown = "INSUFFICIENT_DATA";

// "How alarm state is evaluated when data is missing", both tables, of the guide as it is and of
// its earlier editions.
TEST(AlarmDecision, FollowsTheTableOfThreeOutOfThree) {
  expect_table({{"0-X-X", {ok, ok, ok, ok}},
                {"0----", {ok, ok, ok, ok}},
                {"-----", {unknown, retain, alarmed, ok}},
                {"0XX-X", {alarmed, alarmed, alarmed, alarmed}},
                {"--X--", {alarmed, retain, alarmed, ok}},
                {"----X", {unknown, retain, alarmed, ok}},
                {"X----", {alarmed, retain, alarmed, ok}}},
               3, 3);
}

TEST(AlarmDecision, FollowsTheTableOfTwoOutOfThree) {
  expect_table({{"0-X-X", {alarmed, alarmed, alarmed, alarmed}},
                {"00X0X", {alarmed, alarmed, alarmed, alarmed}},
                {"0-X--", {ok, ok, alarmed, ok}},
                {"----0", {ok, ok, alarmed, ok}},
                {"---X-", {alarmed, retain, alarmed, ok}},
                {"----X", {unknown, retain, alarmed, ok}}},
               2, 3);
}

// "----X" and "---X-" with M = 3 may be the first two of a few breaching points: no alarm yet.
TEST(AlarmDecision, AvoidsPrematureAlarms) {
  expect_table(
      {{"---X-", {unknown, retain, alarmed, ok}}, {"---XX", {unknown, retain, alarmed, ok}}}, 3, 3);
  expect_table({{"---XX", {alarmed, alarmed, alarmed, alarmed}}}, 2, 3);
}

TEST(AlarmDecision, LooksAtTheLatestPointsWhenNoneIsMissing) {
  expect_table({{"XXX00", {ok, ok, ok, ok}},
                {"00XXX", {alarmed, alarmed, alarmed, alarmed}},
                {"XX0XX", {ok, ok, ok, ok}}},
               3, 3);
  EXPECT_EQ(evaluation_range(3), 5);
}

TEST(AlarmDecision, ComparesAsItIsTold) {
  AlarmPoint at_threshold;
  at_threshold.value = 50;
  MetricAlarm alarm = alarm_of(1, 1, MissingData::missing);
  const std::vector<std::pair<Comparison, PointVerdict>> rows = {
      {Comparison::greater_or_equal, PointVerdict::breaching},
      {Comparison::greater, PointVerdict::fine},
      {Comparison::less, PointVerdict::fine},
      {Comparison::less_or_equal, PointVerdict::breaching}};
  for (const auto& [comparison, verdict] : rows) {
    alarm.comparison = comparison;
    EXPECT_EQ(judge(at_threshold, alarm), verdict) << name(comparison);
  }
}

TEST(AlarmDecision, ComparesWithABand) {
  MetricAlarm alarm = alarm_of(1, 1, MissingData::missing);
  alarm.band = "ad1";
  AlarmPoint low;
  low.value = 1;
  EXPECT_EQ(judge(low, alarm), PointVerdict::missing);  // There is no band yet.
  low.lower = 2;
  low.upper = 3;
  const std::vector<std::pair<Comparison, PointVerdict>> rows = {
      {Comparison::outside_band, PointVerdict::breaching},
      {Comparison::below_band, PointVerdict::breaching},
      {Comparison::above_band, PointVerdict::fine}};
  for (const auto& [comparison, verdict] : rows) {
    alarm.comparison = comparison;
    EXPECT_EQ(judge(low, alarm), verdict) << name(comparison);
  }
}

// "Fewer than 1000 samples for an alarm on a p99"; 10 / percentile below the median.
TEST(AlarmDecision, KnowsWhenAPercentileHasTooFewSamples) {
  const auto with = [](double samples) {
    auto range = points("000");
    for (AlarmPoint& point : range) point.samples = samples / 2;
    return range;  // Two evaluation periods: the first of the three points does not count.
  };
  EXPECT_TRUE(has_low_samples(with(999), 2, 99));
  EXPECT_FALSE(has_low_samples(with(1000), 2, 99));
  EXPECT_TRUE(has_low_samples(with(99), 2, 10));
  EXPECT_FALSE(has_low_samples(with(100), 2, 10));
}

// --- Texts -------------------------------------------------------------------------------------

std::string reason_of(const std::string& text, const MetricAlarm& alarm) {
  const AlarmDecision decision = decide(points(text), alarm);
  return state_reason(decision.state.value_or(AlarmState::ok), decision, alarm);
}

AlarmPoint point(const char* at, double value) {
  AlarmPoint it;
  it.at = *sim::parse_iso8601(at);
  it.value = value;
  return it;
}

// The guide's own event, "Alarm events and EventBridge".
TEST(AlarmReason, IsTheGuidesForAFixedThreshold) {
  const MetricAlarm alarm = alarm_of(1, 1, MissingData::missing);
  const auto high = decide({point("2019-10-02T16:59:00Z", 99.50160229693434)}, alarm);
  EXPECT_EQ(state_reason(*high.state, high, alarm),
            "Threshold Crossed: 1 out of the last 1 datapoints [99.50160229693434 (02/10/19 "
            "16:59:00)] was greater than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM "
            "transition).");
  const auto low = decide({point("2019-10-01T13:46:00Z", 0.0666851903306472)}, alarm);
  EXPECT_EQ(
      state_reason(*low.state, low, alarm),
      "Threshold Crossed: 1 out of the last 1 datapoints [0.0666851903306472 (01/10/19 "
      "13:46:00)] was not greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> "
      "OK transition).");
}

TEST(AlarmReason, IsTheGuidesForABand) {
  MetricAlarm alarm = alarm_of(1, 1, MissingData::missing);
  alarm.band = "ad1";
  alarm.comparison = Comparison::outside_band;
  AlarmPoint low = point("2019-10-03T15:58:00Z", 0);
  low.lower = 0.020599444741798756;
  low.upper = 0.3006915352732461;
  const auto below = decide({low}, alarm);
  EXPECT_EQ(state_reason(*below.state, below, alarm),
            "Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (03/10/19 15:58:00)] was less "
            "than the lower thresholds [0.020599444741798756] or greater than the upper thresholds "
            "[0.3006915352732461] (minimum 1 datapoint for OK -> ALARM transition).");
  AlarmPoint within = point("2019-10-03T15:57:00Z", 0.166666666664241);
  within.lower = 0.0206719426210418;
  within.upper = 0.30076870222143803;
  const auto inside = decide({within}, alarm);
  EXPECT_EQ(state_reason(*inside.state, inside, alarm),
            "Thresholds Crossed: 1 out of the last 1 datapoints [0.166666666664241 (03/10/19 "
            "15:57:00)] was not less than the lower thresholds [0.0206719426210418] or not greater "
            "than the upper thresholds [0.30076870222143803] (minimum 1 datapoint for ALARM -> OK "
            "transition).");
}

TEST(AlarmReason, HasAnOlderFormWithoutDatapointsToAlarm) {
  MetricAlarm alarm = alarm_of(1, 1, MissingData::missing);
  alarm.datapoints_to_alarm.reset();
  alarm.threshold = 0;
  const auto decision = decide({point("2025-05-15T15:29:00Z", 1)}, alarm);
  EXPECT_EQ(state_reason(*decision.state, decision, alarm),
            "Threshold Crossed: 1 datapoint [1.0 (15/05/25 15:29:00)] was greater than the "
            "threshold (0.0).");
}

TEST(AlarmReason, ListsTheLatestOfManyPointsAtTheEnd) {
  MetricAlarm alarm = alarm_of(6, 6, MissingData::missing);
  alarm.comparison = Comparison::greater_or_equal;
  EXPECT_EQ(reason_of("00XXXXXX", alarm),
            "Threshold Crossed: 6 out of the last 6 datapoints were greater than or equal to the "
            "threshold (50.0). The most recent datapoints which crossed the threshold: [99.0 "
            "(05/01/26 12:07:00), 99.0 (05/01/26 12:06:00), 99.0 (05/01/26 12:05:00), 99.0 "
            "(05/01/26 12:04:00), 99.0 (05/01/26 12:03:00)] (minimum 6 datapoints for OK -> ALARM "
            "transition).");
}

TEST(AlarmReason, CountsThePointsThatAreBackInOrder) {
  EXPECT_EQ(reason_of("0000X0", alarm_of(2, 3, MissingData::missing)),
            "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (05/01/26 12:05:00), 1.0 "
            "(05/01/26 12:03:00)] were not greater than the threshold (50.0) (minimum 2 datapoints "
            "for ALARM -> OK transition).");
}

TEST(AlarmReason, TellsWhatMissingDataWereTakenFor) {
  EXPECT_EQ(reason_of("---", alarm_of(1, 1, MissingData::breaching)),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint "
            "was treated as [Breaching].");
  EXPECT_EQ(reason_of("-----", alarm_of(3, 3, MissingData::not_breaching)),
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints "
            "were treated as [NonBreaching].");
  EXPECT_EQ(reason_of("----0", alarm_of(2, 3, MissingData::breaching)),
            "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints "
            "were treated as [Breaching].");
  EXPECT_EQ(reason_of("-------", alarm_of(5, 5, MissingData::missing)),
            "Insufficient Data: 5 datapoints were unknown.");
  EXPECT_EQ(reason_of("---", alarm_of(1, 1, MissingData::missing)),
            "Insufficient Data: 1 datapoint was unknown.");
}

TEST(AlarmReason, WritesNumbersAsJavaDoes) {
  const std::vector<std::pair<double, const char*>> rows = {
      {0, "0.0"},           {50, "50.0"},
      {-2.5, "-2.5"},       {0.1, "0.1"},
      {1e7, "1.0E7"},       {9999999, "9999999.0"},
      {0.001, "0.001"},     {0.0001, "1.0E-4"},
      {1.25e10, "1.25E10"}, {99.50160229693434, "99.50160229693434"}};
  for (const auto& [value, text] : rows) EXPECT_EQ(figure(value), text);
}

TEST(AlarmReason, OfACompositeNamesTheChild) {
  EXPECT_EQ(composite_reason("arn:x:alarm:FirstChild", AlarmState::alarm,
                             *sim::parse_iso8601("2022-07-22T15:57:45.394Z")),
            "arn:x:alarm:FirstChild transitioned to ALARM at Friday 22 July, 2022 15:57:45 UTC");
}

// --- Rules -------------------------------------------------------------------------------------

bool rule_holds(const std::string& text, const std::string& alarms_in_alarm) {
  sim::Diagnostics diagnostics;
  const auto rule = AlarmRule::parse(text, {"rule", 1, 1}, diagnostics);
  EXPECT_TRUE(rule) << text;
  return rule && rule->holds([&](const std::string& it) {
    return alarms_in_alarm.find(it) != std::string::npos ? AlarmState::alarm : AlarmState::ok;
  });
}

TEST(AlarmRule, ReadsTheGuidesExamples) {
  EXPECT_TRUE(rule_holds("ALARM(Cpu) AND ALARM(Disk)", "Cpu Disk"));
  EXPECT_FALSE(rule_holds("ALARM(Cpu) AND ALARM(Disk)", "Cpu"));
  EXPECT_TRUE(rule_holds("ALARM(Cpu) AND NOT ALARM(\"Deployment\")", "Cpu"));
  EXPECT_TRUE(rule_holds("(ALARM(Cpu) OR ALARM(Disk)) AND OK(Network)", "Disk"));
  EXPECT_FALSE(rule_holds("(ALARM(Cpu) OR ALARM(Disk)) AND OK(Network)", "Disk Network"));
  EXPECT_TRUE(rule_holds("ALARM(\"arn:aws:cloudwatch:us-east-1:111122223333:alarm:Cpu\")", "Cpu"));
  EXPECT_FALSE(rule_holds("INSUFFICIENT_DATA(Cpu) OR FALSE", ""));
  // AND binds tighter than OR.
  EXPECT_TRUE(rule_holds("TRUE OR FALSE AND FALSE", ""));
}

TEST(AlarmRule, SaysWhereItIsWrong) {
  for (const auto& [text, where, what] :
       {std::tuple("ALARM(a) AND", "rule:1:13", "expected ALARM("),
        std::tuple("ALARM(a) ALARM(b)", "rule:1:10", "expected AND, OR or the end, found 'ALARM'"),
        std::tuple("ALRM(a)", "rule:1:1", "found 'ALRM'"),
        std::tuple("ALARM(\"a)", "rule:1:10", "the closing quote"),
        std::tuple("(OK(a)", "rule:1:7", "')'"), std::tuple("OK()", "rule:1:4", "the name")}) {
    sim::Diagnostics diagnostics;
    EXPECT_FALSE(AlarmRule::parse(text, {"rule", 1, 1}, diagnostics)) << text;
    ASSERT_EQ(diagnostics.errors(), 1) << text;
    EXPECT_THAT(to_string(diagnostics.sorted()[0]), HasSubstr(where)) << text;
    EXPECT_THAT(to_string(diagnostics.sorted()[0]), HasSubstr(what)) << text;
  }
}

// --- Documents ---------------------------------------------------------------------------------

constexpr const char* cpu_alarm = R"({"AlarmName":"cpu","Namespace":"AWS/ECS",
  "MetricName":"CPUUtilization","Dimensions":[{"Name":"ServiceName","Value":"b"}],
  "Statistic":"Average","Period":60,"EvaluationPeriods":1,"DatapointsToAlarm":1,"Threshold":50,
  "ComparisonOperator":"GreaterThanThreshold","AlarmActions":["arn:aws:sns:x"]})";

std::vector<Alarm> read_alarms(const std::string& json) {
  sim::Diagnostics diagnostics;
  auto alarms = parse_alarms(json, "alarms.json", {}, diagnostics);
  for (const auto& it : diagnostics.sorted()) ADD_FAILURE() << to_string(it);
  return alarms;
}

std::string mistakes_in(const std::string& json) {
  sim::Diagnostics diagnostics;
  const auto alarms = parse_alarms(json, "alarms.json", {}, diagnostics);
  EXPECT_THAT(alarms, IsEmpty()) << json;
  std::string all;
  for (const auto& it : diagnostics.sorted()) all += to_string(it) + "\n";
  return all;
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = cpu_alarm;
  return text.replace(text.find(from), from.size(), to);
}

TEST(AlarmDocument, ReadsInputsAnswersAndLists) {
  const std::string one = cpu_alarm;
  EXPECT_EQ(read_alarms(one).size(), 1);
  EXPECT_EQ(read_alarms("[" + one + "]").size(), 1);
  // As a line of config/alarms.jsonl, which has the instant.
  const auto both =
      read_alarms(R"json({"at":"2026-01-05T12:00:00Z","CompositeAlarms":[{"AlarmName":"all",
      "AlarmRule":"ALARM(cpu)","StateValue":"OK"}],"MetricAlarms":[)json" +
                  one + "]}");
  ASSERT_EQ(both.size(), 2);
  EXPECT_EQ(both[0].name, "cpu");
  EXPECT_TRUE(both[1].is_composite());
}

TEST(AlarmDocument, NamesTheAlarmAndTheMemberThatIsWrong) {
  EXPECT_THAT(mistakes_in("nonsense"), HasSubstr("alarms.json:1:2: error[E0104]"));
  EXPECT_THAT(mistakes_in(changed("GreaterThanThreshold", "GreaterThenThreshold")),
              HasSubstr("did you mean 'GreaterThanThreshold'?"));
  EXPECT_THAT(mistakes_in(changed("\"Threshold\":50,", "")), HasSubstr("Threshold is missing"));
  EXPECT_THAT(mistakes_in(changed("\"Period\":60", "\"Period\":61")), HasSubstr("multiple of 60"));
  EXPECT_THAT(mistakes_in(changed("\"DatapointsToAlarm\":1", "\"DatapointsToAlarm\":2")),
              HasSubstr("from 1 to 1"));
  EXPECT_THAT(mistakes_in(changed("\"EvaluationPeriods\":1", "\"EvaluationPeriods\":1500")),
              HasSubstr("more than a day"));
  EXPECT_THAT(mistakes_in(changed("Average", "p101")), HasSubstr("statistic:1:2: error[E0907]"));
  EXPECT_THAT(mistakes_in(changed("GreaterThanThreshold", "GreaterThanUpperThreshold")),
              HasSubstr("needs ThresholdMetricId"));
  EXPECT_THAT(mistakes_in(changed("\"MetricName\":\"CPUUtilization\",", "")),
              HasSubstr("needs Namespace and MetricName"));
  EXPECT_THAT(mistakes_in(R"json({"AlarmName":"x","AlarmRule":"ALARM("})json"),
              HasSubstr("AlarmRule:1:7"));
}

/// An alarm on queries, each given as JSON.
std::string watching(const std::string& queries, const std::string& more = "") {
  return R"({"AlarmName":"x","EvaluationPeriods":1,"Threshold":5,"Metrics":[)" + queries + "]," +
         more + R"("ComparisonOperator":"GreaterThanThreshold"})";
}
std::string expression(const std::string& text) {
  return R"({"Id":"e1","Expression":")" + text + R"("},{"Id":"m1","ReturnData":false,"MetricStat":{
      "Stat":"Average","Period":60,"Metric":{"Namespace":"n","MetricName":"m"}}})";
}

struct Mistake {
  std::string document;
  const char* told;
};

void expect_told(const std::vector<Mistake>& mistakes) {
  for (const auto& [document, told] : mistakes) {
    EXPECT_THAT(mistakes_in(document), HasSubstr(told)) << document;
  }
}

// What PutMetricAlarm takes: members, types and words of the API's own model.
TEST(AlarmDocument, RefusesMembersThatAreOfNoUse) {
  expect_told(
      {{watching("\"x\""), "alarms.json:1:65: error[E0910]: alarm 'x', Metrics[0] must be an obj"},
       {watching("\"zzz\"," + expression("m1*2")), "Metrics[0] must be an object"},
       {changed("\"Period\"", "\"TreatMissingdata\":\"breaching\",\"Period\""),
        "no key 'TreatMissingdata'\n  hint: did you mean 'TreatMissingData'?"},
       {changed("\"Dimensions\"", "\"Dimension\""), "did you mean 'Dimensions'?"},
       {changed("\"Name\":\"S", "\"name\":\"S"), "a dimension has no key 'name'"},
       {changed("[{\"Name\":\"ServiceName\",\"Value\":\"b\"}]", "{\"ServiceName\":\"b\"}"),
        "Dimensions must be a list of objects"},
       {changed("\"Period\"", "\"TreatMissingData\":3,\"Period\""), "TreatMissingData cannot be 3"},
       {changed("\"Period\"", "\"Unit\":\"Percentt\",\"Period\""), "did you mean 'Percent'?"},
       {watching(R"({"Id":"e1","Expression":"m1","ReturnData":"false"})"),
        "ReturnData must be true or false"},
       {changed("\"Threshold\":50", "\"Threshold\":\"50\""), "Threshold must be a number"},
       {changed("\"GreaterThanThreshold\"", "7"), "ComparisonOperator cannot be 7"},
       {changed("Average", "p99"), "hint: ExtendedStatistic takes it"},
       {changed("Statistic", "ExtendedStatistic"), "hint: Statistic takes it"},
       {changed("\"Period\"", "\"ExtendedStatistic\":\"p99\",\"Period\""),
        "has Statistic and ExtendedStatistic"},
       {changed("\"Period\":60", "\"Period\":5"), "must be 10, 20, 30 or a multiple of 60"},
       {"{\"AlarmName\":\"a\",\n \"Period\": 60,,\n}", "alarms.json:2:15: error[E0104]"}});
}

// One mistake is told once.
TEST(AlarmDocument, TellsAPeriodOfTheWrongTypeOnce) {
  EXPECT_EQ(mistakes_in(changed("\"Period\":60", "\"Period\":\"60\"")),
            "alarms.json:3:34: error[E0910]: alarm 'cpu': Period must be 10, 20, 30 or a multiple "
            "of 60, in seconds\n  hint: without quotes\n");
}

TEST(AlarmDocument, RefusesExpressionsThatDoNotWorkOut) {
  expect_told(
      {{watching(expression("m2*2")), "error[E0904]"},
       {watching(expression("SUM(m1)")), "'e1' is a number, and an alarm watches one"},
       {watching(expression("METRICS()")), "'e1' is an array of time series"},
       {watching(expression("SUM(SEARCH('{n} m', 'Average', 60))")), "an alarm cannot use SEARCH"},
       {R"({"AlarmName":"x","EvaluationPeriods":1,"ThresholdMetricId":"e1",
                  "ComparisonOperator":"GreaterThanUpperThreshold","Metrics":[)" +
            std::string(R"({"Id":"m0","MetricStat":{"Stat":"Sum","Period":60,"Metric":{
                  "Namespace":"n","MetricName":"m"}}},)") +
            expression("m1*2") + "]}",
        "'e1' is no band"}});
}

TEST(AlarmDocument, RefusesDocumentsWithoutAlarms) {
  expect_told({{"[]", "there is no alarm in this document"},
               {R"({"MetricAlarms":[],"CompositeAlarms":[]})", "there is no alarm"},
               {R"({"MetricAlarms":{"a":1}})", "MetricAlarms must be a list of objects"},
               {"[7]", "alarm[0] must be an object"}});
}

// "Could not save the composite alarm as alarms [...] in the alarm rule do not exist"; an answer
// may hold some alarms only.
TEST(AlarmDocument, WantsTheAlarmsThatARuleNames) {
  const std::string composite = R"j({"AlarmName":"c","AlarmRule":"OK(c) OR ALARM(cpuu)"})j";
  sim::Diagnostics diagnostics;
  const std::string both = std::string("[") + cpu_alarm + "," + composite + "]";
  EXPECT_EQ(parse_alarms(both, "a.json", {}, diagnostics).size(), 1);
  ASSERT_EQ(diagnostics.errors(), 1);
  EXPECT_EQ(to_string(diagnostics.sorted()[0]),
            "a.json: alarm 'c', AlarmRule:1:16: error[E0910]: there is no alarm 'cpuu'\n"
            "  hint: did you mean 'cpu'?");
  sim::Diagnostics of_answer;
  const std::string answer = R"({"CompositeAlarms":[)" + composite + "]}";
  EXPECT_EQ(parse_alarms(answer, "a.json", {}, of_answer).size(), 1);
  EXPECT_EQ(of_answer.errors(), 0);
  EXPECT_EQ(of_answer.sorted().size(), 1);
}

// PutMetricAlarm, Period: seven days, and a day for periods of less than an hour.
TEST(AlarmDocument, TakesSevenDaysOfLongPeriods) {
  std::string text = changed("\"Period\":60", "\"Period\":3600");
  text.replace(text.find("\"EvaluationPeriods\":1"), 21, "\"EvaluationPeriods\":168");
  EXPECT_EQ(read_alarms(text).size(), 1);
  text.replace(text.find("168"), 3, "169");
  EXPECT_THAT(mistakes_in(text), HasSubstr("more than seven days"));
}

// --- The board ---------------------------------------------------------------------------------

class Board : public ::testing::Test {
 protected:
  void put(int minute, double value) {
    MetricDatum datum;
    datum.metric = {"AWS/ECS", "CPUUtilization", {{"ServiceName", "b"}}};
    datum.at = noon + minute * 60s;
    datum.unit = "Percent";
    datum.samples = 1;
    datum.sum = datum.minimum = datum.maximum = value;
    store_.add(std::move(datum));
  }
  std::vector<std::string> states_after(AlarmBoard& board, int minute) {
    std::vector<std::string> all;
    for (auto& change : board.evaluate(store_, noon + minute * 60s)) {
      all.push_back(change.alarm->name + " " + std::string(name(change.after.state)));
      last_ = change;
    }
    return all;
  }

  MetricStore store_;
  AlarmChange last_;
};

TEST_F(Board, ChangesStateWhenTheDataDoAndTellsCompositesAtOnce) {
  AlarmBoard board(read_alarms(std::string("[") + cpu_alarm + R"json(,
      {"AlarmName":"outer","AlarmRule":"ALARM(inner)"},
      {"AlarmName":"inner","AlarmRule":"ALARM(cpu)"}])json"),
                   noon);
  EXPECT_EQ(board.status(0).reason, "Unchecked: Initial alarm creation");
  put(0, 10);
  EXPECT_THAT(states_after(board, 1), ElementsAre("cpu OK", "outer OK", "inner OK"));
  put(1, 90);
  EXPECT_THAT(states_after(board, 2), ElementsAre("cpu ALARM", "inner ALARM", "outer ALARM"));
  EXPECT_EQ(last_.after.reason,
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:inner transitioned to ALARM at Monday "
            "05 January, 2026 12:02:00 UTC");
  put(2, 91);
  EXPECT_THAT(states_after(board, 3), IsEmpty());
  // Three periods are looked back at: the last data point is evaluated until it has left them.
  EXPECT_THAT(states_after(board, 5), IsEmpty());
  EXPECT_THAT(states_after(board, 6), ElementsAre("cpu INSUFFICIENT_DATA", "inner OK", "outer OK"));
}

TEST_F(Board, WatchesExpressions) {
  AlarmBoard board(read_alarms(R"({"AlarmName":"share","EvaluationPeriods":1,"Threshold":0.5,
      "ComparisonOperator":"GreaterThanThreshold","Metrics":[
       {"Id":"e1","Expression":"m1 / 100","Label":"share"},
       {"Id":"m1","ReturnData":false,"MetricStat":{"Stat":"Maximum","Period":60,"Metric":{
         "Namespace":"AWS/ECS","MetricName":"CPUUtilization",
         "Dimensions":[{"Name":"ServiceName","Value":"b"}]}}}]})"),
                   noon);
  put(0, 90);
  EXPECT_THAT(states_after(board, 1), ElementsAre("share ALARM"));
  EXPECT_EQ(last_.after.reason,
            "Threshold Crossed: 1 datapoint [0.9 (05/01/26 12:00:00)] was greater than the "
            "threshold (0.5).");
  const Json data = Json::parse(last_.after.reason_data);
  EXPECT_EQ(data["queryDate"], "2026-01-05T12:01:00.000+0000");
  EXPECT_EQ(data["startDate"], "2026-01-05T12:00:00.000+0000");
  EXPECT_EQ(data["recentDatapoints"], Json::array({0.9}));
  EXPECT_FALSE(data.contains("statistic"));
}

// "Doing so causes the alarm to be stuck in the INSUFFICIENT DATA state."
TEST_F(Board, HasNoDataInAnotherUnit) {
  put(0, 90);
  for (const auto& [unit, state] : {std::pair("Percent", AlarmState::alarm),
                                    std::pair("Bytes", AlarmState::insufficient_data)}) {
    AlarmBoard board(
        read_alarms(changed("\"Period\"", std::string("\"Unit\":\"") + unit + "\",\"Period\"")),
        noon);
    states_after(board, 1);
    EXPECT_EQ(board.state_of("cpu"), state) << unit;
  }
}

TEST_F(Board, WaitsForEnoughSamplesWhenAPercentileSaysSo) {
  std::string text = changed(R"("Statistic":"Average")", R"("ExtendedStatistic":"p99",
      "EvaluateLowSampleCountPercentile":"ignore")");
  AlarmBoard board(read_alarms(text), noon);
  put(0, 90);
  EXPECT_THAT(states_after(board, 1), IsEmpty());
  EXPECT_EQ(board.state_of("cpu"), AlarmState::insufficient_data);
}

// The members of the guide's sample event.
TEST_F(Board, TellsEventBridgeHistoryAndDescribeAlarms) {
  AlarmBoard board(read_alarms(cpu_alarm), noon);
  put(0, 90);
  states_after(board, 1);
  const Json event = Json::parse(state_change_event(last_, {}, "id-1"));
  EXPECT_EQ(event["detail-type"], "CloudWatch Alarm State Change");
  EXPECT_EQ(event["source"], "aws.cloudwatch");
  EXPECT_EQ(event["time"], "2026-01-05T12:01:00Z");
  const Json& detail = event["detail"];
  EXPECT_EQ(detail["state"]["value"], "ALARM");
  EXPECT_EQ(detail["previousState"]["reason"], "Unchecked: Initial alarm creation");
  const Json& stat = detail["configuration"]["metrics"][0]["metricStat"];
  EXPECT_EQ(stat["metric"]["dimensions"]["ServiceName"], "b");
  EXPECT_EQ(stat["stat"], "Average");
  const Json item = Json::parse(history_item(last_));
  EXPECT_EQ(item["HistorySummary"], "Alarm updated from INSUFFICIENT_DATA to ALARM");
  const Json data = Json::parse(item["HistoryData"].get<std::string>());
  EXPECT_EQ(data["newState"]["stateReasonData"]["threshold"], 50);
  const Json described = Json::parse(describe(board.alarms()[0], board.status(0)));
  EXPECT_EQ(described["StateValue"], "ALARM");
  EXPECT_EQ(described["MetricName"], "CPUUtilization");
  EXPECT_EQ(described["AlarmActions"][0], "arn:aws:sns:x");
}

}  // namespace
}  // namespace hoplab::models::cloudwatch
