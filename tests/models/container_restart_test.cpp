// A container that its restart policy starts anew, and what those who counted on it make of that.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/run_scenario.hpp"

namespace hoplab::models {
namespace {

using Json = nlohmann::json;

/// A task of which `container` ends by itself and is started anew.
std::string dying(const std::string& container, const std::string& at = "90s",
                  const std::string& duration = "3m") {
  const std::string policy = "restartPolicy: {enabled: true, restartAttemptPeriod: 60}";
  const auto policy_of = [&](const char* name) { return container == name ? policy + ", " : ""; };
  return R"(
hoplab: 1
name: demo
duration: )" +
         duration + R"(
taskDefinitions:
  b:
    family: b
    networkMode: awsvpc
    cpu: "1024"
    memory: "2048"
    proxyConfiguration:
      type: APPMESH
      containerName: envoy
      properties:
        - {name: AppPorts, value: "8080"}
        - {name: ProxyIngressPort, value: "15000"}
        - {name: ProxyEgressPort, value: "15001"}
        - {name: IgnoredUID, value: "1337"}
    containerDefinitions:
      - {name: app, image: "b:1", portMappings: [{containerPort: 8080}], essential: true}
      - {)" +
         policy_of("envoy") +
         R"(name: envoy, image: "aws-appmesh-envoy:v1.29.12.1-prod", essential: true,
         user: "1337", environment: [{name: ENABLE_ENVOY_DOG_STATSD, value: "1"}]}
      - {)" +
         policy_of("cloudwatch-agent") +
         R"(name: cloudwatch-agent, image: "cloudwatch-agent:latest", essential: false}
      - {)" +
         policy_of("xray-daemon") +
         R"(name: xray-daemon, image: "xray/aws-xray-daemon:latest", essential: false}
services: {b: {taskDefinition: b, serviceTime: 2ms}}
workload: [{executor: constant-arrival-rate, rate: 10/s, to: b}]
faults:
  - {at: )" +
         at + R"(, action: "hoplab:ecs:container-exit", target: b,
     parameters: {exitCode: 1, container: )" +
         container + "}}\n";
}

double datagrams_counted(const test::Run& run) {
  double sum = 0;
  for (const std::string& line : run.sink->metrics) {
    const Json datum = Json::parse(line);
    if (datum.at("MetricName") != "envoy_http_downstream_rq_time") continue;
    sum += datum.at("StatisticValues").at("SampleCount").get<double>();
  }
  return sum;
}

TEST(ContainerRestart, ANewCloudWatchAgentCountsOnWhatTheEnvoyGoesOnTelling) {
  const auto run = test::run_text(dying("cloudwatch-agent"));
  const auto told = std::ranges::count_if(run.sink->datagrams, [](const std::string& datagram) {
    return datagram.starts_with("envoy.http.downstream_rq_time:");
  });
  EXPECT_GT(told, 1500);
  // What it had not published yet is lost with it, and so is what came while it was away.
  EXPECT_LT(datagrams_counted(run), static_cast<double>(told));
  EXPECT_GT(datagrams_counted(run), static_cast<double>(told) - 10 * 100);
}

TEST(ContainerRestart, ANewEnvoyTellsTheSameAgent) {
  const auto run = test::run_text(dying("envoy"));
  EXPECT_GT(datagrams_counted(run), 1000);
}

// Its time is that of both its lives, and no minute has the former one again.
TEST(ContainerRestart, NoMinuteCountsTheCpuOfTheFormerLifeAgain) {
  const auto run = test::run_text(dying("xray-daemon", "9m30s", "11m"));
  double most = 0;
  double least = 1e9;
  for (const auto& [stream, lines] : run.sink->lines) {
    if (!stream.starts_with("/aws/ecs/containerinsights/")) continue;
    for (const std::string& line : lines) {
      const Json event = Json::parse(line);
      if (event.at("Type") != "Task") continue;
      most = std::max(most, event.at("CpuUtilized").get<double>());
      least = std::min(least, event.at("CpuUtilized").get<double>());
    }
  }
  EXPECT_GT(least, 0);
  EXPECT_LT(most - least, 1) << "CPU units, of some 25; nine minutes of it are 5";
}

}  // namespace
}  // namespace hoplab::models
