// The service scheduler: replacement, deployments, the circuit breaker, placement.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "models/ecs/cluster.hpp"
#include "models/ecs/deployment.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// --- Arithmetic -------------------------------------------------------------------------------

// Source: ECS Developer Guide, "deployment configuration": the minimum is rounded up, the maximum
// down.
TEST(DeploymentArithmetic, MinimumIsRoundedUpAndMaximumDown) {
  EXPECT_EQ(least_healthy(4, 100), 4);
  EXPECT_EQ(least_healthy(4, 50), 2);
  EXPECT_EQ(least_healthy(3, 50), 2);
  EXPECT_EQ(least_healthy(1, 50), 1);
  EXPECT_EQ(least_healthy(1, 0), 0);
  EXPECT_EQ(most_tasks(4, 200), 8);
  EXPECT_EQ(most_tasks(3, 150), 4);
  EXPECT_EQ(most_tasks(1, 150), 1);
  EXPECT_EQ(most_tasks(2, 125), 2);
  EXPECT_EQ(most_tasks(4, 125), 5);
}

// Source: ECS Developer Guide, "deployment circuit breaker": 10 <= 0.5 * desired <= 200.
TEST(DeploymentArithmetic, TheBreakerTripsAtHalfTheDesiredCountWithinBounds) {
  const scenarios::DeploymentCircuitBreaker breaker;
  EXPECT_EQ(breaker_threshold(1, breaker), 10);
  EXPECT_EQ(breaker_threshold(20, breaker), 10);
  EXPECT_EQ(breaker_threshold(25, breaker), 13);
  EXPECT_EQ(breaker_threshold(400, breaker), 200);
  EXPECT_EQ(breaker_threshold(1000, breaker), 200);
  EXPECT_EQ(breaker_threshold(1000, {.is_enabled = true, .rolls_back = false, .threshold = 3}), 3);
}

TEST(DeploymentArithmetic, TheThrottleGrowsToAQuarterOfAnHour) {
  EXPECT_EQ(start_back_off(0), 0s);
  EXPECT_EQ(start_back_off(1), 5s);
  EXPECT_EQ(start_back_off(2), 7500ms);
  EXPECT_GT(start_back_off(10), 2min);
  EXPECT_EQ(start_back_off(50), 15min);
}

// --- Placement --------------------------------------------------------------------------------

struct OneCluster {
  OneCluster() {
    for (const auto& [name, zone] : {std::pair("h1", "a"), {"h2", "a"}, {"h3", "b"}}) {
      cluster.add(name, "m5.large", zone,
                  {sim::CpuUnits(2048), sim::Bytes(std::int64_t{7} << 30), 2});
    }
  }
  std::string place() {
    const Placed placed = cluster.place(
        {.wanted = task, .strategy = &strategy, .preferred = &preferred, .tasks_by_host = &tasks},
        rng);
    last = placed;
    if (placed.instance == nullptr) return "";
    placed.instance->take(task);
    ++tasks[placed.instance->host_name];
    return placed.instance->host_name;
  }
  using Kind = scenarios::PlacementStrategy::Kind;
  Cluster cluster;
  Resources task{sim::CpuUnits(1024), sim::Bytes(std::int64_t{2} << 30), 1};
  std::vector<scenarios::PlacementStrategy> strategy;
  std::vector<std::string> preferred;
  std::map<std::string, int> tasks;
  sim::Rng rng = sim::Rng::stream(1, "placement");
  Placed last;
};

TEST(Placement, SpreadsOverZonesFirst) {
  OneCluster one;
  EXPECT_EQ(one.place(), "h1");
  EXPECT_EQ(one.place(), "h3");
  EXPECT_EQ(one.place(), "h2");
  EXPECT_EQ(one.place(), "h3");
}

TEST(Placement, BinpackFillsTheFullestThatHasRoom) {
  OneCluster one;
  one.strategy = {{OneCluster::Kind::binpack, "memory"}};
  EXPECT_EQ(one.place(), "h1");
  EXPECT_EQ(one.place(), "h1");
  EXPECT_EQ(one.place(), "h2");
}

TEST(Placement, SaysWhatIsMissing) {
  OneCluster one;
  one.task.cpu = sim::CpuUnits(4096);
  EXPECT_EQ(one.place(), "");
  EXPECT_EQ(one.last.reason, "has insufficient CPU units available.");
  EXPECT_EQ(one.last.event_reason, "RESOURCE:CPU");
  one.task = {sim::CpuUnits(1024), sim::Bytes(std::int64_t{8} << 30), 1};
  EXPECT_EQ(one.place(), "");
  EXPECT_EQ(one.last.reason, "has insufficient memory available.");
}

// Source: EC2 User Guide: an m5.large has three interfaces, and one is its own.
TEST(Placement, AnM5LargeTakesTwoTasksWithInterfacesOfTheirOwn) {
  EXPECT_EQ(interfaces_max("m5.large") - 1, 2);
  OneCluster one;
  one.preferred = {"h1"};
  one.task.cpu = sim::CpuUnits(128);
  EXPECT_EQ(one.place(), "h1");
  EXPECT_EQ(one.place(), "h1");
  EXPECT_NE(one.place(), "h1");
}

TEST(Placement, NothingGoesToADrainingOrADisconnectedInstance) {
  OneCluster one;
  one.cluster.find("h1")->status = ContainerInstance::Status::draining;
  one.cluster.find("h2")->agent_connected = false;
  EXPECT_EQ(one.place(), "h3");
  EXPECT_EQ(one.place(), "h3");
  EXPECT_EQ(one.place(), "");
}

// --- Services ---------------------------------------------------------------------------------

std::string scenario(const std::string& b, const std::string& faults,
                     const std::string& more = "duration: 4m\n") {
  return "hoplab: 1\nname: service\n" + more +
         "network: {latency: 1ms}\nworkload: [{name: users, rate: 2/s, to: a}]\n"
         "services:\n  a: {calls: [{to: b}]}\n  b: " +
         b + "\n  b-v2: {family: b, revision: 2, desiredCount: 0}\nfaults:\n" + faults;
}

std::vector<json> services_of(const test::Run& run, const std::string& name) {
  std::vector<json> documents;
  for (const std::string& text : run.sink->ecs_services) {
    json document = json::parse(text);
    if (document.at("serviceName") == name) documents.push_back(std::move(document));
  }
  return documents;
}

/// Oldest first.
std::vector<std::string> messages_of(const test::Run& run, const std::string& name) {
  std::vector<std::string> messages;
  const json last = services_of(run, name).back();
  for (const json& event : last.at("events")) messages.push_back(event.at("message"));
  std::ranges::reverse(messages);
  return messages;
}

std::vector<json> events_of(const test::Run& run, const std::string& type) {
  std::vector<json> events;
  for (const std::string& text : run.sink->ecs_events) {
    json event = json::parse(text);
    if (event.at("detail-type") == type) events.push_back(std::move(event));
  }
  return events;
}

bool matches(const std::string& text, const std::string& expression) {
  return std::regex_match(text, std::regex(expression));
}

// Source: ECS Developer Guide, "service event messages".
TEST(Service, ReplacesATaskThatStopsAndSaysSo) {
  const auto run =
      test::run_text(scenario("{}", "  - {at: 10s, action: \"aws:ecs:stop-task\", target: b}\n"));
  const auto messages = messages_of(run, "b");
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_TRUE(matches(messages[0], R"(\(service b\) has started 1 tasks: \(task [0-9a-f]{32}\)\.)"))
      << messages[0];
  EXPECT_EQ(messages[1], "(service b) has reached a steady state.");
  const json last = services_of(run, "b").back();
  EXPECT_EQ(last.at("runningCount"), 1);
  EXPECT_EQ(last.at("desiredCount"), 1);
  EXPECT_EQ(last.at("deployments").size(), 1U);
  EXPECT_EQ(last.at("deployments")[0].at("rolloutState"), "COMPLETED");
}

TEST(Service, SaysNothingWhileNothingHappens) {
  const auto run = test::run_text(scenario("{}", "  []\n"));
  ASSERT_EQ(services_of(run, "b").size(), 1U);
  EXPECT_THAT(services_of(run, "b")[0].at("events"), IsEmpty());
  EXPECT_THAT(events_of(run, "ECS Service Action"), IsEmpty());
}

// A task that reaches RUNNING and dies is started again without a throttle, for ever.
TEST(Service, ACrashLoopGoesRoundAsFastAsItsTasksLive) {
  const auto run = test::run_text(scenario(
      "{onSigterm: die}",
      "  - {at: 0s, action: \"hoplab:ecs:crash-on-start\", target: b, parameters: {after: 30s}}\n"
      "  - {at: 10s, action: \"hoplab:ecs:container-exit\", target: b}\n",
      "duration: 5m\necs: {provisioning: 5s, pullCached: 2s, activating: 2s}\n"));
  std::vector<sim::WallTime> starts;
  for (const json& event : events_of(run, "ECS Task State Change")) {
    const json& detail = event.at("detail");
    if (detail.at("group") != "service:b" || detail.at("lastStatus") != "PROVISIONING") continue;
    starts.push_back(*sim::parse_iso8601(detail.at("createdAt").get<std::string>()));
  }
  ASSERT_GE(starts.size(), 4U);
  // ECS's reaction, PROVISIONING, PENDING, and 30 s of life (ACTIVATING is part of them).
  for (std::size_t i = 1; i < starts.size(); ++i) EXPECT_EQ(starts[i] - starts[i - 1], 39s);
}

TEST(Service, ForceNewDeploymentReplacesAllWithinItsBounds) {
  const auto run = test::run_text(scenario(
      "{desiredCount: 4, onSigterm: die, deploymentConfiguration: {minimumHealthyPercent: 50, "
      "maximumPercent: 125}}",
      "  - {at: 10s, action: \"hoplab:ecs:update-service\", target: b, parameters: "
      "{forceNewDeployment: true}}\n"));
  for (const json& document : services_of(run, "b")) {
    const int running = document.at("runningCount");
    const int pending = document.at("pendingCount");
    EXPECT_GE(running, 2);
    EXPECT_LE(running + pending, 5);
  }
  const json last = services_of(run, "b").back();
  ASSERT_EQ(last.at("deployments").size(), 1U);
  EXPECT_EQ(last.at("deployments")[0].at("rolloutState"), "COMPLETED");
  EXPECT_EQ(last.at("runningCount"), 4);
  EXPECT_THAT(messages_of(run, "b"), AllOf(Contains(HasSubstr(") deployment completed.")),
                                           Contains("(service b) has reached a steady state."),
                                           Contains(HasSubstr("has stopped"))));
  EXPECT_THAT(run.sink->ecs_events,
              Contains(AllOf(HasSubstr("SERVICE_DEPLOYMENT_COMPLETED"), HasSubstr("completed."))));
}

TEST(Service, DesiredCountGoesUpAndDown) {
  const auto run = test::run_text(
      scenario("{onSigterm: die}",
               "  - {at: 10s, action: \"hoplab:ecs:update-service\", target: b, parameters: "
               "{desiredCount: 3}}\n"
               "  - {at: 1m30s, action: \"hoplab:ecs:update-service\", target: b, parameters: "
               "{desiredCount: 2}}\n"));
  int most = 0;
  for (const json& document : services_of(run, "b")) {
    most = std::max(most, document.at("runningCount").get<int>());
  }
  EXPECT_EQ(most, 3);
  EXPECT_EQ(services_of(run, "b").back().at("runningCount"), 2);
  EXPECT_THAT(run.sink->ecs_events, Contains(HasSubstr("Scaling activity initiated by (deployment "
                                                       "ecs-svc/")));
  EXPECT_EQ(run.totals.failed, 0U) << "a retry finds a sibling";
}

TEST(Service, TheBreakerGivesUpAndRollsBack) {
  const auto run = test::run_text(scenario(
      "{desiredCount: 2, deploymentConfiguration: {deploymentCircuitBreaker: {enable: true, "
      "rollback: true, threshold: 3}}}",
      "  - {at: 0s, action: \"hoplab:ecs:crash-on-start\", target: b-v2, parameters: {after: "
      "0.1s}}\n"
      "  - {at: 10s, action: \"hoplab:ecs:update-service\", target: b, parameters: "
      "{taskDefinition: b-v2}}\n"));
  EXPECT_EQ(run.totals.failed, 0U) << "the old tasks run on";
  const json last = services_of(run, "b").back();
  EXPECT_THAT(last.at("taskDefinition").get<std::string>(), HasSubstr("task-definition/b:1"));
  EXPECT_EQ(last.at("runningCount"), 2);
  EXPECT_THAT(messages_of(run, "b"),
              AllOf(Contains(HasSubstr("deployment failed: tasks failed to start.")),
                    Contains(HasSubstr("rolling back to (deployment ecs-svc/"))));
  EXPECT_THAT(run.sink->ecs_events,
              AllOf(Contains(HasSubstr("ECS deployment circuit breaker: task failed to start.")),
                    Contains(HasSubstr("rolling back to deploymentId ecs-svc/"))));
}

TEST(Service, WithoutABreakerItTriesForEverMoreAndMoreSeldom) {
  const auto run = test::run_text(scenario(
      "{}",
      "  - {at: 0s, action: \"hoplab:ecs:crash-on-start\", target: b-v2, parameters: {after: "
      "0.1s}}\n"
      "  - {at: 10s, action: \"hoplab:ecs:update-service\", target: b, parameters: "
      "{taskDefinition: b-v2}}\n"));
  EXPECT_THAT(
      messages_of(run, "b"),
      Contains("(service b) is unable to consistently start tasks successfully. For more "
               "information, see the Troubleshooting section of the Amazon ECS Developer Guide."));
  EXPECT_EQ(services_of(run, "b").back().at("deployments").size(), 2U);
  EXPECT_EQ(run.totals.failed, 0U);
}

// Source: Docker and runc: the process could not even be run.
TEST(Service, AProgramThatIsNotThereIsATaskThatFailsToStart) {
  const auto run = test::run_text(scenario(
      "{}",
      "  - {at: 0s, action: \"hoplab:ecs:crash-on-start\", target: b-v2, parameters: {exitCode: "
      "127}}\n"
      "  - {at: 10s, action: \"hoplab:ecs:update-service\", target: b, parameters: "
      "{taskDefinition: b-v2}}\n"));
  EXPECT_THAT(
      run.sink->ecs_events,
      Contains(AllOf(HasSubstr(R"("stopCode":"TaskFailedToStart")"),
                     HasSubstr("CannotStartContainerError: Error response from daemon"),
                     HasSubstr("no such file or directory"), HasSubstr(R"("exitCode":127)"))));
}

TEST(Service, AHungTaskIsReplacedWhenItsHealthCheckHasFoundOut) {
  const auto run = test::run_text(scenario(
      "{healthCheck: {}, workers: 1000}",
      "  - {at: 10s, action: \"hoplab:ecs:hang\", target: b, count: 1}\n", "duration: 5m\n"));
  sim::WallTime found{};
  for (const json& event : events_of(run, "ECS Task State Change")) {
    const json& detail = event.at("detail");
    if (detail.value("stoppedReason", "") != "Task failed container health checks") continue;
    if (detail.at("lastStatus") != "DEACTIVATING") continue;
    found = *sim::parse_iso8601(detail.at("stoppingAt").get<std::string>());
    EXPECT_EQ(detail.at("stopCode"), "ServiceSchedulerInitiated");
  }
  // 75 to 105 s, the replacement's start before it, and the run's start at 12:00:00.
  const sim::Duration since = found - *sim::parse_iso8601("2026-01-05T12:00:10Z");
  EXPECT_GE(since, 75s);
  EXPECT_LE(since, 105s + 30s + 45s);
  EXPECT_THAT(messages_of(run, "b"), Contains(HasSubstr(") failed container health checks.")));
  EXPECT_THAT(run.sink->ecs_tasks, Contains(AllOf(HasSubstr(R"("healthStatus":"UNHEALTHY")"),
                                                  HasSubstr(R"("lastStatus":"RUNNING")"))));
}

TEST(Service, NothingIsStoppedOnADrainingInstanceBeforeItsReplacementRuns) {
  const auto run = test::run_text(
      scenario("{placement: h1, onSigterm: die}",
               "  - {at: 10s, action: \"aws:ecs:drain-container-instances\", target: h1}\n",
               "duration: 3m\nhosts: {h1: {}, h2: {}}\n"));
  for (const json& document : services_of(run, "b")) EXPECT_GE(document.at("runningCount"), 1);
  EXPECT_THAT(run.sink->ecs_container_instances, Contains(HasSubstr(R"("status":"DRAINING")")));
  EXPECT_THAT(run.sink->ecs_tasks, Contains(HasSubstr("Scaling activity initiated by")));
}

TEST(Service, WithoutAnotherInstanceItSaysThatItCannotPlaceTheTask) {
  const auto run = test::run_text(
      scenario("{placement: h1, cpu: 2048}",
               "  - {at: 10s, action: \"hoplab:ecs:update-service\", target: b, parameters: "
               "{desiredCount: 2}}\n",
               "duration: 1m\nhosts: {h1: {}}\n"));
  EXPECT_THAT(
      messages_of(run, "b"),
      Contains(HasSubstr("was unable to place a task because no container instance met all "
                         "of its requirements. The closest matching (container-instance ")));
  EXPECT_THAT(run.sink->ecs_events, Contains(AllOf(HasSubstr("SERVICE_TASK_PLACEMENT_FAILURE"),
                                                   HasSubstr(R"("reason":"RESOURCE:)"))));
}

// Source: containers roadmap, issue 2040.
TEST(Service, ADisconnectedAgentHidesADeadTaskUntilItIsBack) {
  const auto run = test::run_text(
      scenario("{onSigterm: die}",
               "  - {at: 10s, for: 1m, action: \"hoplab:ecs:agent-disconnect\", target: host-b-1}\n"
               "  - {at: 20s, action: \"hoplab:ecs:container-exit\", target: b}\n"));
  EXPECT_THAT(run.sink->ecs_tasks, Contains(AllOf(HasSubstr(R"("connectivity":"DISCONNECTED")"),
                                                  HasSubstr(R"("lastStatus":"RUNNING")"))));
  const auto documents = services_of(run, "b");
  EXPECT_EQ(documents.back().at("runningCount"), 1);
  const double back = 1767614400.0 + 70;
  for (const json& event : documents.back().at("events")) {
    EXPECT_GE(event.at("createdAt").get<double>(), back);
  }
}

TEST(Service, ATerminatedInstanceTakesItsTasksAlong) {
  const auto run = test::run_text(
      scenario("{desiredCount: 2, placement: [h1, h2]}",
               "  - {at: 10s, action: \"aws:ec2:terminate-instances\", target: h1}\n",
               "duration: 2m\nhosts: {h1: {}, h2: {}}\n"));
  const std::string reason = "Host EC2 (instance " + Identity::instance_id("h1") + ") terminated.";
  EXPECT_THAT(run.sink->ecs_tasks,
              Contains(AllOf(HasSubstr(reason), HasSubstr(R"("stopCode":"TerminationNotice")"))));
  EXPECT_EQ(services_of(run, "b").back().at("runningCount"), 2);
}

TEST(Service, AColdStartLaunchesEveryTask) {
  const auto run =
      test::run_text(scenario("{desiredCount: 2}", "  []\n", "duration: 2m\nstart: cold\n"));
  const auto documents = services_of(run, "b");
  EXPECT_EQ(documents.front().at("runningCount"), 0);
  EXPECT_EQ(documents.front().at("deployments")[0].at("rolloutState"), "IN_PROGRESS");
  EXPECT_EQ(documents.back().at("runningCount"), 2);
  EXPECT_EQ(documents.back().at("deployments")[0].at("rolloutState"), "COMPLETED");
  EXPECT_GT(run.totals.answered, 50U);
}

TEST(Service, ImagesThatCannotBeFetchedStopTheTaskInPending) {
  const auto run = test::run_text(
      scenario("{}",
               "  - {at: 5s, action: \"hoplab:ecs:image-pull-failure\", target: b-v2}\n"
               "  - {at: 10s, action: \"hoplab:ecs:update-service\", target: b, parameters: "
               "{taskDefinition: b-v2}}\n"));
  EXPECT_THAT(run.sink->ecs_tasks,
              Contains(AllOf(HasSubstr(R"("stopCode":"TaskFailedToStart")"),
                             HasSubstr("CannotPullContainerError: Error response from daemon"))));
  EXPECT_EQ(run.totals.failed, 0U);
}

// The canary goes on: what was 90 to 10 is 0 to 100 some seconds later.
TEST(UpdateRoute, NewWeightsReachTheEnvoysAWhileLater) {
  const auto run = test::run_text(
      "hoplab: 1\nname: canary\nduration: 3m\nnetwork: {latency: 1ms}\n"
      "controlPlane: {configuration: 20s}\n"
      "services: {a: {calls: [{to: b}]}, b-v1: {family: b}, b-v2: {family: b, revision: 2}}\n"
      "virtualServices: {b: {b-v1: 100, b-v2: 0}}\n"
      "workload: [{rate: 20/s, to: a}]\n"
      "faults: [{at: 1m, action: \"hoplab:appmesh:update-route\", parameters: "
      "{virtualService: b, weights: \"b-v1=0,b-v2=100\"}}]\n");
  EXPECT_EQ(run.totals.failed, 0U);
  sim::Duration last_old{};
  for (const auto& sample : run.sink->hops.at("b-v1.app")) {
    last_old = std::max(last_old, sample.ended.time_since_epoch());
  }
  sim::Duration first_new = 1h;
  for (const auto& sample : run.sink->hops.at("b-v2.app")) {
    first_new = std::min(first_new, sample.ended.time_since_epoch());
  }
  EXPECT_GE(first_new, 80s);
  EXPECT_LE(last_old, 81s);
  EXPECT_THAT(run.sink->configs.at("routes"), Contains(HasSubstr("\"weight\":100")));
}

TEST(Service, TheSameScenarioLivesTheSameLifeAgain) {
  const std::string text = scenario(
      "{desiredCount: 3}", "  - {at: 10s, action: \"aws:ecs:stop-task\", target: b, count: 2}\n");
  const auto one = test::run_text(text);
  const auto other = test::run_text(text);
  EXPECT_EQ(one.sink->ecs_events, other.sink->ecs_events);
  EXPECT_EQ(one.sink->ecs_services, other.sink->ecs_services);
  EXPECT_NE(one.sink->ecs_events, test::run_text(text, 7).sink->ecs_events);
}

}  // namespace
}  // namespace hoplab::models::ecs
