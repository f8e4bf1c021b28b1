// FIS's grammar: what an experiment's targets pick, commands of Systems Manager, what AWS refuses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/schema/long_form.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// An experiment of one target "t" and one action on it.
Loaded load_experiment(const std::string& target, const std::string& action) {
  return load_with(
      fmt::format("experiment: {{targets: {{t: {}}}, actions: {{x: {}}}}}", target, action));
}

const std::string hang = R"({actionId: "hoplab:ecs:hang", targets: {Tasks: t}})";

TEST(Targets, TasksAreSelectedByServiceTagFilterAndMode) {
  const Loaded loaded = load_experiment(
      R"({resourceType: "aws:ecs:task", parameters: {cluster: hoplab, service: b},
          resourceTags: {"aws:ecs:serviceName": b}, selectionMode: COUNT(1),
          filters: [{path: AvailabilityZone, values: [us-east-1a, us-east-1b]}]})",
      hang);
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const Fault& fault = loaded.scenario->faults.at(0);
  ASSERT_TRUE(fault.selection);
  EXPECT_EQ(fault.target, "b");
  EXPECT_EQ(fault.selection->name, "t");
  EXPECT_EQ(fault.selection->mode, TargetSelection::Mode::count);
  EXPECT_EQ(fault.selection->number, 1);
  EXPECT_EQ(fault.selection->tags.at("aws:ecs:serviceName"), "b");
  EXPECT_THAT(fault.selection->filters.at(0).values, ElementsAre("us-east-1a", "us-east-1b"));
}

TEST(Targets, AllTasksOfAServiceAreWhatItsNameMeans) {
  const Loaded loaded =
      load_experiment(R"({resourceType: "aws:ecs:task", parameters: {service: b}})", hang);
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  EXPECT_FALSE(loaded.scenario->faults.at(0).selection);
}

TEST(Targets, InstancesAreSelectedByTheirState) {
  const Loaded loaded = load_experiment(
      R"({resourceType: "aws:ec2:instance", parameters: {availabilityZoneIdentifier: us-east-1a},
          filters: [{path: State.Name, values: [running]}], selectionMode: PERCENT(50)})",
      R"({actionId: "hoplab:ec2:cpu-stress", targets: {Instances: t}})");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const Fault& fault = loaded.scenario->faults.at(0);
  EXPECT_EQ(fault.target, every_resource);
  EXPECT_EQ(fault.selection.value().filters.size(), 2U);
}

TEST(Targets, MistakesAreTold) {
  const auto message = [](const char* target, const std::string& action = hang) {
    return load_experiment(target, action).only_message();
  };
  EXPECT_THAT(message(R"({resourceType: "aws:rds:db"})"), HasSubstr("aws:ecs:task"));
  EXPECT_THAT(message(R"({resourceType: "aws:ecs:task", parameters: {service: c}})"),
              HasSubstr("there is no service 'c'"));
  EXPECT_THAT(message(R"({resourceType: "aws:ecs:task", parameters: {cluster: other}})"),
              HasSubstr("there is no cluster 'other'"));
  EXPECT_THAT(message(R"({resourceType: "aws:ecs:task", resourceArns: [b]})"),
              HasSubstr("'b' is not an ARN"));
  EXPECT_THAT(message(R"({resourceType: "aws:ecs:task", selectionMode: COUNT(0)})"),
              HasSubstr("COUNT(2)"));
  EXPECT_THAT(message(R"({resourceType: "aws:ecs:task", selectionMode: PERCENT(101)})"),
              HasSubstr("PERCENT(50)"));
  EXPECT_THAT(message(R"({resourceType: "aws:ecs:task", filters: [{path: Status, values: [x]}]})"),
              HasSubstr("LastStatus"));
  EXPECT_THAT(message(R"({resourceType: "aws:ecs:task", resourceTags: {team: x}})"),
              HasSubstr("team"));
  EXPECT_THAT(message(R"({resourceType: "aws:ec2:instance"})"),
              HasSubstr("does not happen to aws:ec2:instance"));
}

TEST(Targets, AwsWantsThemByTheirKey) {
  EXPECT_THAT(load_experiment(R"({resourceType: "aws:ecs:task", parameters: {service: b}})",
                              R"({actionId: "hoplab:ecs:hang", targets: {Services: t}})")
                  .only_message(),
              HasSubstr("targets: {Tasks: t}"));
}

TEST(Actions, AnAwsActionLastsItsDuration) {
  const Loaded loaded = load_experiment(
      R"({resourceType: "aws:ecs:task", parameters: {service: b}})",
      R"({actionId: "aws:ecs:task-cpu-stress", parameters: {duration: PT2M, percent: "80"},
          targets: {Tasks: t}})");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const Fault& fault = loaded.scenario->faults.at(0);
  EXPECT_EQ(fault.lasts, std::optional<Duration>(2min));
  EXPECT_EQ(fault.parameters.at("percent").value, "80");
  EXPECT_FALSE(fault.parameters.contains("duration"));
}

TEST(Actions, AShortFaultMaySayDurationToo) {
  const Loaded loaded = load_with(
      R"(faults: [{at: 1m, action: "aws:ecs:task-cpu-stress", target: b,
                   parameters: {duration: PT30S}}])");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  EXPECT_EQ(loaded.scenario->faults.at(0).lasts, std::optional<Duration>(30s));
}

TEST(Actions, ACommandIsReadAsFisHasIt) {
  const Loaded loaded = load_experiment(
      R"({resourceType: "aws:ec2:instance"})",
      R"({actionId: "aws:ssm:send-command", targets: {Instances: t}, parameters: {duration: PT5M,
          documentArn: "arn:aws:ssm:us-east-1::document/AWSFIS-Run-CPU-Stress",
          documentParameters: '{"DurationSeconds": "120", "LoadPercent": ["90"]}'}})");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const Fault& fault = loaded.scenario->faults.at(0);
  EXPECT_EQ(fault.action, "aws:ssm:send-command/AWSFIS-Run-CPU-Stress");
  EXPECT_EQ(fault.lasts, std::optional<Duration>(2min));
  EXPECT_EQ(fault.parameters.at("LoadPercent").value, "90");
}

TEST(Actions, CommandsHaveMistakesOfTheirOwn) {
  const auto message = [](const char* parameters) {
    return load_experiment(R"({resourceType: "aws:ec2:instance"})",
                           fmt::format(R"({{actionId: "aws:ssm:send-command", parameters: {},
                                           targets: {{Instances: t}}}})",
                                       parameters))
        .only_message();
  };
  EXPECT_THAT(message("{documentArn: x/AWSFIS-Run-Disk-Fill}"), HasSubstr("not simulated yet"));
  EXPECT_THAT(message("{documentArn: x/My-Own}"), HasSubstr("no fault action"));
  EXPECT_THAT(message("{documentArn: x/AWSFIS-Run-CPU-Stress, documentParameters: '{'}"),
              HasSubstr("wants a JSON object"));
  EXPECT_THAT(message(R"({documentArn: x/AWSFIS-Run-CPU-Stress,
                          documentParameters: '{"DurationSeconds": "long"}'})"),
              HasSubstr("whole number"));
}

TEST(Actions, TheLongFormSaysWhatTheExperimentSaid) {
  const Loaded loaded = load_experiment(
      R"({resourceType: "aws:ec2:instance", selectionMode: PERCENT(50),
          resourceArns: ["arn:aws:ec2:us-east-1:111122223333:instance/i-1"],
          resourceTags: {Name: host-b-1}, filters: [{path: State.Name, values: [running]}]})",
      R"({actionId: "hoplab:ec2:cpu-stress", targets: {Instances: t}})");
  ASSERT_TRUE(loaded.scenario);
  const Loaded again = load_text(long_form(*loaded.scenario));
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages());
  EXPECT_THAT(again.messages(), IsEmpty());
  const Fault& before = loaded.scenario->faults.at(0);
  const Fault& after = again.scenario->faults.at(0);
  EXPECT_EQ(after.target, before.target);
  EXPECT_EQ(after.selection->name, before.selection->name);
  EXPECT_EQ(after.selection->number, before.selection->number);
  EXPECT_EQ(after.selection->arns, before.selection->arns);
  EXPECT_EQ(after.selection->tags, before.selection->tags);
  EXPECT_EQ(after.selection->filters.at(0).values, before.selection->filters.at(0).values);
}

TEST(Hosts, HaveCreditsIfTheyAreBurstable) {
  const auto host = [](const char* keys) {
    return load_text(
        fmt::format("hoplab: 1\nduration: 1m\nhosts: {{h: {}}}\n"
                    "services: {{a: {{placement: h}}}}\n",
                    keys));
  };
  const Loaded t3 = host("{instanceType: t3.small, cpuCreditBalance: 7.5, reservedMemory: 1GiB}");
  ASSERT_TRUE(t3.scenario) << testing::PrintToString(t3.messages());
  EXPECT_TRUE(t3.scenario->hosts.at(0).has_unlimited_credits);
  EXPECT_EQ(t3.scenario->hosts.at(0).cpu_credits, std::optional(7.5));
  const Loaded again = load_text(long_form(*t3.scenario));
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages());
  EXPECT_EQ(again.scenario->hosts.at(0).cpu_credits, std::optional(7.5));
  EXPECT_EQ(again.scenario->hosts.at(0).reserved_memory, t3.scenario->hosts.at(0).reserved_memory);
  EXPECT_FALSE(host("{instanceType: t2.small}").scenario.value().hosts.at(0).has_unlimited_credits);
  EXPECT_THAT(host("{cpuCreditBalance: 1}").only_message(),
              HasSubstr("m5.large has no CPU credits"));
  EXPECT_THAT(host("{creditSpecification: {cpuCredits: standard}}").only_message(),
              HasSubstr("m5.large has no CPU credits"));
  EXPECT_THAT(host("{instanceType: t3.small, creditSpecification: {}}").only_message(),
              HasSubstr("cpuCredits"));
}

// --- Stop conditions --------------------------------------------------------------------------

const std::string alarm_slow =
    "{AlarmName: slow, Namespace: AWS/ECS, MetricName: CPUUtilization, Statistic: Average, "
    "Period: 60, Threshold: 1, EvaluationPeriods: 1, ComparisonOperator: GreaterThanThreshold}";

/// An alarm "slow" and an experiment of `actions`; its stop conditions stand in line 8.
Loaded load_stoppable(const std::string& conditions, const std::string& actions,
                      const std::string& more = "") {
  return load_with(
      fmt::format("telemetry: {{cloudwatch: {{alarms: [{}]}}}}\n"
                  "experiment:\n"
                  "  actions: {{{}}}\n"
                  "  stopConditions: [{}]\n{}",
                  alarm_slow, actions, conditions, more));
}

const std::string hang_a_while = "x: {actionId: 'hoplab:ecs:hang', at: 1m, for: 1m, target: b}";
const std::string by_arn =
    "{source: 'aws:cloudwatch:alarm', "
    "value: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:slow'}";

TEST(StopConditions, NameAnAlarmByItsArnOrByItsName) {
  for (const std::string& condition :
       {by_arn, std::string("{source: 'aws:cloudwatch:alarm', value: slow}")}) {
    const Loaded loaded = load_stoppable(condition, hang_a_while);
    ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
    EXPECT_THAT(loaded.messages(), IsEmpty());
    const Experiment& experiment = loaded.scenario->experiment.value();
    ASSERT_EQ(experiment.stop_conditions.size(), 1U);
    EXPECT_EQ(experiment.stop_conditions[0].alarm, "slow");
    EXPECT_EQ(experiment.start, 1min);
    EXPECT_EQ(experiment.end, std::optional<Duration>(2min));
    EXPECT_TRUE(loaded.scenario->faults.at(0).is_of_experiment);
  }
}

TEST(StopConditions, NoneLeavesTheFaultsAsTheyAre) {
  const Loaded loaded = load_stoppable("{source: none}", hang_a_while);
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  EXPECT_THAT(loaded.messages(), IsEmpty());
  EXPECT_FALSE(loaded.scenario->experiment);
  EXPECT_FALSE(loaded.scenario->faults.at(0).is_of_experiment);
}

TEST(StopConditions, AnExperimentLastsFromItsFirstActionToTheEndOfItsLast) {
  const auto span = [](const std::string& actions) {
    const Loaded loaded = load_stoppable(by_arn, actions);
    EXPECT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
    const Experiment experiment = loaded.scenario.value().experiment.value();
    return std::pair(experiment.start, experiment.end);
  };
  const std::optional<Duration> never;
  EXPECT_EQ(span("w: {actionId: 'aws:fis:wait', parameters: {duration: PT1M}}, "
                 "x: {actionId: 'hoplab:ecs:hang', startAfter: [w], for: 2m, target: b}"),
            std::pair(Duration(0min), std::optional<Duration>(3min)));
  EXPECT_EQ(span("x: {actionId: 'aws:ecs:stop-task', at: 1m, target: b}"),
            std::pair(Duration(1min), std::optional<Duration>(1min)));
  EXPECT_EQ(span("x: {actionId: 'hoplab:ecs:hang', at: 1m, target: b}, "
                 "y: {actionId: 'hoplab:ecs:hang', at: 2m, for: 1m, target: b}"),
            std::pair(Duration(1min), never));
  EXPECT_EQ(span("x: {actionId: 'aws:ecs:task-network-latency', at: 1m, target: b}"),
            std::pair(Duration(1min), never));
}

TEST(StopConditions, MistakesAreToldWithTheirPlaces) {
  const auto told = [](const std::string& condition) {
    const Loaded loaded = load_stoppable(condition, hang_a_while);
    std::string all;
    for (const std::string& place : loaded.places()) all += place + " ";
    return all + loaded.only_message();
  };
  EXPECT_EQ(told("{source: 'aws:cloudwatch:alarm', value: slowly}"),
            "8:60 E0424 there is no alarm 'slowly' | did you mean 'slow'?");
  EXPECT_EQ(told("{source: 'aws:cloudwatch:alarm', "
                 "value: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:slow'}"),
            "8:60 E0424 there is no alarm 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:slow' "
            "| it is arn:aws:cloudwatch:us-east-1:111122223333:alarm:slow");
  EXPECT_EQ(told("{source: 'aws:cloudwatch:alarms', value: slow}"),
            "8:29 E0213 'aws:cloudwatch:alarms' is not known here | did you mean "
            "'aws:cloudwatch:alarm'?");
  EXPECT_THAT(told("{source: 'aws:cloudwatch:alarm'}"), HasSubstr("8:20 E0202"));
  EXPECT_THAT(told("{source: none, value: slow}"), HasSubstr("8:35 E0202 'value' needs a source"));
  EXPECT_THAT(told("{value: slow}"), HasSubstr("E0202"));
}

TEST(StopConditions, WantTheMetricsThatAlarmsAreMadeOf) {
  const Loaded loaded = load_with("telemetry: {sources: [-cloudwatch], cloudwatch: {alarms: [" +
                                  alarm_slow + "]}}\nexperiment: {actions: {" + hang_a_while +
                                  "}, stopConditions: [" + by_arn + "]}");
  EXPECT_THAT(loaded.only_message(), HasSubstr("no alarm stops the experiment without"));
}

TEST(StopConditions, AreWrittenOutWithTheWaitAndTheFaultsBesideThem) {
  const Loaded loaded = load_stoppable(
      by_arn,
      "w: {actionId: 'aws:fis:wait', parameters: {duration: PT1M}}, "
      "wait: {actionId: 'hoplab:ecs:hang', startAfter: [w], for: 2m, target: b}",
      "faults: [{name: beside, at: 2m, action: 'hoplab:ecs:hang', target: b, count: 1}]\n");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const std::string text = long_form(*loaded.scenario);
  EXPECT_THAT(text, HasSubstr("arn:aws:cloudwatch:us-east-1:111122223333:alarm:slow"));
  const Loaded again = load_text(text);
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages()) << text;
  EXPECT_EQ(long_form(*again.scenario), text);
  EXPECT_EQ(again.scenario->experiment.value().start, 0min);
  EXPECT_EQ(again.scenario->experiment->end, std::optional<Duration>(3min));
  ASSERT_EQ(again.scenario->faults.size(), 2U);
  EXPECT_EQ(again.scenario->faults[0].name, "beside");
  EXPECT_FALSE(again.scenario->faults[0].is_of_experiment);
  EXPECT_EQ(again.scenario->faults[0].count, std::optional<int>(1));
  EXPECT_TRUE(again.scenario->faults[1].is_of_experiment);
}

}  // namespace
}  // namespace hoplab::scenarios
