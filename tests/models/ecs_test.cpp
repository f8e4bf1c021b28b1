#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "models/ecs/documents.hpp"
#include "models/ecs/identity.hpp"
#include "models/ecs/task.hpp"
#include "models/ecs/task_definition_document.hpp"
#include "scenarios/schema/default_task_definition.hpp"
#include "tests/models/one_task.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab::models::ecs {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

// --- Names ------------------------------------------------------------------------------------

TEST(Identity, NamesLookAsThoseOfAwsDo) {
  const scenarios::TaskDefinition definition = five_containers();
  const OneTask one(definition);
  EXPECT_THAT(one.task.id(), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(identity.task_arn(one.task.id()),
            "arn:aws:ecs:us-east-1:111122223333:task/hoplab/" + one.task.id());
  EXPECT_EQ(identity.task_definition_arn(definition),
            "arn:aws:ecs:us-east-1:111122223333:task-definition/b:1");
  EXPECT_EQ(identity.cluster_arn(), "arn:aws:ecs:us-east-1:111122223333:cluster/hoplab");
  EXPECT_THAT(identity.container_instance_arn("host-1"),
              MatchesRegex("arn:aws:ecs:us-east-1:111122223333:container-instance/hoplab/"
                           "[0-9a-f]{32}"));
  EXPECT_THAT(Identity::instance_id("host-1"), MatchesRegex("i-0[0-9a-f]{16}"));
  EXPECT_TRUE(std::regex_match(
      identity.uuid("x"),
      std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
}

TEST(Identity, FireLensSeesTheNamesThatDockerAndEcsGave) {
  const OneTask one(five_containers());
  const auto metadata = one.task.firelens_metadata("app");
  EXPECT_THAT(metadata.container_id, MatchesRegex("[0-9a-f]{64}"));
  EXPECT_THAT(metadata.container_name, MatchesRegex("/ecs-b-1-app-[0-9a-f]{20}"));
  EXPECT_EQ(metadata.cluster, "hoplab");
  EXPECT_EQ(metadata.task_arn, identity.task_arn(one.task.id()));
  EXPECT_EQ(metadata.task_definition, "b:1");
  EXPECT_EQ(metadata.instance_id, Identity::instance_id("host-b-1"));
}

TEST(Identity, ARunsOwnIdsHangOnTheSeedWhatItFindsDoesNot) {
  const Identity other{"us-east-1", "111122223333", "hoplab", 2};
  EXPECT_NE(identity.hex("task/b/0", 32), other.hex("task/b/0", 32));
  EXPECT_EQ(identity.container_instance_arn("h"), other.container_instance_arn("h"));
  EXPECT_NE(OneTask(five_containers(), 0).task.id(), OneTask(five_containers(), 1).task.id());
}

TEST(AddressPlan, FifteenThousandTasksGetAddressesOfTheirOwnInsideTheSubnet) {
  AddressPlan plan;
  std::set<vpc::Ipv4> taken;
  const vpc::Cidr subnet = *vpc::parse_cidr("10.0.0.0/16");
  for (int i = 0; i < 15'000; ++i) {
    const vpc::Ipv4 address = plan.take("task/s/" + std::to_string(i), subnet);
    EXPECT_TRUE(taken.insert(address).second) << to_string(address);
    EXPECT_TRUE(subnet.contains(address)) << to_string(address);
  }
  // AWS keeps the first four addresses and the last.
  EXPECT_GE(*taken.begin(), (vpc::Ipv4{0x0A000004}));
  EXPECT_LE(*taken.rbegin(), (vpc::Ipv4{0x0A00FFFE}));
}

TEST(AddressPlan, AnAddressIsThatOfTheNameWhoeverComesFirst) {
  const vpc::Cidr subnet = *vpc::parse_cidr("10.0.0.0/16");
  AddressPlan one;
  AddressPlan other;
  const vpc::Ipv4 a = one.take("task/a/0", subnet);
  EXPECT_NE(one.take("task/b/0", subnet), a);
  (void)other.take("task/b/0", subnet);
  EXPECT_EQ(other.take("task/a/0", subnet), a);
}

TEST(AddressPlan, TheLastAddressOfTheSubnetIsHandedOutToo) {
  const vpc::Cidr subnet = *vpc::parse_cidr("10.0.0.0/16");
  AddressPlan plan;
  std::set<vpc::Ipv4> taken;
  for (int i = 0; i < 65'531; ++i) taken.insert(plan.take(std::to_string(i), subnet));
  EXPECT_EQ(taken.size(), 65'531U);
}

// --- Task definitions -------------------------------------------------------------------------

TEST(DefaultTaskDefinition, HasTheFiveContainersOfTheTalkOrThreeWithoutAMesh) {
  const auto named = [](const scenarios::TaskDefinition& definition) {
    std::vector<std::string> names;
    for (const auto& container : definition.containers) {
      names.push_back(container.name + (container.essential ? "!" : ""));
    }
    return names;
  };
  EXPECT_THAT(named(five_containers()),
              ElementsAre("app!", "envoy!", "cloudwatch-agent", "log_router!", "xray-daemon"));
  scenarios::Scenario plain = mesh_scenario();
  plain.has_mesh = false;
  const auto definition = default_task_definition(service_named("b"), plain);
  EXPECT_THAT(named(definition), ElementsAre("app!", "cloudwatch-agent", "log_router!"));
  EXPECT_EQ(definition.proxy_container, "");
}

TEST(DefaultTaskDefinition, SpeaksOfTheScenariosRegionAccountMeshAndEnvoy) {
  scenarios::Scenario scenario = mesh_scenario();
  scenario.region = "eu-west-1";
  scenario.account = "444455556666";
  scenario.envoy_profile = "v1.15";
  const auto definition = default_task_definition(service_named("b"), scenario);
  const auto& envoy = definition.containers[1];
  EXPECT_EQ(envoy.image,
            "840364872350.dkr.ecr.eu-west-1.amazonaws.com/aws-appmesh-envoy:v1.15.1.0-prod");
  EXPECT_EQ(envoy.environment.at("APPMESH_RESOURCE_ARN"),
            "arn:aws:appmesh:eu-west-1:444455556666:mesh/demo/virtualNode/b");
  EXPECT_EQ(envoy.log_options.at("awslogs-region"), "eu-west-1");
  EXPECT_EQ(definition.containers[0].log_options.at("region"), "eu-west-1");
}

TEST(DescribeTaskDefinition, ShowsTheProxyThePortAndWhereTheLogsGo) {
  const json answer = json::parse(describe_task_definition_json(five_containers(), identity));
  const json& task = answer.at("taskDefinition");
  EXPECT_EQ(task.at("taskDefinitionArn"), "arn:aws:ecs:us-east-1:111122223333:task-definition/b:1");
  EXPECT_EQ(task.at("networkMode"), "awsvpc");
  EXPECT_EQ(task.at("memory"), "2048");
  EXPECT_EQ(task.at("proxyConfiguration").at("containerName"), "envoy");
  const json app_ports = {{"name", "AppPorts"}, {"value", "8080"}};
  EXPECT_THAT(task.at("proxyConfiguration").at("properties"), testing::Contains(app_ports));
  const json& app = task.at("containerDefinitions").at(0);
  EXPECT_EQ(app.at("portMappings").at(0).at("containerPort"), 8080);
  EXPECT_EQ(app.at("logConfiguration").at("logDriver"), "awsfirelens");
}

TEST(DescribeTaskDefinition, AnArtefactKeepsItsMembersAndGetsWhatRegisteringAdds) {
  scenarios::TaskDefinition definition;
  definition.family = "web";
  definition.revision = 3;
  const auto described = [&](std::string text) {
    definition.json = std::move(text);
    return json::parse(describe_task_definition_json(definition, identity));
  };
  const json registered =
      described(R"({"family":"web","ipcMode":"task","containerDefinitions":[],"tags":[]})");
  EXPECT_EQ(registered, json::parse(R"({"taskDefinition":{
      "taskDefinitionArn":"arn:aws:ecs:us-east-1:111122223333:task-definition/web:3",
      "family":"web","ipcMode":"task","containerDefinitions":[],"revision":3,"volumes":[],
      "status":"ACTIVE","placementConstraints":[],"compatibilities":["EC2"]},"tags":[]})"));
  const std::string answer = R"({"taskDefinition":{"family":"web","containerDefinitions":[]}})";
  EXPECT_EQ(described(answer), json::parse(answer));
}

// --- Life -------------------------------------------------------------------------------------

TEST(Task, IsRunningWhenTheRunBegins) {
  OneTask one(five_containers());
  one.task.announce();
  ASSERT_EQ(one.told.tasks.size(), 1U);
  const json& task = one.told.tasks[0];
  EXPECT_EQ(task.at("lastStatus"), "RUNNING");
  EXPECT_EQ(task.at("desiredStatus"), "RUNNING");
  EXPECT_EQ(task.at("group"), "service:b");
  EXPECT_EQ(task.at("attachments").at(0).at("status"), "ATTACHED");
  EXPECT_FALSE(task.contains("stopCode"));
  EXPECT_FALSE(container_of(task, "app").contains("exitCode"));
  EXPECT_LT(task.at("startedAt").get<double>(), 1767614400.0) << "before 12:00:00Z";
  for (const auto& container : one.definition.containers) {
    EXPECT_TRUE(one.task.container_is_running(container.name));
  }
}

// Seen from outside: SIGTERM within a second, Envoy 20 s later, then the interface.
TEST(Task, AnEssentialExitStopsTheWholeTaskInOrder) {
  OneTask one(five_containers());
  one.task.announce();
  one.exit_at(30s, "app", 139);
  one.run_until(5min);
  const sim::Duration stopping = one.told.first("STOPPING");
  const sim::Duration deprovisioning = one.told.first("DEPROVISIONING");
  const sim::Duration stopped = one.told.first("STOPPED");
  EXPECT_EQ(one.told.first("DEACTIVATING"), 30s);
  EXPECT_GT(stopping, 30s);
  EXPECT_LE(stopping, 31s);
  EXPECT_EQ(one.processes.done.at("exit log_router"), stopping);
  EXPECT_EQ(one.processes.done.at("exit envoy"), stopping + 20s);
  EXPECT_EQ(deprovisioning, stopping + 20s);
  EXPECT_GE(stopped - deprovisioning, 5s);
  EXPECT_LE(stopped - deprovisioning, 15s);
  EXPECT_EQ(one.processes.done.at("detach interface"), stopped);
  EXPECT_FALSE(one.processes.done.contains("kill app")) << "it had ended by itself";
}

TEST(Task, StoppedTellsWhyWhenAndWhoEndedHow) {
  OneTask one(five_containers());
  one.exit_at(30s, "app", 139);
  one.run_until(5min);
  const json& last = one.told.tasks.back();
  EXPECT_EQ(last.at("lastStatus"), "STOPPED");
  EXPECT_EQ(last.at("desiredStatus"), "STOPPED");
  EXPECT_EQ(last.at("stopCode"), "EssentialContainerExited");
  EXPECT_EQ(last.at("stoppedReason"), "Essential container in task exited");
  EXPECT_DOUBLE_EQ(last.at("stoppingAt").get<double>(), 1767614430.0);
  EXPECT_LT(last.at("executionStoppedAt").get<double>(), last.at("stoppedAt").get<double>());
  EXPECT_EQ(last.at("attachments").at(0).at("status"), "DELETED");
  EXPECT_EQ(container_of(last, "app").at("exitCode"), 139);
  EXPECT_FALSE(container_of(last, "app").contains("reason"));
  EXPECT_EQ(container_of(last, "envoy").at("exitCode"), 0);
}

// PID 1 without a handler: the kernel ignores SIGTERM.
TEST(Task, AnApplicationIgnoresSigtermAndIsKilledAtStopTimeout) {
  OneTask one(five_containers());
  one.exit_at(30s, "envoy", 1);
  one.run_until(5min);
  const sim::Duration sigterm = one.told.first("STOPPING");
  EXPECT_EQ(one.processes.done.at("kill app"), sigterm + 30s);
  EXPECT_EQ(container_of(one.told.tasks.back(), "app").at("exitCode"), 137);
  EXPECT_FALSE(container_of(one.told.tasks.back(), "app").contains("reason"))
      << "only an OOM kill has a reason";
}

TEST(Task, StopTimeoutAndDrainTimeAreTheDefinitionsWhereGiven) {
  auto definition = five_containers();
  definition.containers[0].stop_timeout = 2s;
  definition.containers[1].environment["LISTENER_DRAIN_WAIT_TIME_S"] = "7";
  OneTask one(definition);
  one.exit_at(30s, "log_router", 1);
  one.run_until(5min);
  const sim::Duration sigterm = one.told.first("STOPPING");
  EXPECT_EQ(one.processes.done.at("kill app"), sigterm + 2s);
  EXPECT_EQ(one.processes.done.at("exit envoy"), sigterm + 7s);
}

TEST(Task, AnEnvoyThatDrainsLongerThanStopTimeoutIsKilled) {
  auto definition = five_containers();
  definition.containers[1].stop_timeout = 10s;
  OneTask one(definition);
  one.exit_at(30s, "app", 1);
  one.run_until(5min);
  EXPECT_EQ(one.processes.done.at("kill envoy"), one.told.first("STOPPING") + 10s);
  EXPECT_EQ(container_of(one.told.tasks.back(), "envoy").at("exitCode"), 137);
}

TEST(Task, TheEndOfANonEssentialContainerIsToldAndNothingElseHappens) {
  OneTask one(five_containers());
  one.task.announce();
  one.exit_at(10s, "xray-daemon", 2);
  one.exit_at(11s, "xray-daemon", 3);  // It cannot end twice.
  one.run_until(5min);
  ASSERT_EQ(one.told.tasks.size(), 2U);
  const json& last = one.told.tasks.back();
  EXPECT_EQ(last.at("lastStatus"), "RUNNING");
  EXPECT_EQ(container_of(last, "xray-daemon").at("lastStatus"), "STOPPED");
  EXPECT_EQ(container_of(last, "xray-daemon").at("exitCode"), 2);
  EXPECT_TRUE(one.processes.done.empty());
  EXPECT_FALSE(one.task.container_is_running("xray-daemon"));
}

TEST(Task, ACrashOfTheEnvoyWhileItDrainsEndsTheDrainAndKeepsItsCode) {
  OneTask one(five_containers());
  one.exit_at(30s, "app", 1);
  one.exit_at(40s, "envoy", 139);
  one.run_until(5min);
  EXPECT_EQ(one.told.first("DEPROVISIONING"), 40s);
  EXPECT_EQ(container_of(one.told.tasks.back(), "envoy").at("exitCode"), 139);
  EXPECT_FALSE(one.processes.done.contains("exit envoy"));
}

// --- Documents --------------------------------------------------------------------------------

TEST(TaskStateChange, EveryChangeIsOneEventWithTheNextVersion) {
  OneTask one(five_containers());
  one.task.announce();
  one.exit_at(30s, "app", 139);
  one.run_until(5min);
  std::vector<std::string> states;
  std::set<std::string> ids;
  int version = 4;
  for (const json& event : one.told.events) {
    const json& detail = event.at("detail");
    EXPECT_EQ(detail.at("version"), version++);
    ids.insert(event.at("id"));
    const std::string state = detail.at("lastStatus");
    if (states.empty() || states.back() != state) states.push_back(state);
  }
  EXPECT_THAT(states,
              ElementsAre("RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"));
  EXPECT_EQ(ids.size(), one.told.events.size());
  EXPECT_EQ(one.told.events.size(), one.told.tasks.size());
  // Four states after RUNNING, and three sidecars that ended on the way.
  EXPECT_EQ(one.told.events.size(), 1U + 4U + 3U);
}

// Source: ECS Developer Guide, "Amazon ECS task state change events": no health in events, times
// as ISO strings; the sample's attachment is of type "eni".
TEST(TaskStateChange, HasTheEnvelopeOfEventBridgeAndTheDetailOfEcs) {
  OneTask one(five_containers());
  one.exit_at(30'250ms, "app", 139);
  one.run_until(5min);
  const json& event = one.told.events[0];
  const std::string arn = identity.task_arn(one.task.id());
  EXPECT_EQ(event.at("version"), "0");
  EXPECT_EQ(event.at("detail-type"), "ECS Task State Change");
  EXPECT_EQ(event.at("source"), "aws.ecs");
  EXPECT_EQ(event.at("account"), "111122223333");
  EXPECT_EQ(event.at("time"), "2026-01-05T12:00:30Z");
  EXPECT_EQ(event.at("resources"), json::array({arn}));
  const json& detail = event.at("detail");
  EXPECT_EQ(detail.at("taskArn"), arn);
  EXPECT_EQ(detail.at("stoppingAt"), "2026-01-05T12:00:30.250Z");
  EXPECT_EQ(detail.at("updatedAt"), "2026-01-05T12:00:30.250Z");
  EXPECT_EQ(detail.at("attachments").at(0).at("type"), "eni");
  EXPECT_FALSE(detail.contains("healthStatus"));
  EXPECT_FALSE(container_of(detail, "app").contains("healthStatus"));
}

// The keys in the order in which the AWS CLI prints them: that of the API's model.
TEST(DescribeTasks, PrintsItsKeysInTheOrderOfTheApi) {
  const test::Run run = test::run_text(
      "hoplab: 1\nname: one\nduration: 1s\nservices: {a: {serviceTime: 1ms}}\n"
      "workload: [{rate: 1/s, to: a}]\n");
  ASSERT_EQ(run.sink->ecs_tasks.size(), 1U);
  std::vector<std::string> keys;
  const auto task = nlohmann::ordered_json::parse(run.sink->ecs_tasks[0]);
  for (const auto& [key, value] : task.items()) keys.push_back(key);
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  EXPECT_EQ(task.at("attachments").at(0).at("type"), "ElasticNetworkInterface");
}

// ECS's clock is its own: what is 3 ms fast is only the host's.
TEST(DescribeTasks, TimesAreThoseOfAwsNotOfTheHost) {
  OneTask one(five_containers());
  one.exit_at(30s, "app", 1);
  one.run_until(30s);
  EXPECT_EQ(one.told.said_at[0], *sim::parse_iso8601("2026-01-05T12:00:30Z"));
}

// Durations come from the task's own stream, so a neighbour that also stops shifts none of them.
TEST(Task, TheSameTaskLivesTheSameLifeWhateverOthersDo) {
  const auto life = [](int others) {
    OneTask one(five_containers());
    Told told_of_others(one.engine);
    std::vector<std::unique_ptr<Task>> more;
    for (int i = 1; i <= others; ++i) {
      more.push_back(std::make_unique<Task>(one.engine, told_of_others, identity,
                                            spec_of(one.definition, i), one.processes));
      one.engine.at(sim::at(29s), [&more, i] {
        more[static_cast<std::size_t>(i - 1)]->container_exited("app", 1);
      });
    }
    one.exit_at(30s, "app", 139);
    one.run_until(5min);
    EXPECT_EQ(told_of_others.first("STOPPED") < 5min, others > 0);
    return one.told.told_at;
  };
  EXPECT_EQ(life(0), life(3));
}

}  // namespace
}  // namespace hoplab::models::ecs
