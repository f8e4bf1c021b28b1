// Container Insights, AWS/ECS and AWS/EC2 metrics, task metadata: what is published of whom.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "models/ecs/identity.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Ge;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::int64_t second_minute = 1767614460000;

/// Two hosts, one task of each service.
std::string two_hosts(const std::string& rest, const std::string& duration = "4m") {
  return "hoplab: 1\nname: insights\nduration: " + duration +
         "\nmesh: none\nhosts: {ha: {instanceType: m5.large}, hb: {instanceType: m5.xlarge}}\n"
         "services:\n  a: {placement: ha, cpu: 512, memory: 1GiB, calls: [{to: b}]}\n"
         "  b: {placement: hb, cpu: 1024, memory: 2GiB, serviceTime: 10ms, responseSize: 10KiB}\n"
         "workload: [{executor: constant-arrival-rate, rate: 20/s, to: a}]\n" +
         rest;
}

std::vector<Json> events_of(const test::Run& run, const std::string& type,
                            std::int64_t minute = second_minute) {
  std::vector<Json> events;
  for (const auto& [stream, lines] : run.sink->lines) {
    if (!stream.starts_with("/aws/ecs/containerinsights/")) continue;
    for (const std::string& line : lines) {
      const Json event = Json::parse(line);
      if (event.at("Type") == type && event.at("Timestamp") == minute) events.push_back(event);
    }
  }
  return events;
}

std::vector<Json> data_of(const test::Run& run, const std::string& space, const std::string& name,
                          const std::string& dimension) {
  std::vector<Json> data;
  for (const std::string& text : run.sink->metrics) {
    const Json datum = Json::parse(text);
    if (datum.at("Namespace") == space && datum.at("MetricName") == name &&
        datum.at("Dimensions").back().at("Value") == dimension) {
      data.push_back(datum);
    }
  }
  return data;
}

double average(const Json& datum) {
  const Json& set = datum.at("StatisticValues");
  return set.at("Sum").get<double>() / set.at("SampleCount").get<double>();
}

// 512 and 1024 units of 2048 and 4096 are reserved; b uses 20/s x 10 ms, a fifth of a vCPU.
TEST(ClusterMetrics, AreOfWhatTheContainerInstancesHaveRegistered) {
  const auto run = test::run_text(two_hosts(""));
  const auto reserved = data_of(run, "AWS/ECS", "CPUReservation", "hoplab");
  ASSERT_THAT(reserved, SizeIs(4));
  EXPECT_NEAR(average(reserved[1]), 1536.0 / 6144 * 100, 0.01);
  const auto used = data_of(run, "AWS/ECS", "CPUUtilization", "hoplab");
  EXPECT_NEAR(average(used.at(1)), 0.2 * 1024 / 6144 * 100, 0.2);
  const auto memory = data_of(run, "AWS/ECS", "MemoryReservation", "hoplab");
  const double registered = 0.96 * 8 + 0.96 * 16;  // Less the kernel's and the agent's.
  EXPECT_NEAR(average(memory.at(1)), 3.0 / registered * 100, 0.1);
}

// 20 answers a second of 10 KiB and a head, in 8 segments with headers of 52, and 4
// acknowledgements of 52; requests of 452.
TEST(ContainerInsights, ATasksTrafficIsThatOfItsInterface) {
  const auto run = test::run_text(two_hosts(""));
  const auto tasks = events_of(run, "Task");
  ASSERT_THAT(tasks, SizeIs(2));
  const Json& b = tasks[0].at("ServiceName") == "b" ? tasks[0] : tasks[1];
  EXPECT_NEAR(b.at("NetworkTxBytes").get<double>(), 20 * (10 * 1024 + 400 + 8 * 52), 1);
  EXPECT_NEAR(b.at("NetworkRxBytes").get<double>(), 20 * (452 + 4 * 52), 1);
  EXPECT_NEAR(b.at("NetworkTxPackets").get<double>(), 20 * 8, 0.1);
  const std::string id = models::ecs::Identity::instance_id("hb");
  const auto out = data_of(run, "AWS/EC2", "NetworkOut", id);
  EXPECT_NEAR(average(out.at(1)), 60 * b.at("NetworkTxBytes").get<double>(), 60);
}

TEST(ContainerInsights, HasAnEventOfEachServiceMachineAndOfTheCluster) {
  const auto run = test::run_text(two_hosts(""));
  const auto services = events_of(run, "Service");
  ASSERT_THAT(services, SizeIs(2));
  EXPECT_EQ(services[0].at("RunningTaskCount"), 1);
  EXPECT_EQ(services[0].at("DesiredTaskCount"), 1);
  const auto cluster = events_of(run, "Cluster");
  ASSERT_THAT(cluster, SizeIs(1));
  EXPECT_EQ(cluster[0].at("TaskCount"), 2);
  EXPECT_EQ(cluster[0].at("ContainerInstanceCount"), 2);
  EXPECT_EQ(cluster[0].at("ServiceCount"), 2);
  const auto machines = events_of(run, "Instance");
  ASSERT_THAT(machines, SizeIs(2));
  for (const Json& machine : machines) {
    const bool is_large = machine.at("InstanceType") == "m5.large";
    EXPECT_EQ(machine.at("instance_cpu_limit"), is_large ? 2048 : 4096);
    EXPECT_NEAR(machine.at("instance_cpu_reserved_capacity").get<double>(), 25, 0.01);
    EXPECT_EQ(machine.at("instance_number_of_running_tasks"), 1);
  }
}

// Known defect of former times: they went on as if nothing had been.
TEST(InstanceMetrics, AMachineThatIsTerminatedHasNoMoreMetrics) {
  const std::string id = models::ecs::Identity::instance_id("hb");
  const auto run = test::run_text(
      two_hosts("faults: [{at: 61s, target: hb, action: \"aws:ec2:terminate-instances\"}]\n"));
  for (const char* name : {"CPUUtilization", "NetworkIn", "StatusCheckFailed"}) {
    EXPECT_THAT(data_of(run, "AWS/EC2", name, id), SizeIs(1)) << name;
  }
  EXPECT_THAT(data_of(run, "AWS/EC2", "CPUUtilization", models::ecs::Identity::instance_id("ha")),
              SizeIs(Ge(4U)));
}

TEST(InstanceMetrics, AMachineThatWasStoppedHasMetricsAgainOnceItIsStarted) {
  const std::string id = models::ecs::Identity::instance_id("hb");
  const auto run = test::run_text(
      two_hosts("faults: [{at: 61s, for: 70s, target: hb, action: \"aws:ec2:stop-instances\"}]\n"));
  std::vector<std::string> minutes;
  for (const Json& datum : data_of(run, "AWS/EC2", "CPUUtilization", id)) {
    minutes.push_back(datum.at("Timestamp").get<std::string>().substr(14, 2));
  }
  EXPECT_THAT(minutes, AllOf(Contains("00"), Not(Contains("01")), Contains("02"), Contains("03")));
}

// Docker's formula: what the container used of what the machine had, times its processors.
TEST(TaskMetadata, DockersFormulaGivesTheCpuThatWasUsed) {
  const auto run = test::run_text(two_hosts(""));
  ASSERT_THAT(run.sink->metadata_stats, SizeIs(2));
  int found = 0;
  for (const auto& [task, documents] : run.sink->metadata_stats) {
    ASSERT_THAT(documents, SizeIs(4));
    const Json answer = Json::parse(documents[1]);
    for (const auto& [id, stats] : answer.items()) {
      EXPECT_EQ(id.size(), 64U);
      const Json& now = stats.at("cpu_stats");
      const Json& before = stats.at("precpu_stats");
      const double used = now.at("cpu_usage").at("total_usage").get<double>() -
                          before.at("cpu_usage").at("total_usage").get<double>();
      const double whole =
          now.at("system_cpu_usage").get<double>() - before.at("system_cpu_usage").get<double>();
      const double percent = used / whole * now.at("online_cpus").get<double>() * 100;
      if (percent > 15) {
        EXPECT_NEAR(percent, 20, 1);
        const auto part = stats.at("networks").at("eth1").at("tx_bytes").get<std::size_t>();
        EXPECT_NEAR(static_cast<double>(part * answer.size()), 20 * 120 * 11'056.0, 50'000);
        ++found;
      }
    }
  }
  EXPECT_EQ(found, 1) << "b's application";
}

TEST(TaskMetadata, ATaskAtItsQuotaIsThrottled) {
  const auto run = test::run_text(R"(
hoplab: 1
name: throttled
duration: 2m
mesh: none
services: {a: {cpu: 256, serviceTime: 20ms}}
workload: [{executor: constant-arrival-rate, rate: 30/s, to: a, abandonAfter: 2s}]
)");
  ASSERT_THAT(run.sink->metadata_stats, SizeIs(1));
  const Json stats = Json::parse(run.sink->metadata_stats.begin()->second.back());
  const Json& throttling = stats.front().at("cpu_stats").at("throttling_data");
  EXPECT_GE(throttling.at("periods"), 1200);
  EXPECT_GT(throttling.at("throttled_periods"), 1000);
  EXPECT_GT(throttling.at("throttled_time"), 60'000'000'000);
}

// Source: ECS Developer Guide, "Container instance state change events".
TEST(ContainerInstances, PlacingAndStoppingATaskIsAChangeOfItsMachine) {
  const auto run =
      test::run_text(two_hosts("faults: [{at: 30s, target: b, action: \"aws:ecs:stop-task\"}]\n"));
  std::vector<int> running;
  for (const std::string& text : run.sink->ecs_container_instances) {
    const Json machine = Json::parse(text);
    if (machine.at("ec2InstanceId") != models::ecs::Identity::instance_id("hb")) continue;
    running.push_back(machine.at("runningTasksCount"));
  }
  EXPECT_EQ(running.front(), 1);
  EXPECT_EQ(running.back(), 1);
  EXPECT_EQ(*std::min_element(running.begin(), running.end()), 0);
  int events = 0;
  for (const std::string& text : run.sink->ecs_events) {
    events += Json::parse(text).at("detail-type") == "ECS Container Instance State Change" ? 1 : 0;
  }
  EXPECT_GE(events, 2);
}

}  // namespace
}  // namespace hoplab
