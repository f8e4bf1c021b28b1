// An experiment that an alarm stops: when, what ends with it, what does not, and what is told of
// it.

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Keeps the answer key as well: "1m begins slow".
class Sink final : public test::MemorySink {
 public:
  void fault(sim::SimTime at, std::string_view name, std::string_view, std::string_view,
             bool begins) override {
    faults.push_back(sim::format(at.time_since_epoch()) + (begins ? " begins " : " ends ") +
                     std::string(name));
  }
  std::vector<std::string> faults;
};

struct Outcome {
  std::unique_ptr<Sink> sink = std::make_unique<Sink>();
  std::optional<models::ExperimentState> experiment;
};

Outcome run(const std::string& text, std::uint64_t seed = 1) {
  Outcome outcome;
  auto scenario = test::read_text(text);
  if (!scenario) return outcome;
  scenario->seed = seed;
  sim::Engine engine(scenario->seed);
  models::World world(engine, *scenario, *outcome.sink);
  world.run({});
  outcome.experiment = world.experiment();
  test::expect_nothing_vanishes(*outcome.sink, world.totals());
  return outcome;
}

/// In ALARM from the evaluation after its `periods`th minute on: a share of CPU is never below 0.
std::string alarm_after(const std::string& name, int periods) {
  return "{AlarmName: " + name +
         ", Namespace: AWS/ECS, MetricName: CPUUtilization, Statistic: Average, Period: 60, "
         "Dimensions: [{Name: ClusterName, Value: hoplab}, {Name: ServiceName, Value: a}], "
         "Threshold: 0, ComparisonOperator: GreaterThanOrEqualToThreshold, EvaluationPeriods: " +
         std::to_string(periods) + "}";
}

/// More than all of the CPU.
std::string alarm_never(const std::string& name) {
  return "{AlarmName: " + name +
         ", Namespace: AWS/ECS, MetricName: CPUUtilization, Statistic: Average, Period: 60, "
         "Dimensions: [{Name: ClusterName, Value: hoplab}, {Name: ServiceName, Value: a}], "
         "Threshold: 1000, ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1}";
}

std::string stop_at(const std::string& alarm) {
  return "{source: \"aws:cloudwatch:alarm\", "
         "value: \"arn:aws:cloudwatch:us-east-1:111122223333:alarm:" +
         alarm + "\"}";
}

/// a calls b, the wire between them takes 1 ms; the alarms are `early` (1m1s), `late` (2m1s) and
/// `never`.
std::string scenario_of(const std::string& actions, const std::string& conditions,
                        const std::string& more = "") {
  return "hoplab: 1\nname: rehearsal\nduration: 150s\nnetwork: {latency: 1ms}\n"
         "workload: [{name: users, executor: constant-arrival-rate, rate: 20/s, to: a}]\n"
         "services:\n  a: {calls: [{to: b}]}\n  b: {serviceTime: 1ms}\n"
         "telemetry: {cloudwatch: {alarms: [" +
         alarm_after("early", 1) + ", " + alarm_after("late", 2) + ", " + alarm_never("never") +
         "]}}\nexperiment:\n  actions: {" + actions + "}\n  stopConditions: [" + conditions +
         "]\n" + more;
}

/// The wire is longer by 100 ms each way from 30 s on.
std::string slow_wire(const std::string& length) {
  return "slow: {actionId: \"hoplab:link:latency\", at: 30s, " + length +
         "target: \"a->b\", parameters: {delay: 100ms}}";
}

/// FIS's events, in their order.
std::vector<json> events_of_fis(const Sink& sink) {
  std::vector<json> all;
  for (const std::string& text : sink.ecs_events) {
    json event = json::parse(text);
    if (event.at("source") == "aws.fis") all.push_back(std::move(event));
  }
  return all;
}

std::vector<std::string> states(const Sink& sink) {
  std::vector<std::string> all;
  for (const json& event : events_of_fis(sink)) {
    const json& detail = event.at("detail");
    all.push_back(event.at("time").get<std::string>() + " " +
                  detail.at("old-state").at("status").get<std::string>() + " -> " +
                  detail.at("new-state").at("status").get<std::string>());
  }
  return all;
}

/// Calls of b that began in [from, to), by whether they felt the longer wire.
std::pair<int, int> quick_and_slow(const Sink& sink, sim::Duration from, sim::Duration to) {
  std::pair<int, int> counts;
  for (const auto& request : sink.requests.at("a->b")) {
    const sim::Duration began = request.ended.time_since_epoch() - request.took;
    if (began < from || began >= to) continue;
    ++(request.took < 20ms ? counts.first : counts.second);
  }
  return counts;
}

// --- When, and what ends ------------------------------------------------------------------------

TEST(StoppedExperiment, EndsItsFaultInTheInstantOfTheEvaluation) {
  const Outcome outcome = run(scenario_of(slow_wire("for: 110s, "), stop_at("early")));
  EXPECT_THAT(outcome.sink->faults, ElementsAre("30s begins slow", "1m1s ends slow"));
  // 20 requests a second: before, while, and after. Two steps of 100 ms are under way at the end.
  EXPECT_EQ(quick_and_slow(*outcome.sink, 1s, 29s), std::pair(560, 0));
  EXPECT_EQ(quick_and_slow(*outcome.sink, 30s, 60'800ms), std::pair(0, 616));
  EXPECT_EQ(quick_and_slow(*outcome.sink, 61s, 149s), std::pair(1760, 0));
  ASSERT_TRUE(outcome.experiment);
  EXPECT_EQ(outcome.experiment->status, "stopped");
  EXPECT_EQ(outcome.experiment->reason, "Experiment halted by stop condition.");
  EXPECT_EQ(outcome.experiment->since, sim::at(61s));
  EXPECT_EQ(outcome.experiment->alarm, "early");
}

TEST(StoppedExperiment, EndsAFaultThatWouldHaveLastedToTheEnd) {
  const Outcome outcome = run(scenario_of(slow_wire(""), stop_at("early")));
  EXPECT_THAT(outcome.sink->faults, ElementsAre("30s begins slow", "1m1s ends slow"));
  EXPECT_EQ(quick_and_slow(*outcome.sink, 61s, 149s), std::pair(1760, 0));
}

TEST(StoppedExperiment, DoesNotBeginWhatIsPending) {
  const Outcome outcome =
      run(scenario_of(slow_wire("for: 40s, ") + ", stop: {actionId: \"aws:ecs:stop-task\", "
                                                "startAfter: [slow], target: b}",
                      stop_at("early")));
  EXPECT_THAT(outcome.sink->faults, ElementsAre("30s begins slow", "1m1s ends slow"));
  EXPECT_THAT(outcome.sink->ecs_tasks, Not(Contains(HasSubstr("Task stopped by user"))));
}

TEST(StoppedExperiment, LeavesAStoppedTaskStopped) {
  const Outcome outcome =
      run(scenario_of(slow_wire("for: 110s, ") + ", stop: {actionId: \"aws:ecs:stop-task\", "
                                                 "at: 35s, target: b}",
                      stop_at("early")));
  EXPECT_THAT(outcome.sink->faults,
              ElementsAre("30s begins slow", "35s begins stop", "1m1s ends slow"));
  EXPECT_THAT(outcome.sink->ecs_tasks, Contains(HasSubstr("Task stopped by user")));
}

TEST(StoppedExperiment, LeavesTheFaultsBesideIt) {
  const Outcome outcome = run(scenario_of(slow_wire("for: 110s, "), stop_at("early"),
                                          "faults: [{name: other, at: 40s, for: 40s, action: "
                                          "\"hoplab:ecs:failing-responses\", target: b}]\n"));
  EXPECT_THAT(outcome.sink->faults, ElementsAre("30s begins slow", "40s begins other",
                                                "1m1s ends slow", "1m20s ends other"));
}

// --- Which alarm --------------------------------------------------------------------------------

TEST(StopConditions, AnAlarmThatRingsBeforeTheFirstActionLetsNothingBegin) {
  const Outcome outcome =
      run(scenario_of("slow: {actionId: \"hoplab:link:latency\", at: 90s, for: 30s, "
                      "target: \"a->b\", parameters: {delay: 100ms}}",
                      stop_at("early")));
  EXPECT_THAT(outcome.sink->faults, IsEmpty());
  EXPECT_EQ(quick_and_slow(*outcome.sink, 1s, 149s).second, 0);
  EXPECT_EQ(outcome.experiment.value().status, "stopped");
  EXPECT_EQ(outcome.experiment->since, sim::at(90s));
  EXPECT_THAT(states(*outcome.sink), ElementsAre("2026-01-05T12:01:30Z pending -> initiating",
                                                 "2026-01-05T12:01:30Z initiating -> stopping",
                                                 "2026-01-05T12:01:30Z stopping -> stopped"));
}

TEST(StopConditions, AnyOfThemStopsAndTheFirstToRingIsNamed) {
  const Outcome outcome =
      run(scenario_of(slow_wire("for: 110s, "),
                      stop_at("never") + ", " + stop_at("late") + ", " + stop_at("early")));
  EXPECT_EQ(outcome.experiment.value().alarm, "early");
  EXPECT_THAT(outcome.sink->faults, ElementsAre("30s begins slow", "1m1s ends slow"));
}

TEST(StopConditions, AnAlarmThatNeverRingsChangesNoRequest) {
  const Outcome watched = run(scenario_of(slow_wire("for: 1m, "), stop_at("never")));
  const Outcome alone = run(scenario_of(slow_wire("for: 1m, "), "{source: none}"));
  EXPECT_THAT(watched.sink->faults, ElementsAre("30s begins slow", "1m30s ends slow"));
  EXPECT_EQ(watched.sink->faults, alone.sink->faults);
  const auto took = [](const Outcome& outcome) {
    std::vector<std::pair<sim::SimTime, sim::Duration>> all;
    for (const auto& it : outcome.sink->requests.at("a->b")) all.emplace_back(it.ended, it.took);
    return all;
  };
  EXPECT_EQ(took(watched), took(alone));
  EXPECT_EQ(watched.experiment.value().status, "completed");
  EXPECT_EQ(watched.experiment->reason, "Experiment completed.");
  EXPECT_EQ(watched.experiment->since, sim::at(90s));
  // Without a condition there is nothing to tell of it but its faults.
  EXPECT_FALSE(alone.experiment);
  EXPECT_THAT(states(*alone.sink), IsEmpty());
}

TEST(StopConditions, AnAlarmThatRingsWhenAllIsOverStopsNothing) {
  const Outcome outcome = run(scenario_of(slow_wire("for: 10s, "), stop_at("early")));
  EXPECT_THAT(outcome.sink->faults, ElementsAre("30s begins slow", "40s ends slow"));
  EXPECT_EQ(outcome.experiment.value().status, "completed");
  EXPECT_EQ(outcome.experiment->alarm, "");
}

TEST(StopConditions, WatchAWaitThatComesFirst) {
  const Outcome outcome =
      run(scenario_of("pause: {actionId: \"aws:fis:wait\", parameters: {duration: PT2M}}, "
                      "hang: {actionId: \"hoplab:ecs:hang\", startAfter: [pause], target: b}",
                      stop_at("early")));
  EXPECT_THAT(outcome.sink->faults, IsEmpty());
  EXPECT_EQ(outcome.experiment.value().since, sim::at(61s));
}

// --- What is told -------------------------------------------------------------------------------

// The members are those of "Monitor AWS FIS experiments using Amazon EventBridge".
TEST(ExperimentEvents, HaveTheShapeThatFisDocuments) {
  const Outcome outcome = run(scenario_of(slow_wire("for: 110s, "), stop_at("early")));
  EXPECT_THAT(states(*outcome.sink), ElementsAre("2026-01-05T12:00:30Z pending -> initiating",
                                                 "2026-01-05T12:00:30Z initiating -> running",
                                                 "2026-01-05T12:01:01Z running -> stopping",
                                                 "2026-01-05T12:01:01Z stopping -> stopped"));
  const json event = events_of_fis(*outcome.sink).at(3);
  std::vector<std::string> keys;
  for (const auto& [key, value] : event.items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("account", "detail", "detail-type", "id", "region", "resources",
                                "source", "time", "version"));
  EXPECT_EQ(event.at("detail-type"), "FIS Experiment State Change");
  const json& detail = event.at("detail");
  const std::string id = detail.at("experiment-id");
  EXPECT_TRUE(id.starts_with("EXP"));
  EXPECT_EQ(event.at("resources"),
            json::array({"arn:aws:fis:us-east-1:111122223333:experiment/" + id}));
  EXPECT_TRUE(detail.at("experiment-template-id").get<std::string>().starts_with("EXT"));
  EXPECT_EQ(detail.at("new-state"),
            json({{"status", "stopped"}, {"reason", "Experiment halted by stop condition."}}));
  EXPECT_EQ(detail.size(), 4U);
}

TEST(ExperimentEvents, FollowTheAlarmThatCausesThem) {
  const Outcome outcome = run(scenario_of(slow_wire("for: 110s, "), stop_at("early")));
  std::vector<std::string> sources;
  for (const std::string& text : outcome.sink->ecs_events) {
    const json event = json::parse(text);
    if (event.at("time") == "2026-01-05T12:01:01Z") sources.push_back(event.at("source"));
  }
  // Three alarms got their first state: early ALARM, never OK; late has too few points.
  EXPECT_THAT(sources, ElementsAre("aws.cloudwatch", "aws.cloudwatch", "aws.fis", "aws.fis"));
}

TEST(ExperimentEvents, AreTheSameInEveryRunOfASeed) {
  const std::string text = scenario_of(slow_wire("for: 110s, "), stop_at("early"));
  const Outcome first = run(text);
  const Outcome again = run(text);
  const Outcome other = run(text, 2);
  EXPECT_EQ(first.sink->ecs_events, again.sink->ecs_events);
  EXPECT_EQ(first.sink->lines, again.sink->lines);
  const auto ids = [](const Outcome& outcome) {
    const json detail = events_of_fis(*outcome.sink).at(0).at("detail");
    return std::pair(detail.at("experiment-id").get<std::string>(),
                     detail.at("experiment-template-id").get<std::string>());
  };
  EXPECT_NE(ids(first).first, ids(other).first);
  EXPECT_EQ(ids(first).second, ids(other).second);
}

}  // namespace
}  // namespace hoplab
