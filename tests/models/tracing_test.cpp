// X-Ray segments of a run: who writes which, how they hang together, how many there are.
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "models/telemetry/sampler.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab::models {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

const std::string two_services = R"(
hoplab: 1
name: demo
duration: 60s
services:
  a: {calls: [{to: b, path: /user}]}
  b: {serviceTime: 7ms}
network: {latency: 2ms}
workload: [{name: users, rate: 20/s, executor: constant-arrival-rate, to: a}]
)";

std::vector<Json> segments_of(const test::Run& run) {
  std::vector<Json> parsed;
  for (const std::string& text : run.sink->segments) parsed.push_back(Json::parse(text));
  return parsed;
}

std::map<std::string, Json> by_id(const std::vector<Json>& segments) {
  std::map<std::string, Json> found;
  for (const Json& segment : segments) {
    found[segment.at("id")] = segment;
    for (const Json& call : segment.value("subsegments", Json::array())) {
      found[call.at("id")] = call;
    }
  }
  return found;
}

double length_of(const Json& segment) {
  return segment.at("end_time").get<double>() - segment.at("start_time").get<double>();
}

TEST(Tracing, ATracedRequestLeavesASegmentAtEveryPartyEachTheChildOfTheOneBefore) {
  const auto run = test::run_text(two_services);
  const std::vector<Json> segments = segments_of(run);
  const auto known = by_id(segments);
  std::map<std::string, std::vector<const Json*>> traces;
  for (const Json& segment : segments) traces[segment.at("trace_id")].push_back(&segment);
  ASSERT_GT(traces.size(), 30U);
  for (const auto& [trace, parts] : traces) {
    EXPECT_THAT(trace, testing::MatchesRegex("1-[0-9a-f]{8}-[0-9a-f]{24}"));
    std::vector<std::string> names;
    for (const Json* part : parts) names.push_back(part->at("name"));
    // In the order in which they end: the innermost first.
    EXPECT_THAT(names, testing::ElementsAre("b", "demo/b", "demo/a", "a", "demo/a"));
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const Json& parent = known.at(parts[i]->at("parent_id"));
      EXPECT_LE(length_of(*parts[i]), length_of(parent) + 1e-9);
    }
    EXPECT_FALSE(parts.back()->contains("parent_id"));
  }
}

TEST(Tracing, TheRemoteSubsegmentOfTheCallerIsTheParentOfItsEnvoysSegment) {
  const auto run = test::run_text(two_services);
  const std::vector<Json> segments = segments_of(run);
  std::set<std::string> subsegments;
  for (const Json& segment : segments) {
    for (const Json& call : segment.value("subsegments", Json::array())) {
      EXPECT_EQ(call.at("name"), "b.local");
      EXPECT_EQ(call.at("namespace"), "remote");
      subsegments.insert(call.at("id"));
    }
  }
  for (const Json& segment : segments) {
    if (segment.value("origin", "") != "AWS::AppMesh::Proxy") continue;
    const Json& annotations = segment.at("annotations");
    if (annotations.at("direction") != "egress") continue;
    EXPECT_TRUE(subsegments.contains(segment.at("parent_id")));
    EXPECT_EQ(annotations.at("upstream_cluster"), "cds_egress_demo_b_http_8080");
  }
}

// The reservoir takes the first request of each second, 5 % of the other 19 follow: 60 + 57 of
// 1200, with a standard deviation of 7.4.
TEST(Tracing, OneRequestASecondAndFivePercentOfTheOthersAreTraced) {
  const auto run = test::run_text(two_services);
  std::set<std::string> traces;
  for (const Json& segment : segments_of(run)) traces.insert(segment.at("trace_id"));
  EXPECT_NEAR(static_cast<double>(traces.size()), 60 + 0.05 * (1200 - 60), 4 * 7.4);
}

TEST(Tracing, EveryLineOfAnApplicationTellsItsTransactionAndItsTraceSampledOrNot) {
  const auto run = test::run_text(two_services);
  const auto lines = run.sink->lines_of("b", "app");
  ASSERT_EQ(lines.size(), 1200U);
  for (const std::string& line : lines) {
    const Json record = Json::parse(line);
    const Json inner = Json::parse(record.at("log").get<std::string>());
    EXPECT_THAT(inner.at("transactionId").get<std::string>(),
                testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                      "[0-9a-f]{12}"));
    EXPECT_THAT(inner.at("traceId").get<std::string>(),
                testing::MatchesRegex("1-695ba[0-9a-f]{3}-[0-9a-f]{24}"));
  }
}

TEST(Tracing, AFailedConnectIsAFaultOfTheCallersEnvoyAndHasNoSegmentAtTheCallee) {
  const auto run = test::run_text(R"(
hoplab: 1
name: demo
duration: 30s
services:
  a: {calls: [{to: b}]}
  b: {securityGroup: {allow: []}}
workload: [{rate: 1/s, executor: constant-arrival-rate, to: a}]
)");
  int faults = 0;
  for (const Json& segment : segments_of(run)) {
    EXPECT_NE(segment.at("name"), "demo/b");
    if (segment.value("origin", "") != "AWS::AppMesh::Proxy") continue;
    if (segment.at("annotations").at("direction") != "egress") continue;
    ++faults;
    EXPECT_TRUE(segment.at("fault").get<bool>());
    EXPECT_EQ(segment.at("annotations").at("response_flags"), "UF,URX");
    EXPECT_EQ(segment.at("http").at("response").at("status"), 503);
  }
  EXPECT_GT(faults, 20);
}

TEST(Tracing, EachAttemptOfARetriedRequestHasTheSameParentAtItsEnvoy) {
  const auto run = test::run_text(R"(
hoplab: 1
name: demo
duration: 30s
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: 1ms, acceptQueue: 0, workers: 1}
workload: [{rate: 1/s, executor: constant-arrival-rate, to: a}]
faults: [{at: 5s, action: "hoplab:ecs:container-exit", target: b, parameters: {exitCode: 1}}]
)");
  std::map<std::string, int> children;
  for (const Json& segment : segments_of(run)) {
    if (segment.at("name") == "demo/b") ++children[segment.at("parent_id")];
  }
  int retried = 0;
  for (const auto& [parent, count] : children) retried += count == 3 ? 1 : 0;
  EXPECT_GT(retried, 0) << "three attempts reach an Envoy whose application is gone";
}

TEST(Tracing, WithoutAMeshTheSdkOfTheFirstApplicationDecides) {
  std::string text = two_services;
  text += "mesh: none\n";
  const auto run = test::run_text(text);
  std::set<std::string> names;
  for (const Json& segment : segments_of(run)) names.insert(segment.at("name"));
  EXPECT_THAT(names, testing::ElementsAre("a", "b"));
}

TEST(Sampler, StarsAndQuestionMarksFitAsXRaySays) {
  EXPECT_TRUE(telemetry::fits_wildcards("*", ""));
  EXPECT_TRUE(telemetry::fits_wildcards("/api/*", "/api/user/7"));
  EXPECT_FALSE(telemetry::fits_wildcards("/api/*", "/ap"));
  EXPECT_TRUE(telemetry::fits_wildcards("*.LOCAL:80?0", "b.local:8080"));
  EXPECT_TRUE(telemetry::fits_wildcards("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(telemetry::fits_wildcards("a*b*c", "a-b-b-d"));
  EXPECT_FALSE(telemetry::fits_wildcards("", "x"));
}

TEST(Sampler, TheFirstRuleThatFitsDecidesAndItsReservoirIsRefilledEachSecond) {
  scenarios::Sampling sampling;
  scenarios::SamplingRule health;
  health.url_path = "/health";
  health.fixed_target = 0;
  health.rate = sim::Ratio(0);
  scenarios::SamplingRule api;
  api.url_path = "/api/*";
  api.fixed_target = 2;
  api.rate = sim::Ratio(0);
  sampling.rules = {health, api};
  telemetry::Sampler sampler(sampling, sim::Rng::stream(1, "test"));
  const sim::WallTime noon{std::chrono::hours(12)};
  EXPECT_FALSE(sampler.samples("b", "GET", "/health", noon));
  EXPECT_TRUE(sampler.samples("b", "GET", "/api/1", noon));
  EXPECT_TRUE(sampler.samples("b", "GET", "/api/2", noon + 500ms));
  EXPECT_FALSE(sampler.samples("b", "GET", "/api/3", noon + 999ms));
  EXPECT_TRUE(sampler.samples("b", "GET", "/api/4", noon + 1s));
}

}  // namespace
}  // namespace hoplab::models
