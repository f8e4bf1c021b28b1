// Whole worlds: the talk's hops, what a fault does and what it leaves alone, books that balance.

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

sim::Duration median(std::vector<test::MemorySink::HopSample> samples) {
  std::ranges::sort(samples, {}, &test::MemorySink::HopSample::took);
  return samples.at(samples.size() / 2).took;
}

std::string two_services(const std::string& more) {
  return "hoplab: 1\nname: two\nduration: 2m\nnetwork: {latency: 2ms}\n"
         "workload: [{name: users, rate: 20/s, to: a}]\n" +
         more;
}

const std::string a_calls_b =
    "services:\n  a: {calls: [{to: b, path: /user}]}\n  b: {serviceTime: 7ms}\n";

TEST(TwoHops, HaveTheTimesOfTheTalk) {
  const auto run = test::run_text(two_services(a_calls_b));
  const auto& hops = run.sink->hops;
  EXPECT_LT(median(hops.at("a.app->a.envoy")), 1ms);
  EXPECT_NEAR(sim::in_seconds(median(hops.at("a.envoy->b.envoy"))), 0.002, 0.0001);
  EXPECT_LT(median(hops.at("b.envoy->b.app")), 1ms);
  EXPECT_NEAR(sim::in_seconds(median(hops.at("b.app"))), 0.007, 0.00035);
  EXPECT_NEAR(sim::in_seconds(median(hops.at("a.envoy<-b.envoy"))), 0.002, 0.0001);
}

// One request after another, so that the k-th sample of each hop belongs to the k-th request.
TEST(TwoHops, AddUpToTheDurationOfTheRequest) {
  const auto run = test::run_text(
      "hoplab: 1\nname: sum\nduration: 20s\nnetwork: {latency: 2ms, clientLatency: 3ms}\n"
      "workload: [{name: users, executor: constant-arrival-rate, rate: 1/s, to: a}]\n" +
      a_calls_b);
  const auto& requests = run.sink->requests.at("a");
  ASSERT_THAT(requests, Not(IsEmpty()));
  for (std::size_t k = 0; k < requests.size(); ++k) {
    sim::Duration sum{};
    for (const auto& [name, samples] : run.sink->hops) {
      ASSERT_EQ(samples.size(), requests.size()) << name;
      sum += samples[k].took;
    }
    // The first request of a connection has also paid for the client's own handshake.
    const sim::Duration gap = requests[k].took - sum;
    EXPECT_GE(gap, 0ns);
    EXPECT_LE(gap, k == 0 ? sim::Duration(10ms) : sim::Duration(1us));
  }
}

TEST(World, CountsEveryRequestAsAnsweredFailedOrInFlight) {
  const auto run = test::run_text(
      two_services(a_calls_b + "faults: [{at: 110s, action: \"hoplab:ecs:hang\", target: a}]\n"));
  EXPECT_GT(run.totals.issued, 2000U);
  EXPECT_EQ(run.totals.issued, run.totals.answered + run.totals.failed + run.totals.in_flight);
  EXPECT_GT(run.totals.failed, 100U);
}

TEST(World, SameSeedSameLinesAndAnotherSeedOthers) {
  const auto first = test::run_text(two_services(a_calls_b), 7);
  const auto second = test::run_text(two_services(a_calls_b), 7);
  const auto other = test::run_text(two_services(a_calls_b), 8);
  EXPECT_EQ(first.sink->lines, second.sink->lines);
  EXPECT_EQ(first.sink->ecs_events, second.sink->ecs_events);
  EXPECT_NE(first.sink->lines, other.sink->lines);
}

TEST(World, AnUnrelatedServiceOnItsOwnHostLeavesEveryOtherLineUntouched) {
  const auto without = test::run_text(two_services(a_calls_b));
  const auto with = test::run_text(
      "hoplab: 1\nname: two\nduration: 2m\nnetwork: {latency: 2ms}\n"
      "workload: [{name: users, rate: 20/s, to: a}, {name: others, rate: 33/s, to: zebra}]\n"
      "services:\n  aardvark: {serviceTime: 1ms}\n  a: {calls: [{to: b, path: /user}]}\n"
      "  zebra: {serviceTime: {exponential: {mean: 3ms}}, calls: [{to: aardvark}]}\n"
      "  b: {serviceTime: 7ms}\n");
  for (const auto& [stream, lines] : without.sink->lines) {
    if (stream.find(" ClusterTelemetry-") != std::string::npos) continue;  // It counts all of them.
    ASSERT_TRUE(with.sink->lines.contains(stream)) << stream;
    EXPECT_EQ(with.sink->lines.at(stream), lines) << stream;
  }
}

TEST(ContainerExit, StopsTheTaskWithItsCodeAndReason) {
  const auto run =
      test::run_text(two_services(
          a_calls_b + "faults: [{at: 30s, action: \"hoplab:ecs:container-exit\", target: b, "
                      "parameters: {exitCode: 139}}]\n"));
  ASSERT_THAT(run.sink->ecs_events, Not(IsEmpty()));
  std::string last;  // Of the task; its machine has one more, when it has room again.
  for (const std::string& event : run.sink->ecs_events) {
    if (event.find("ECS Task State Change") != std::string::npos) last = event;
  }
  EXPECT_THAT(last, HasSubstr("\"lastStatus\":\"STOPPED\""));
  EXPECT_THAT(last, HasSubstr("\"exitCode\":139"));
  EXPECT_THAT(last, HasSubstr("\"stopCode\":\"EssentialContainerExited\""));
  EXPECT_THAT(last, HasSubstr("Essential container in task exited"));
}

std::uint64_t failures(const test::Run& run, const std::string& hop) {
  const auto samples = run.sink->hops.find(hop);
  if (samples == run.sink->hops.end()) return 0;
  return static_cast<std::uint64_t>(
      std::ranges::count_if(samples->second, [](const auto& sample) { return sample.failed; }));
}

const std::string one_request =
    "hoplab: 1\nname: one\nduration: 20s\nnetwork: {latency: 2ms}\n"
    "workload: [{name: users, executor: constant-arrival-rate, rate: 1/s, requests: 1, to: a}]\n";

// b's Envoy needs 16 s to decode the request; a's gives up after 15.
TEST(FailedRequests, ThatDieInAStarvedEnvoyAreCountedAtTheHopItWorkedFor) {
  const auto run = test::run_text(
      one_request +
      "services:\n  a: {calls: [{to: b}]}\n  b: {serviceTime: 7ms, envoy: {serviceTime: 40s}}\n");
  EXPECT_EQ(run.totals.failed, 1U);
  EXPECT_EQ(failures(run, "b.envoy->b.app"), 1U);
  EXPECT_EQ(failures(run, "a.envoy->b.envoy"), 0U);
}

// Two calls of 8 s each succeed, but the caller of a has gone after 15 s.
TEST(FailedRequests, ThatOutlastTheirCallerBetweenTwoCallsAreCountedAtTheApplication) {
  const auto run =
      test::run_text(one_request +
                     "services:\n  a: {calls: [{to: b}, {to: c}]}\n  b: {serviceTime: {wait: 8s}}\n"
                     "  c: {serviceTime: {wait: 8s}}\n");
  EXPECT_EQ(run.totals.failed, 1U);
  EXPECT_EQ(failures(run, "a.app"), 1U);
  EXPECT_EQ(failures(run, "b.app") + failures(run, "c.app"), 0U);
}

// A tracked connection outlives the rule that let it in; an untracked one does not.
TEST(RevokedRule, CutsUntrackedFlowsAtOnceAndTrackedOnesNever) {
  const std::string fault =
      "faults: [{at: 1m, action: \"hoplab:ec2:revoke-security-group-ingress\", target: b, "
      "parameters: {port: 8080}}]\n";
  const std::string load =
      "hoplab: 1\nname: rules\nduration: 90s\nnetwork: {latency: 2ms}\n"
      "workload: [{executor: constant-arrival-rate, rate: 2/s, to: a}]\n";
  const auto tracked = test::run_text(load + a_calls_b + fault);
  EXPECT_EQ(tracked.totals.failed, 0U);
  const auto untracked = test::run_text(
      load +
      "services:\n  a: {calls: [{to: b, path: /user}]}\n  b: {serviceTime: 7ms, securityGroup: "
      "{allow: [{from: anywhere, port: 8080}]}}\n" +
      fault);
  EXPECT_GT(untracked.totals.failed, 20U);
}

TEST(CallsInParallel, TakeAsLongAsTheSlowestOfThem) {
  const auto run_with = [](const std::string& order) {
    return test::run_text(
        "hoplab: 1\nname: calls\nduration: 10s\nmesh: none\nnetwork: {latency: 0ms, loopback: "
        "0ms}\n"
        "workload: [{executor: constant-arrival-rate, rate: 1/s, to: a}]\n"
        "services:\n  a: {callOrder: " +
        order +
        ", calls: [{to: b}, {to: c}]}\n"
        "  b: {serviceTime: {wait: 100ms}}\n  c: {serviceTime: {wait: 300ms}}\n");
  };
  EXPECT_NEAR(sim::in_seconds(run_with("sequence").sink->requests.at("a").back().took), 0.4, 1e-4);
  EXPECT_NEAR(sim::in_seconds(run_with("parallel").sink->requests.at("a").back().took), 0.3, 1e-4);
}

TEST(BulkBodies, ShareTheLinkAsFlows) {
  const auto run = test::run_text(
      "hoplab: 1\nname: bulk\nduration: 5s\nmesh: none\nnetwork: {bandwidth: 8Mbps, latency: 0ms}\n"
      "workload: [{executor: constant-arrival-rate, rate: 1/s, requests: 1, to: a}]\n"
      "services:\n  a: {responseSize: 1MB}\n");
  ASSERT_EQ(run.sink->requests.at("a").size(), 1U);
  EXPECT_NEAR(sim::in_seconds(run.sink->requests.at("a")[0].took), 1.0, 0.01);
}

}  // namespace
}  // namespace hoplab
