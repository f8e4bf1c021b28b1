// A past of a metric in a scenario: the run's alarms and those who read its recording see the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/report/program.hpp"

namespace {

using hoplab::report::testing::bytes_of;
using hoplab::report::testing::Outcome;
using hoplab::report::testing::Program;
using hoplab::report::testing::write_bytes;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class MetricHistoryRun : public Program {
 protected:
  /// 20 requests a second, evenly, are 1200 a minute; from the fifth minute on 30 % more or less.
  static std::string scenario(const std::string& before, const std::string& from_5m,
                              const std::string& expectations) {
    return fmt::format(R"yaml(hoplab: 1
name: past
duration: 10m
mesh: {{kind: serviceConnect}}
services:
  a: {{calls: [{{to: b}}]}}
  b: {{serviceTime: 7ms}}
workload:
  - {{to: a, executor: constant-arrival-rate, rate: 20/s, duration: 5m}}
  - {{to: a, executor: constant-arrival-rate, rate: {}, startTime: 5m}}
telemetry:
  cloudwatch:
    alarms:
      - AlarmName: odd
        EvaluationPeriods: 3
        ComparisonOperator: LessThanLowerOrGreaterThanUpperThreshold
        ThresholdMetricId: ad1
        Metrics:
          - Id: m1
            MetricStat:
              Stat: Sum
              Period: 60
              Metric:
                Namespace: AWS/ECS
                MetricName: RequestCount
                Dimensions: [{{Name: DiscoveryName, Value: b}}]
          - {{Id: ad1, Expression: "ANOMALY_DETECTION_BAND(m1, 3)"}}
{}expectations:
  - {{alarm: odd, inState: {}}}
)yaml",
                       from_5m, before, expectations);
  }

  static constexpr const char* past =
      "    history:\n"
      "      - {Namespace: AWS/ECS, MetricName: RequestCount, Stat: Sum, level: 1200, noise: 5%,\n"
      "         Dimensions: [{Name: DiscoveryName, Value: b}]}\n";

  Outcome run(const std::string& text, const std::string& name) {
    const std::string file = name + ".yaml";
    write_bytes(folder_ / file.c_str(), text);
    return hoplab({"run", file, "-o", name});
  }
};

TEST_F(MetricHistoryRun, AlarmsOfABandFireAtAShiftInAShortRun) {
  for (const char* rate : {"26/s", "14/s"}) {
    const auto outcome =
        run(scenario(past, rate, "[{OK: [1m, 5m]}, {ALARM: [8m, 10m]}]"), "shifted");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("warning")));
    // Three datapoints of 60 s: it comes with the third one, at 8 minutes and a second.
    EXPECT_THAT(outcome.out, HasSubstr("ALARM"));
    std::filesystem::remove_all(folder_ / "shifted");
  }
}

TEST_F(MetricHistoryRun, WithoutItThereIsNoBandAndNoAlarm) {
  const auto outcome = run(scenario("", "26/s", "[{INSUFFICIENT_DATA: [0s, 10m]}]"), "bare");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "bare/cloudwatch/history.jsonl"));
  const auto history = hoplab({"alarms", "bare", "--json", "--history"});
  EXPECT_THAT(Json::parse(history.out)["AlarmHistoryItems"], testing::IsEmpty());
  EXPECT_THAT(hoplab({"alarms", "bare", "--detectors"}).out,
              ::testing::StartsWith("PENDING_TRAINING "));
  const auto band = hoplab({"metrics", "bare", "get", "--stat", "Sum", "--metric",
                            "AWS/ECS,RequestCount,DiscoveryName=b", "--expression",
                            "ANOMALY_DETECTION_BAND(m1, 3)"});
  EXPECT_THAT(band.err, HasSubstr("no band: PENDING_TRAINING"));
}

TEST_F(MetricHistoryRun, TheRecordingAnswersAsTheRunDid) {
  ASSERT_EQ(run(scenario(past, "26/s", "[{ALARM: [8m, 10m]}]"), "rec").exit_code, 0);
  // What the run told as it went on ...
  const std::string told = bytes_of(folder_ / "rec/config/alarms.jsonl");
  const auto last_line = told.substr(told.rfind('\n', told.size() - 2) + 1);
  const Json of_run = Json::parse(last_line)["MetricAlarms"][0];
  ASSERT_EQ(of_run["StateValue"], "ALARM");
  // ... and what is made of the recording, the band's edges in the reason included.
  const auto answer = hoplab({"alarms", "rec", "--json"});
  ASSERT_EQ(answer.exit_code, 0) << answer.err;
  const Json after = Json::parse(answer.out)["MetricAlarms"][0];
  EXPECT_EQ(after["StateValue"], of_run["StateValue"]);
  EXPECT_EQ(after["StateReason"], of_run["StateReason"]);
  EXPECT_EQ(after["StateReasonData"], of_run["StateReasonData"]);
  EXPECT_EQ(after["StateTransitionedTimestamp"], of_run["StateTransitionedTimestamp"]);
  const std::vector<std::string> band = {"metrics",
                                         "rec",
                                         "get",
                                         "--stat",
                                         "Sum",
                                         "--metric",
                                         "AWS/ECS,RequestCount,DiscoveryName=b",
                                         "--expression",
                                         "ANOMALY_DETECTION_BAND(m1, 3)",
                                         "--json"};
  const auto edges = hoplab(band);
  EXPECT_EQ(edges.exit_code, 0) << edges.err;
  EXPECT_THAT(edges.err, testing::IsEmpty());
  const Json results = Json::parse(edges.out)["MetricDataResults"];
  ASSERT_EQ(results.size(), 3U);
  EXPECT_NEAR(results[1]["Values"][0].get<double>(), 1200 * 1.15, 1200 * 0.03);
  EXPECT_NEAR(results[2]["Values"][0].get<double>(), 1200 * 0.85, 1200 * 0.03);
  const Json detectors = Json::parse(hoplab({"alarms", "rec", "--detectors", "--json"}).out);
  ASSERT_EQ(detectors["AnomalyDetectors"].size(), 1U);
  EXPECT_EQ(detectors["AnomalyDetectors"][0]["StateValue"], "TRAINED");
  EXPECT_EQ(detectors["AnomalyDetectors"][0]["SingleMetricAnomalyDetector"]["Stat"], "Sum");
  EXPECT_EQ(hoplab({"alarms", "rec", "--detectors"}).out,
            "TRAINED                    AWS/ECS RequestCount DiscoveryName=b, Sum\n");
  // A damaged line is told, and the rest is read; without the file there is no band.
  write_bytes(folder_ / "rec/cloudwatch/history.jsonl", "{\"Namespace\":\"AWS/ECS\"\n");
  EXPECT_THAT(hoplab(band).err, HasSubstr("1 line could not be read"));
  std::filesystem::remove(folder_ / "rec/cloudwatch/history.jsonl");
  EXPECT_THAT(hoplab(band).err, HasSubstr("no band: PENDING_TRAINING"));
}

TEST_F(MetricHistoryRun, IsOneLineThatTheManifestListsAndLeavesTheRunAsItWas) {
  const std::string with = scenario(past, "26/s", "[{ALARM: [8m, 10m]}]");
  ASSERT_EQ(run(with, "one").exit_code, 0);
  ASSERT_EQ(run(with, "two").exit_code, 0);
  ASSERT_EQ(run(scenario("", "26/s", "[{INSUFFICIENT_DATA: [0s, 10m]}]"), "bare").exit_code, 0);
  const std::string line = bytes_of(folder_ / "one/cloudwatch/history.jsonl");
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_EQ(line, bytes_of(folder_ / "two/cloudwatch/history.jsonl"));
  EXPECT_EQ(Json::parse(line)["level"], 1200);
  EXPECT_THAT(bytes_of(folder_ / "one/MANIFEST.json"), HasSubstr("cloudwatch/history.jsonl"));
  EXPECT_EQ(bytes_of(folder_ / "one/cloudwatch/metrics.jsonl"),
            bytes_of(folder_ / "bare/cloudwatch/metrics.jsonl"));
  EXPECT_EQ(bytes_of(folder_ / "one/config/alarms.jsonl"),
            bytes_of(folder_ / "two/config/alarms.jsonl"));
}

}  // namespace
