// What Envoys count and what ECS says of CPU and memory, held against the same run's other files.
#include <gmock/gmock.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/run_scenario.hpp"

namespace hoplab::models {
namespace {

using Json = nlohmann::json;

/// The sum of a counter's datagrams by name and tags; for a gauge, the last value.
std::map<std::string, long> totals_of(const test::Run& run) {
  std::map<std::string, long> totals;
  for (const std::string& datagram : run.sink->datagrams) {
    const auto colon = datagram.find(':');
    const auto bar = datagram.find('|');
    const auto hash = datagram.find("|#");
    long value = 0;
    std::from_chars(datagram.data() + colon + 1, datagram.data() + bar, value);
    const std::string key = datagram.substr(0, colon) + " " + datagram.substr(hash + 2);
    if (datagram[bar + 1] == 'c') {
      totals[key] += value;
    } else {
      totals[key] = value;
    }
  }
  return totals;
}

std::string cluster(const char* counter, const std::string& name, const std::string& node) {
  return std::string("envoy.cluster.") + counter +
         " appmesh.mesh:demo,appmesh.virtual_node:" + node + ",envoy.cluster_name:" + name;
}

const std::string dropped = R"(
hoplab: 1
name: demo
duration: 40s
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: 1ms, securityGroup: {allow: []}}
workload: [{rate: 1/m, executor: constant-arrival-rate, to: a}]
)";

// One isolated request: three connects, each given up after its second, two retries.
TEST(EnvoyCounters, ADroppedPathCountsThreeConnectTimeoutsTwoRetriesAndNoRequest) {
  const auto totals = totals_of(test::run_text(dropped));
  const auto of = [&](const char* counter) {
    const auto found = totals.find(cluster(counter, "cds_egress_demo_b_http_8080", "a"));
    return found == totals.end() ? 0 : found->second;
  };
  EXPECT_EQ(of("upstream_cx_total"), 3);
  EXPECT_EQ(of("upstream_cx_connect_timeout"), 3);
  EXPECT_EQ(of("upstream_cx_connect_fail"), 3);
  EXPECT_EQ(of("upstream_rq_pending_failure_eject"), 3);
  EXPECT_EQ(of("upstream_rq_retry"), 2);
  EXPECT_EQ(of("upstream_rq_retry_limit_exceeded"), 1);
  EXPECT_EQ(of("upstream_rq_total"), 0) << "a failed connect is no upstream request";
  EXPECT_EQ(of("upstream_cx_active"), 0);
  EXPECT_EQ(totals.at("envoy.cluster.upstream_rq appmesh.mesh:demo,appmesh.virtual_node:a,"
                      "envoy.response_code:503,envoy.cluster_name:cds_egress_demo_b_http_8080"),
            1);
}

TEST(EnvoyCounters, TheSumOfAllDatagramsIsTheNumberOfAccessLogLines) {
  const auto run = test::run_text(R"(
hoplab: 1
name: demo
duration: 60s
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: 5ms}
workload: [{rate: 50/s, to: a, duration: 40s}]
)");
  const auto totals = totals_of(run);
  const auto lines = static_cast<long>(run.sink->lines_of("b", "envoy").size());
  EXPECT_EQ(totals.at("envoy.http.downstream_rq_total appmesh.mesh:demo,appmesh.virtual_node:b,"
                      "envoy.http_conn_manager_prefix:ingress"),
            lines);
  EXPECT_EQ(totals.at(cluster("upstream_rq_total", "cds_egress_demo_b_http_8080", "a")), lines);
  EXPECT_EQ(totals.at(cluster("upstream_rq_completed", "cds_egress_demo_b_http_8080", "a")), lines);
  EXPECT_EQ(totals.at(cluster("upstream_rq_active", "cds_egress_demo_b_http_8080", "a")), 0);
}

/// The datum of a metric and minute whose last dimension has this value.
Json datum_of(const test::Run& run, const std::string& metric, const std::string& dimension,
              const std::string& minute) {
  for (const std::string& text : run.sink->metrics) {
    Json datum = Json::parse(text);
    if (datum.at("MetricName") == metric && datum.at("Timestamp") == minute &&
        datum.at("Dimensions").back().at("Value") == dimension) {
      return datum;
    }
  }
  ADD_FAILURE() << "no " << metric << " of " << dimension << " at " << minute;
  return {};
}

double average(const Json& datum) {
  const Json& statistics = datum.at("StatisticValues");
  return statistics.at("Sum").get<double>() / statistics.at("SampleCount").get<double>();
}

// 20/s of 10 ms on one vCPU are 20 %; b's Envoy adds 20/s of 0.35 ms, 0.7 %, the sidecars 0.5 %.
TEST(Utilization, AServicesCpuIsItsWorkAgainstItsTasksSize) {
  const auto run = test::run_text(R"(
hoplab: 1
name: demo
duration: 3m
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: 10ms}
workload: [{rate: 20/s, executor: constant-arrival-rate, to: a}]
)");
  const Json datum = datum_of(run, "CPUUtilization", "b", "2026-01-05T12:01:00.000Z");
  EXPECT_EQ(datum.at("Namespace"), "AWS/ECS");
  EXPECT_EQ(datum.at("Unit"), "Percent");
  EXPECT_EQ(datum.at("StatisticValues").at("SampleCount"), 3) << "one every 20 s";
  EXPECT_NEAR(average(datum), 20 + 0.7 + 0.5, 0.2);
}

TEST(Utilization, AnEndlessLoopTakesTheWholeTaskAndAHangTakesNothing) {
  const auto with = [](const std::string& action) {
    return test::run_text(R"(
hoplab: 1
name: demo
duration: 3m
services:
  a: {calls: [{to: b, timeout: 2s}]}
  b: {serviceTime: 5ms}
workload: [{rate: 2/s, to: a}]
faults: [{at: 10s, target: b, action: ")" +
                          action + "\"}]\n");
  };
  const std::string minute = "2026-01-05T12:01:00.000Z";
  EXPECT_GT(average(datum_of(with("hoplab:ecs:infinite-loop"), "CPUUtilization", "b", minute)),
            99.0);
  EXPECT_LT(average(datum_of(with("hoplab:ecs:hang"), "CPUUtilization", "b", minute)), 2.0);
}

TEST(Utilization, ContainerInsightsSplitsATaskIntoItsContainersAndTheySumUp) {
  const auto run = test::run_text(R"(
hoplab: 1
name: demo
duration: 2m
services: {a: {serviceTime: 10ms}}
workload: [{rate: 20/s, to: a}]
)");
  double containers = 0;
  double task = 0;
  int count = 0;
  for (const auto& [stream, lines] : run.sink->lines) {
    if (!stream.starts_with("/aws/ecs/containerinsights/hoplab/performance ")) continue;
    for (const std::string& line : lines) {
      const Json event = Json::parse(line);
      if (event.at("Timestamp") != 1767614400000) continue;
      if (event.at("Type") != "Task" && event.at("Type") != "Container") continue;
      EXPECT_EQ(event.at("TaskDefinitionRevision"), "1");
      const bool is_task = event.at("Type") == "Task";
      (is_task ? task : containers) += event.at("CpuUtilized").get<double>();
      count += is_task ? 0 : 1;
    }
  }
  EXPECT_EQ(count, 5) << "app, envoy, agent, log router, daemon";
  EXPECT_GT(task, 0);
  EXPECT_NEAR(containers, task, 0.05);
}

// In a mesh the sidecars that carry telemetry take CPU themselves; see Sidecars.
TEST(Utilization, ToLookChangesNothing) {
  const std::string told = R"(
hoplab: 1
name: demo
duration: 2m
mesh: none
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: {exponential: {mean: 9ms}}}
workload: [{rate: 70/s, to: a}]
)";
  const auto with = test::run_text(told);
  const auto without = test::run_text(told + "telemetry: none\n");
  ASSERT_EQ(with.sink->requests.at("a").size(), without.sink->requests.at("a").size());
  for (std::size_t i = 0; i < with.sink->requests.at("a").size(); ++i) {
    ASSERT_EQ(with.sink->requests.at("a")[i].took, without.sink->requests.at("a")[i].took);
  }
}

}  // namespace
}  // namespace hoplab::models
