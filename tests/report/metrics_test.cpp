// `hoplab metrics` and `hoplab alarms`, as a shell sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/report/program.hpp"

namespace {

using hoplab::report::testing::Outcome;
using hoplab::report::testing::Program;
using hoplab::report::testing::write_bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

/// A line of cloudwatch/metrics.jsonl.
std::string line(int minute, double value, const std::string& name = "CPUUtilization") {
  return fmt::format(
      R"({{"Namespace":"AWS/ECS","MetricName":"{}","Dimensions":[{{"Name":"ServiceName",)"
      R"("Value":"b"}}],"Timestamp":"2026-01-05T12:{:02}:00.000Z","Value":{},"Unit":"Percent"}})",
      name, minute, value);
}

class Metrics : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    std::string lines;
    for (int minute = 0; minute < 10; ++minute) {
      lines += line(minute, minute < 5 ? 10 : 90) + "\n";
      lines += line(minute, 4, "MemoryUtilization") + "\n";
    }
    std::filesystem::create_directories(folder_ / "rec/cloudwatch");
    write_bytes(folder_ / "rec/cloudwatch/metrics.jsonl", lines);
  }
  Outcome get(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"metrics", "rec", "get"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return hoplab(arguments);
  }
};

constexpr const char* cpu = "AWS/ECS,CPUUtilization,ServiceName=b";

constexpr const char* alarm = R"({"AlarmName":"cpu","Namespace":"AWS/ECS",
  "MetricName":"CPUUtilization","Dimensions":[{"Name":"ServiceName","Value":"b"}],
  "Statistic":"Average","Period":60,"EvaluationPeriods":3,"DatapointsToAlarm":2,"Threshold":50,
  "ComparisonOperator":"GreaterThanThreshold"})";

TEST_F(Metrics, ListsThemAndAnswersAsListMetrics) {
  const auto all = hoplab({"metrics", "rec", "list"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("    10  Percent     AWS/ECS CPUUtilization ServiceName=b\n"));
  EXPECT_THAT(all.out, HasSubstr("2 metrics\n"));
  const auto some = hoplab({"metrics", "rec", "list", "--search", "Memory", "--json"});
  const Json answer = Json::parse(some.out);
  ASSERT_EQ(answer["Metrics"].size(), 1U);
  EXPECT_EQ(answer["Metrics"][0]["MetricName"], "MemoryUtilization");
  EXPECT_EQ(answer["Metrics"][0]["Dimensions"][0]["Value"], "b");
}

TEST_F(Metrics, GetsStatisticsAndMathAsGetMetricDataAnswersThem) {
  const auto outcome = get({"--metric", cpu, "--stat", "Maximum", "--period", "300", "--expression",
                            "m1 * 2", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json answer = Json::parse(outcome.out);
  ASSERT_EQ(answer["MetricDataResults"].size(), 2U);
  const Json& first = answer["MetricDataResults"][0];
  EXPECT_EQ(first["Id"], "m1");
  EXPECT_EQ(first["Label"], "CPUUtilization");
  EXPECT_EQ(first["Values"], Json::array({90, 10}));  // The latest first.
  EXPECT_EQ(first["Timestamps"][1], "2026-01-05T12:00:00Z");
  EXPECT_EQ(first["StatusCode"], "Complete");
  EXPECT_EQ(answer["MetricDataResults"][1]["Values"], Json::array({180, 20}));
  EXPECT_EQ(answer["Messages"], Json::array());
}

TEST_F(Metrics, PrintsPointsAndNoSparklineIntoAPipe) {
  const auto outcome = get({"--metric", cpu, "--from", "4m", "--to", "6m"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "CPUUtilization (Percent): 2 points of 60 s, 10 to 90\n"
            "  2026-01-05T12:04:00Z  10\n"
            "  2026-01-05T12:05:00Z  90\n");
}

TEST_F(Metrics, PutsACaretBelowWhatIsWrong) {
  const auto outcome = get({"--metric", cpu, "--expression", "100 * AVG([m1, m1)"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "expression:1:18: error[E0902]: expected an operator, ',' or ']', found ')'\n"
            "  100 * AVG([m1, m1)\n"
            "                   ^\n");
  const auto statistic = get({"--metric", cpu, "--stat", "Avarage"});
  EXPECT_EQ(statistic.exit_code, 3);
  EXPECT_THAT(statistic.err, HasSubstr("  hint: did you mean 'Average'?\n"));
  const auto unknown = get({"--metric", "AWS/ECS,CPUUtilization"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("there is AWS/ECS CPUUtilization ServiceName=b"));
  EXPECT_EQ(get({}).exit_code, 3);
  EXPECT_EQ(hoplab({"metrics", "nowhere", "list"}).exit_code, 4);
  EXPECT_EQ(hoplab({"metrics", "rec"}).exit_code, 2);
}

// Half a line, lines of something else, lines in another order and twice.
TEST_F(Metrics, ReadDamagedFilesAsFarAsTheyGo) {
  const std::string whole = line(3, 30) + "\n" + line(1, 10) + "\n" + line(1, 20) + "\n";
  write_bytes(folder_ / "rec/cloudwatch/metrics.jsonl",
              whole + "{}\nnot json\n\x01\xff\n[1,2]\n" + line(4, 40).substr(0, 60));
  const auto outcome = get({"--metric", cpu});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("12:01:00Z  15\n"));
  EXPECT_THAT(outcome.out, HasSubstr("12:03:00Z  30\n"));
  EXPECT_THAT(outcome.err, HasSubstr("5 lines could not be read"));
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    write_bytes(folder_ / "rec/cloudwatch/metrics.jsonl", whole.substr(0, length));
    const int exit_code = hoplab({"metrics", "rec", "list"}).exit_code;
    EXPECT_EQ(exit_code, length < line(3, 30).size() ? 3 : 0) << length;
  }
}

TEST_F(Metrics, ReadWhatPeopleHaveSavedFromCloudWatch) {
  write_bytes(folder_ / "data.json", R"({"MetricDataResults":[{"Id":"m1","Label":"Errors",
      "Timestamps":["2026-01-05T12:01:00+00:00","2026-01-05T12:00:00Z"],"Values":[3.0,1.0],
      "StatusCode":"Complete"}],"Messages":[]})");
  const auto data = hoplab({"metrics", "data.json", "get", "--metric", "Errors", "--stat", "Sum",
                            "--expression", "DIFF(m1)"});
  EXPECT_EQ(data.exit_code, 0) << data.err;
  EXPECT_THAT(data.out, HasSubstr("2026-01-05T12:01:00Z  2\n"));
  write_bytes(folder_ / "statistics.json", R"({"Label":"CPUUtilization","Datapoints":[
      {"Timestamp":"2026-01-05T12:00:00Z","SampleCount":4.0,"Average":2.5,"Maximum":9.0,
       "Unit":"Percent"},{"Timestamp":1767614460,"Average":7.0}]})");
  const auto set =
      hoplab({"metrics", "statistics.json", "get", "--metric", "CPUUtilization", "--stat", "Sum"});
  EXPECT_THAT(set.out, HasSubstr("1 points of 60 s, 10 to 10\n"));  // The second tells no sum.
  EXPECT_THAT(set.out, HasSubstr("2026-01-05T12:00:00Z  10\n"));
}

// The answer has what was asked for then, and cannot tell what was not.
TEST_F(Metrics, TellNoOtherStatisticThanTheSavedAnswerHas) {
  write_bytes(folder_ / "saved.json", R"({"Label":"CPU","Datapoints":[
      {"Timestamp":"2026-01-05T13:00:00+01:00","Average":5.0,"Maximum":90.0,
       "ExtendedStatistics":{"p99":88.0}},
      {"Timestamp":"2026-01-05T11:01:00-0100","Average":6.0,"Maximum":95.0,
       "ExtendedStatistics":{"p99":89.0}}]})");
  const auto ask = [&](const std::string& statistic, const std::string& period) {
    return hoplab({"metrics", "saved.json", "get", "--metric", "CPU", "--stat", statistic,
                   "--period", period});
  };
  EXPECT_THAT(ask("Maximum", "60").out, HasSubstr("12:00:00Z  90\n  2026-01-05T12:01:00Z  95\n"));
  EXPECT_THAT(ask("p99", "60").out, HasSubstr("12:00:00Z  88\n  2026-01-05T12:01:00Z  89\n"));
  EXPECT_THAT(ask("Average", "60").out, HasSubstr("12:00:00Z  5\n  2026-01-05T12:01:00Z  6\n"));
  EXPECT_THAT(ask("Maximum", "300").out, HasSubstr("12:00:00Z  95\n"));
  for (const char* silent : {"Minimum", "Sum", "SampleCount", "p90"}) {
    const auto outcome = ask(silent, "60");
    EXPECT_EQ(outcome.out, "CPU: no data\n") << silent;
    EXPECT_THAT(outcome.err, HasSubstr(std::string("they do not tell ") + silent));
  }
  // Two averages are no average of both without their counts.
  EXPECT_EQ(ask("Average", "300").out, "CPU: no data\n");
}

TEST_F(Metrics, SayWhyAStatisticSetHasNoPercentile) {
  write_bytes(folder_ / "set.jsonl",
              R"({"Namespace":"n","MetricName":"m","Dimensions":[],"Timestamp":)"
              R"("2026-01-05T12:00:00Z","StatisticValues":)"
              R"({"SampleCount":2,"Sum":3,"Minimum":1,"Maximum":2}})"
              "\n");
  const auto outcome = hoplab({"metrics", "set.jsonl", "get", "--metric", "n,m", "--stat", "p99"});
  EXPECT_EQ(outcome.out, "m: no data\n");
  EXPECT_THAT(outcome.err, HasSubstr("they do not tell p99"));
}

// GetMetricData answers the latest first: 200,000 data took minutes when each was moved to its
// place.
TEST_F(Metrics, ReadWhatComesLatestFirstAsFast) {
  std::string times;
  std::string values;
  constexpr int points = 200'000;
  for (int i = 0; i < points; ++i) {
    times += fmt::format("{}{}", i == 0 ? "" : ",", 1'767'614'400 - 60 * i);
    values += fmt::format("{}{}", i == 0 ? "" : ",", i);
  }
  write_bytes(folder_ / "long.json",
              R"({"MetricDataResults":[{"Id":"m1","Label":"Errors","Timestamps":[)" + times +
                  R"(],"Values":[)" + values + "]}]}");
  const auto outcome = hoplab(
      {"metrics", "long.json", "get", "--metric", "Errors", "--from", "2026-01-05T11:58:00Z"});
  EXPECT_THAT(outcome.out, HasSubstr("2026-01-05T11:58:00Z  2\n  2026-01-05T11:59:00Z  1\n"));
}

// Each from a full multiple of its own period, whatever the range begins with.
TEST_F(Metrics, HaveSearchCountItsOwnPeriods) {
  const auto search = [&](const std::string& text, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--from", "1m", "--expression",
                                          "SEARCH('CPUUtilization', 'Maximum'" + text + ")"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return get(arguments).out;
  };
  EXPECT_THAT(search(", 300", {}), HasSubstr("2026-01-05T12:00:00Z  10\n"));
  EXPECT_THAT(search(", 300", {}), HasSubstr("2026-01-05T12:05:00Z  90\n"));
  EXPECT_EQ(search("", {"--period", "300"}), search(", 300", {}));
  const auto odd = get({"--expression", "SEARCH('CPUUtilization', 'Maximum', 90)"});
  EXPECT_EQ(odd.exit_code, 3);
  EXPECT_THAT(odd.err, HasSubstr("a period is 1, 5, 10, 20, 30 or a multiple of 60 seconds"));
}

TEST_F(Metrics, RefuseWhatGetMetricDataRefuses) {
  const auto refused = [&](const std::vector<std::string>& arguments, const char* why) {
    const auto outcome = get(arguments);
    EXPECT_EQ(outcome.exit_code, 3) << why;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(why));
  };
  refused({"--metric", cpu, "--period", "90"}, "90 s is no period");
  refused({"--metric", cpu, "--from", "5m", "--to", "2m"}, "the range ends before it begins");
  refused({"--metric", cpu, "--from", "50m"}, "the last datum is of 2026-01-05T12:");
  refused({"--metric", cpu, "--name", "x"}, "--name is for `list`, not for `get`");
  EXPECT_THAT(hoplab({"metrics", "rec", "list", "--metric", cpu}).err,
              HasSubstr("--metric is for `get`, not for `list`"));
}

TEST_F(Metrics, BoundArraysThatGrowOutOfEachOther) {
  std::string many = "[m1";
  for (int i = 0; i < 600; ++i) many += ",m1";
  const auto outcome = get({"--metric", cpu, "--expression", "MAX(" + many + "])"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("an array holds at most 500 series"));
}

TEST_F(Metrics, DropAUnitThatMeansNothing) {
  const auto unit_of = [&](const std::string& expression) {
    const std::string out = get({"--metric", cpu, "--expression", expression}).out;
    return out.substr(out.find("\ne1") + 1).starts_with("e1 (Percent)");
  };
  EXPECT_TRUE(unit_of("m1 * 2 + m1"));
  EXPECT_FALSE(unit_of("m1 > 5"));
  EXPECT_FALSE(unit_of("m1 ^ 2"));
  EXPECT_FALSE(unit_of("m1 / m1"));
}

TEST_F(Metrics, LeaveOutAFigureThatIsNotFinite) {
  const std::string datum =
      R"({"Namespace":"n","MetricName":"m","Dimensions":[],"Timestamp":"2026-01-05T12:00:00Z",)"
      R"("Value":1e308})"
      "\n";
  write_bytes(folder_ / "large.jsonl", datum + datum);
  const auto sum = hoplab({"metrics", "large.jsonl", "get", "--metric", "n,m", "--stat", "Sum"});
  EXPECT_EQ(sum.out, "m: no data\n");
}

TEST_F(Metrics, SayWhenThereIsTooLittleToLearnABandFrom) {
  const auto outcome =
      get({"--metric", cpu, "--expression", "ANOMALY_DETECTION_BAND(m1, 2)", "--json"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("no band: PENDING_TRAINING"));
  EXPECT_EQ(Json::parse(outcome.out)["MetricDataResults"].size(), 3U);
}

/// Ten days of data every five minutes: 10 by night, 20 by day; the last hour is at 40.
std::string ten_days() {
  std::string lines;
  constexpr int points = 10 * 288;
  for (int i = 0; i < points; ++i) {
    const bool is_day = i % 288 >= 96 && i % 288 < 240;
    const double value = i >= points - 12 ? 40 : (is_day ? 20 : 10) + i % 7 * 0.1;
    lines += fmt::format(R"({{"Namespace":"n","MetricName":"m","Dimensions":[],"Timestamp":)"
                         R"("2026-01-{:02}T{:02}:{:02}:00Z","Value":{}}})"
                         "\n",
                         5 + i / 288, i % 288 / 12, i % 12 * 5, value);
  }
  return lines;
}

TEST_F(Metrics, DrawABandAndLeaveOutWhatIsExcluded) {
  write_bytes(folder_ / "days.jsonl", ten_days());
  const auto edges = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"metrics",      "days.jsonl",
                                          "get",          "--metric",
                                          "n,m",          "--period",
                                          "300",          "--json",
                                          "--from",       "2026-01-14T09:00:00Z",
                                          "--to",         "2026-01-14T10:00:00Z",
                                          "--expression", "ANOMALY_DETECTION_BAND(m1, 3)"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Json answer = Json::parse(hoplab(arguments).out)["MetricDataResults"];
    EXPECT_EQ(answer.size(), 3U);
    return std::pair(answer[1]["Values"][0].get<double>(), answer[2]["Values"][0].get<double>());
  };
  const auto [upper, lower] = edges({});
  EXPECT_NEAR(upper, 21.5, 1);
  EXPECT_NEAR(lower, 19, 1);
  // Without its days it knows nights only.
  std::vector<std::string> days;
  for (int day = 5; day < 14; ++day) {
    days.push_back("--exclude");
    days.push_back(fmt::format("2026-01-{:02}T08:00:00Z,2026-01-{:02}T20:00:00Z", day, day));
  }
  EXPECT_LT(edges(days).first, 15);
  EXPECT_EQ(hoplab({"metrics", "rec", "get", "--exclude", "noon"}).exit_code, 2);
}

// --- Alarms ------------------------------------------------------------------------------------

TEST_F(Metrics, EvaluateAlarmsMinuteByMinute) {
  write_bytes(folder_ / "alarms.json", alarm);
  const auto outcome = hoplab({"alarms", "rec", "--file", "alarms.json", "--history"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ALARM              cpu  since 2026-01-05T12:07:01Z\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Threshold Crossed: 2 out of the last 3 datapoints [90.0 "
                                     "(05/01/26 12:06:00), 90.0"));
  EXPECT_THAT(outcome.out, HasSubstr("2026-01-05T12:01:01Z  cpu INSUFFICIENT_DATA -> OK\n"));
  EXPECT_THAT(outcome.out, HasSubstr("2026-01-05T12:07:01Z  cpu OK -> ALARM\n"));
  EXPECT_EQ(hoplab({"alarms", "rec", "--file", "alarms.json", "--fail-on-alarm"}).exit_code, 1);
}

TEST_F(Metrics, AnswerAsDescribeAlarmsAndItsHistoryDo) {
  write_bytes(folder_ / "alarms.json", fmt::format(R"json([{},
      {{"AlarmName":"any","AlarmRule":"ALARM(cpu)"}}])json",
                                                   alarm));
  const Json now = Json::parse(hoplab({"alarms", "rec", "--file", "alarms.json", "--json"}).out);
  EXPECT_EQ(now["MetricAlarms"][0]["StateValue"], "ALARM");
  EXPECT_EQ(now["CompositeAlarms"][0]["StateValue"], "ALARM");
  const Json history =
      Json::parse(hoplab({"alarms", "rec", "--file", "alarms.json", "--json", "--history"}).out);
  EXPECT_EQ(history["AlarmHistoryItems"][0]["AlarmName"], "any");
  EXPECT_EQ(history["AlarmHistoryItems"][0]["HistorySummary"], "Alarm updated from OK to ALARM");
  // What describe-alarms answers is taken as it is.
  write_bytes(folder_ / "alarms.json", now.dump());
  const auto again = hoplab({"alarms", "rec", "--file", "alarms.json", "--json"});
  EXPECT_EQ(Json::parse(again.out), now);
}

TEST_F(Metrics, RefuseAlarmsThatPutMetricAlarmWouldRefuse) {
  std::string wrong = alarm;
  wrong.replace(wrong.find("GreaterThanThreshold"), 20, "GreaterThenThreshold");
  write_bytes(folder_ / "alarms.json", wrong);
  const auto outcome = hoplab({"alarms", "rec", "--file", "alarms.json"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err,
              HasSubstr("alarms.json:4:24: error[E0910]: alarm 'cpu': ComparisonOperator "
                        "cannot be 'GreaterThenThreshold'"));
  EXPECT_EQ(hoplab({"alarms", "rec", "--file", "none.json"}).exit_code, 4);
}

// --- In a run ----------------------------------------------------------------------------------

constexpr const char* idle = R"(hoplab: 1
name: idle
duration: 6m
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: 7ms}
workload: [{rate: 40/s, to: a, duration: 3m}]
telemetry:
  cloudwatch:
    alarms:
      - AlarmName: b-idle
        Namespace: AWS/ECS
        MetricName: CPUUtilization
        Dimensions: [{Name: ClusterName, Value: hoplab}, {Name: ServiceName, Value: b}]
        Statistic: Average
        Period: 60
        EvaluationPeriods: 1
        Threshold: 1
        ComparisonOperator: LessThanThreshold
expectations:
  - {alarm: b-idle, inState: [{OK: [1m, 3m]}, {ALARM: [4m, 6m]}]}
)";

TEST_F(Metrics, AlarmsOfAScenarioChangeWhileItRuns) {
  write_bytes(folder_ / "idle.yaml", idle);
  const auto run = hoplab({"run", "idle.yaml", "-o", "idle"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("state 4m to 6m ALARM"));
  const std::string events = hoplab::report::testing::bytes_of(folder_ / "idle/ecs/events.jsonl");
  EXPECT_THAT(events, HasSubstr("\"detail-type\":\"CloudWatch Alarm State Change\""));
  const std::string states =
      hoplab::report::testing::bytes_of(folder_ / "idle/config/alarms.jsonl");
  EXPECT_THAT(states, HasSubstr("Unchecked: Initial alarm creation"));
  EXPECT_THAT(states, HasSubstr("was less than the threshold (1.0)"));
  const auto again = hoplab({"alarms", "idle", "--history"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("b-idle OK -> ALARM\n"));
  const std::string text = idle;
  std::string wrong = text;
  wrong.replace(wrong.find("Average"), 7, "Avarage");
  write_bytes(folder_ / "wrong.yaml", wrong);
  const auto refused = hoplab({"validate", "wrong.yaml"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("wrong.yaml:11:9: error[E0907]: alarm 'b-idle', statistic, "
                                     "column 1: there is no statistic 'Avarage'"));
}

// Whatever a world tells goes past the alarms as it is.
TEST_F(Metrics, AlarmsLeaveAllOtherTelemetryAsItIs) {
  const std::string with = idle;
  const auto from = with.find("telemetry:");
  write_bytes(folder_ / "with.yaml", with);
  write_bytes(folder_ / "without.yaml", with.substr(0, from));
  EXPECT_EQ(hoplab({"run", "with.yaml", "-o", "with", "--telemetry", "all"}).exit_code, 0);
  EXPECT_EQ(hoplab({"run", "without.yaml", "-o", "without", "--telemetry", "all"}).exit_code, 0);
  std::size_t files = 0;
  const std::filesystem::path whole = folder_ / "without";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(whole)) {
    const auto path = std::filesystem::relative(entry.path(), whole);
    const std::string top = path.begin()->string();
    if (!entry.is_regular_file() || !std::filesystem::is_directory(whole / top)) continue;
    if (top == "truth" || path == "ecs/events.jsonl") continue;  // They differ by the alarm.
    ++files;
    EXPECT_EQ(hoplab::report::testing::bytes_of(entry.path()),
              hoplab::report::testing::bytes_of(folder_ / "with" / path))
        << path;
  }
  EXPECT_GT(files, 10U);
}

}  // namespace
