// Service Connect over whole runs: what its proxies do about failures, and what AWS tells of them.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// a calls b, ten times a second.
std::string two(const std::string& b, const std::string& more = "",
                const std::string& mesh = "{kind: serviceConnect}") {
  return "hoplab: 1\nname: demo\nduration: 90s\nmesh: " + mesh +
         "\nservices:\n  a: {calls: [{to: b, path: \"/user?token=1\"}], envoy: {workers: 1}}\n"
         "  b: " +
         b + "\nworkload: [{rate: 10/s, executor: constant-arrival-rate, to: a}]\n" + more;
}

std::vector<std::string> proxy_lines(const test::Run& run, const std::string& service) {
  std::vector<std::string> all;
  for (const auto& [stream, lines] : run.sink->lines) {
    if (stream.find("/ecs/" + service + "/ecs-service-connect-") != 0) continue;
    for (const std::string& line : lines) {
      if (line.starts_with('[') || line.starts_with('{')) all.push_back(line);
    }
  }
  return all;
}

/// Of access-log lines in text: those that went to another task.
bool is_egress(const std::string& line) { return line.find("\"127.0.0.1:") == std::string::npos; }

int code_of(const std::string& line) {
  static const std::regex expression(R"re(HTTP/1\.1" (\d+) )re");
  std::smatch match;
  return std::regex_search(line, match, expression) ? std::stoi(match[1].str()) : -1;
}

/// The sum of a metric over all minutes, and its samples, where the dimensions are exactly these.
struct Total {
  double sum = 0;
  double samples = 0;
  std::size_t points = 0;
};
using Dimensions = std::map<std::string, std::string>;
Total total_of(const test::Run& run, const std::string& name, const Dimensions& dimensions) {
  Total total;
  for (const std::string& text : run.sink->metrics) {
    const json metric = json::parse(text);
    if (metric.at("MetricName") != name || metric.at("Namespace") != "AWS/ECS") continue;
    Dimensions its;
    for (const json& it : metric.at("Dimensions")) its[it.at("Name")] = it.at("Value");
    if (its != dimensions) continue;
    total.sum += metric.at("StatisticValues").at("Sum").get<double>();
    total.samples += metric.at("StatisticValues").at("SampleCount").get<double>();
    ++total.points;
  }
  return total;
}

std::size_t statuses(const test::Run& run, const std::string& series, int status) {
  const auto found = run.sink->requests.find(series);
  if (found == run.sink->requests.end()) return 0;
  return static_cast<std::size_t>(
      std::ranges::count(found->second, status, &test::MemorySink::RequestSample::status));
}

// --- What the proxies do -----------------------------------------------------------------------

// Developer guide: a second attempt avoids the host of the first.
TEST(ServiceConnectProxies, FindASiblingOfATaskThatDied) {
  const test::Run run =
      test::run_text(two("{desiredCount: 2}",
                         "faults: [{at: 30s, action: \"hoplab:ecs:container-exit\", "
                         "target: b, count: 1, parameters: {exitCode: 1}}]\n"));
  EXPECT_EQ(run.totals.failed, 0U);
  EXPECT_THAT(proxy_lines(run, "b"), Contains(HasSubstr("\" 503 ")));
}

TEST(ServiceConnectProxies, GiveUpWhereNobodyLetsThemTryAgain) {
  const test::Run run = test::run_text(
      two("{desiredCount: 2}",
          "faults: [{at: 30s, action: \"hoplab:ecs:container-exit\", target: b, count: 1, "
          "parameters: {exitCode: 1}}]\n",
          "{kind: serviceConnect, simulate: {retryAttempts: 0}}"));
  EXPECT_EQ(run.totals.failed, 5U);  // Then the dead one is left out.
}

// Developer guide: after five failures it is left out, for 30 s the first time.
TEST(ServiceConnectProxies, LeaveATaskOutThatFailsFiveTimesInARow) {
  const test::Run run =
      test::run_text(two("{desiredCount: 3}",
                         "faults: [{at: 10s, action: \"hoplab:ecs:failing-responses\", "
                         "target: b, count: 1, parameters: {status: 500, share: \"100%\"}}]\n"));
  std::vector<sim::SimTime> failures;
  for (const auto& sample : run.sink->requests.at("a->b")) {
    if (sample.status == 500) failures.push_back(sample.ended);
  }
  ASSERT_GE(failures.size(), 10U);
  EXPECT_LT(failures[4] - failures[0], std::chrono::seconds(3));
  EXPECT_GE(failures[5] - failures[4], std::chrono::seconds(30));
}

// API reference: 15 s unless perRequestTimeoutSeconds says otherwise; 0 is for ever.
TEST(ServiceConnectProxies, WaitFifteenSecondsOrAsLongAsTheEndpointSays) {
  const std::string hung = "faults: [{at: 5s, action: \"hoplab:ecs:hang\", target: b}]\n";
  const auto longest = [&](const std::string& timeout) {
    const test::Run run = test::run_text(
        two("{serviceConnectConfiguration: {services: [{portName: b" + timeout + "}]}}", hung));
    sim::Duration most{};
    for (const auto& sample : run.sink->requests.at("a->b")) {
      if (sample.status == 504) most = std::max(most, sample.took);
    }
    return most;
  };
  EXPECT_NEAR(sim::in_seconds(longest("")), 15, 0.1);
  EXPECT_NEAR(sim::in_seconds(longest(", timeout: {perRequestTimeoutSeconds: 3}")), 3, 0.1);
  EXPECT_EQ(longest(", timeout: {perRequestTimeoutSeconds: 0, idleTimeoutSeconds: 0}"),
            sim::Duration::zero());
}

TEST(ServiceConnectProxies, HearOfATaskThatReplacesAnother) {
  const test::Run run =
      test::run_text(two("{}", "faults: [{at: 10s, action: \"aws:ecs:stop-task\", target: b}]\n"));
  const auto& calls = run.sink->requests.at("a->b");
  EXPECT_GT(statuses(run, "a->b", 503), 0U);
  EXPECT_EQ(calls.back().status, 200);
}

// Developer guide: existing tasks cannot resolve an endpoint that is newer than their deployment;
// those of the next deployment can.
TEST(ServiceConnectProxies, KnowTheEndpointsThatWereThereWhenTheyWereDeployed) {
  const test::Run run =
      test::run_text(two("{}",
                         "faults: [{at: 20s, action: \"hoplab:ecs:update-service\", target: a, "
                         "parameters: {forceNewDeployment: true}}]\n",
                         "{kind: serviceConnect, simulate: {knownEndpoints: {a: []}}}"));
  const auto& calls = run.sink->requests.at("a->b");
  const auto first_good = std::ranges::find(calls, 200, &test::MemorySink::RequestSample::status);
  ASSERT_NE(first_good, calls.end());
  EXPECT_GT(first_good->ended, sim::at(std::chrono::seconds(20)));
  EXPECT_EQ(calls.back().status, 200);
  EXPECT_THAT(run.sink->lines_of("a", "app"), Contains(HasSubstr("ENOTFOUND b.local")));
}

// --- What they do not do -----------------------------------------------------------------------

TEST(ServiceConnectProxies, SendNoDatagramsAndNoSegments) {
  const test::Run run = test::run_text(two("{}"));
  EXPECT_THAT(run.sink->datagrams, IsEmpty());
  ASSERT_FALSE(run.sink->segments.empty());  // The applications' own are there.
  EXPECT_THAT(run.sink->segments, Each(Not(HasSubstr("app_mesh"))));
  EXPECT_THAT(run.sink->configs, Not(Contains(testing::Key("virtual-nodes"))));
}

// --- Access logs -------------------------------------------------------------------------------

TEST(ServiceConnectLogs, HaveNoFlagsAndNoQuery) {
  const test::Run run = test::run_text(two("{}"));
  static const std::regex format(
      R"re(\[\S+Z\] "GET /user HTTP/1\.1" 200 \d+ \d+ \d+ \d+ "-" "Go-http-client/1\.1" )re"
      R"re("[0-9a-f-]{36}" "b\.local:8080" "127\.0\.0\.1:8080")re");
  const auto lines = proxy_lines(run, "b");
  ASSERT_FALSE(lines.empty());
  for (const std::string& line : lines) EXPECT_TRUE(std::regex_match(line, format)) << line;
}

TEST(ServiceConnectLogs, HaveTheQueryWhereItIsAskedFor) {
  const test::Run run =
      test::run_text(two("{}", "",
                         "{kind: serviceConnect, accessLogConfiguration: {format: TEXT, "
                         "includeQueryParameters: ENABLED}}"));
  EXPECT_THAT(proxy_lines(run, "b"), Each(HasSubstr("\"GET /user?token=1 HTTP/1.1\"")));
}

TEST(ServiceConnectLogs, AreObjectsWhereJsonIsAskedFor) {
  const test::Run run = test::run_text(
      two("{serviceConnectConfiguration: {accessLogConfiguration: {format: JSON}}}"));
  const auto lines = proxy_lines(run, "b");
  ASSERT_FALSE(lines.empty());
  const json line = json::parse(lines.front());
  EXPECT_EQ(line.at("path"), "/user");
  EXPECT_EQ(line.at("response_code"), "200");
  EXPECT_FALSE(line.contains("response_flags"));
  EXPECT_THAT(proxy_lines(run, "a"), Each(testing::StartsWith("[")));
}

TEST(ServiceConnectLogs, AreNoneWhereNoneAreAskedFor) {
  const test::Run run =
      test::run_text(two("{serviceConnectConfiguration: {accessLogConfiguration: none}}"));
  EXPECT_THAT(proxy_lines(run, "b"), IsEmpty());
  EXPECT_THAT(proxy_lines(run, "a"), Not(IsEmpty()));
}

// --- Metrics -----------------------------------------------------------------------------------

TEST(ServiceConnectMetrics, AreWhatTheAccessLogsHave) {
  const test::Run run =
      test::run_text(two("{desiredCount: 2}",
                         "faults: [{at: 20s, for: 20s, action: "
                         "\"hoplab:ecs:failing-responses\", target: b, parameters: "
                         "{status: 500, share: \"30%\"}}]\n"));
  const Dimensions in_all = {{"DiscoveryName", "b"}};
  const Dimensions of_b = {{"DiscoveryName", "b"}, {"ServiceName", "b"}, {"ClusterName", "hoplab"}};
  const auto lines = static_cast<double>(proxy_lines(run, "b").size());
  ASSERT_GT(lines, 800);
  EXPECT_EQ(total_of(run, "RequestCount", in_all).sum, lines);
  EXPECT_EQ(total_of(run, "RequestCount", of_b).sum, lines);
  EXPECT_GT(total_of(run, "ProcessedBytes", of_b).sum, 1024 * lines);
  EXPECT_GE(total_of(run, "NewConnectionCount", of_b).sum, 2);

  std::map<int, double> codes;
  for (const std::string& line : proxy_lines(run, "a")) {
    if (is_egress(line)) ++codes[code_of(line) / 100];
  }
  ASSERT_GT(codes[5], 10);
  const Dimensions to_b = {{"TargetDiscoveryName", "b"}};
  const Dimensions by_a = {
      {"TargetDiscoveryName", "b"}, {"ServiceName", "a"}, {"ClusterName", "hoplab"}};
  for (const Dimensions& set : {to_b, by_a}) {
    EXPECT_EQ(total_of(run, "HTTPCode_Target_2XX_Count", set).sum, codes[2]);
    EXPECT_EQ(total_of(run, "HTTPCode_Target_5XX_Count", set).sum, codes[5]);
    EXPECT_EQ(total_of(run, "RequestCountPerTarget", set).sum, codes[2] + codes[5]);
    EXPECT_EQ(total_of(run, "TargetResponseTime", set).samples, codes[2] + codes[5]);
  }
}

// What was never counted is not there; nobody calls a by its discovery name but the load.
TEST(ServiceConnectMetrics, HaveNothingThatNeverHappened) {
  const test::Run run = test::run_text(two("{}"));
  const Dimensions to_b = {{"TargetDiscoveryName", "b"}};
  EXPECT_EQ(total_of(run, "HTTPCode_Target_4XX_Count", to_b).points, 0U);
  EXPECT_EQ(total_of(run, "GrpcRequestCount", {{"DiscoveryName", "b"}}).points, 0U);
  EXPECT_EQ(total_of(run, "RequestCountPerTarget", {{"TargetDiscoveryName", "a"}}).points, 0U);
  EXPECT_EQ(total_of(run, "RequestCount", {{"DiscoveryName", "a"}}).sum,
            static_cast<double>(std::ranges::count_if(
                proxy_lines(run, "a"), [](const std::string& line) { return !is_egress(line); })));
}

// ECS agent: a value is the upper bound of a bucket of Envoy's Prometheus page.
TEST(ServiceConnectMetrics, TellResponseTimesByBucketsOfThePage) {
  const test::Run run = test::run_text(two("{serviceTime: 7ms}"));
  const auto is_wanted = [](const std::string& text) {
    return text.find("TargetResponseTime") != std::string::npos;
  };
  const auto found = std::ranges::find_if(run.sink->metrics, is_wanted);
  ASSERT_NE(found, run.sink->metrics.end());
  const json metric = json::parse(*found);
  EXPECT_EQ(metric.at("Unit"), "Milliseconds");
  EXPECT_THAT(metric.at("Values").get<std::vector<double>>(), Contains(10.0));
  EXPECT_THAT(metric.at("Values").get<std::vector<double>>(),
              Each(testing::AnyOf(1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0)));
}

// --- Documents ---------------------------------------------------------------------------------

TEST(ServiceConnectDocuments, DescribeWhoIsFoundByWhatName) {
  const test::Run run = test::run_text(
      two("{serviceConnectConfiguration: {services: [{portName: http, discoveryName: b, "
          "clientAliases: [{port: 80, dnsName: b.local}]}]}}"));
  json b;
  for (const std::string& text : run.sink->ecs_services) {
    const json document = json::parse(text);
    if (document.at("serviceName") == "b") b = document;
  }
  const json deployment = b.at("deployments").at(0);
  const json connect = deployment.at("serviceConnectConfiguration");
  EXPECT_EQ(connect.at("enabled"), true);
  EXPECT_EQ(connect.at("namespace"), "local");
  EXPECT_EQ(connect.at("services").at(0).at("clientAliases"),
            json::parse(R"([{"port": 80, "dnsName": "b.local"}])"));
  EXPECT_EQ(connect.at("accessLogConfiguration").at("format"), "TEXT");
  EXPECT_EQ(deployment.at("serviceConnectResources").at(0).at("discoveryName"), "b");
  EXPECT_THAT(b.at("serviceRegistries"), IsEmpty());
}

TEST(ServiceConnectDocuments, HaveTheProxyInTasksAndNotInTaskDefinitions) {
  const test::Run run = test::run_text(two("{}"));
  const json task = json::parse(run.sink->ecs_tasks.front());
  std::vector<std::string> containers;
  for (const json& container : task.at("containers")) containers.push_back(container.at("name"));
  EXPECT_THAT(containers, UnorderedElementsAre("app", testing::StartsWith("ecs-service-connect-"),
                                               "cloudwatch-agent", "log_router"));
  EXPECT_EQ(task.at("attachments").at(1).at("type"), "ServiceConnect");
  EXPECT_THAT(containers, Contains(task.at("attachments").at(1).at("details").at(0).at("value")));
  for (const std::string& text : run.sink->configs.at("task-definitions")) {
    EXPECT_THAT(text, AllOf(Not(HasSubstr("ecs-service-connect")),
                            Not(HasSubstr("proxyConfiguration")), HasSubstr("appProtocol")));
  }
}

}  // namespace
}  // namespace hoplab
