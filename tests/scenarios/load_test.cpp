#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;
using testing::ElementsAre;
using testing::IsEmpty;

// --- What is left out -------------------------------------------------------------------------

TEST(Load, FillsInTheDefaultsOfAWholeScenario) {
  const Loaded loaded = load_text("hoplab: 1\nduration: 5m\nservices: {a: }\n", "x/Some file.yaml");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Scenario& scenario = *loaded.scenario;
  EXPECT_EQ(scenario.name, "Some-file");
  EXPECT_EQ(scenario.mesh_name, "Some-file");
  EXPECT_TRUE(scenario.has_mesh);
  EXPECT_TRUE(scenario.telemetry);
  EXPECT_EQ(scenario.seed, 1U);
  EXPECT_EQ(scenario.duration, 5min);
  EXPECT_EQ(sim::format_iso8601(scenario.start_time), "2026-01-05T12:00:00.000Z");
  EXPECT_EQ(scenario.envoy_profile, "v1.29");
  EXPECT_EQ(scenario.region, "us-east-1");
  EXPECT_EQ(scenario.account, "111122223333");
  EXPECT_EQ(scenario.cluster, "hoplab");
  EXPECT_EQ(scenario.network.latency, 0ms);
  EXPECT_EQ(scenario.network.loopback, 50us);
  ASSERT_EQ(scenario.services.size(), 1U);
  const Service& service = scenario.services.front();
  EXPECT_EQ(service.port, 8080);
  EXPECT_EQ(service.desired_count, 1);
  EXPECT_EQ(service.workers, 64U);
  EXPECT_EQ(service.accept_queue, 128U);
  EXPECT_EQ(service.cpu, CpuUnits(1024));
  EXPECT_TRUE(service.holds_worker_during_calls);
  EXPECT_FALSE(service.security_group.has_value());
  EXPECT_EQ(mean_of(service.service_cpu), 0ms);
}

constexpr const char* every_key_of_a_service = R"(hoplab: 1
duration: 5m
hosts: {h1: {instanceType: c5.xlarge, clockOffset: -3ms}, h2: }
services:
  b: {}
  a:
    port: 80
    desiredCount: 3
    placement: [h1, h2]
    securityGroup: {allow: [{from: anywhere, port: 80}, {from: b, port: 8000-8080},
        {from: 10.0.0.0/8}]}
    cpu: 0.5 vCPU
    memory: 1GiB
    serviceTime: {cpu: 7ms, wait: {exponential: {mean: 3ms}}}
    workers: 8
    acceptQueue: 0
    acceptQueueOverflow: reset
    holdsWorkerDuringCalls: false
    callOrder: parallel
    calls:
      - {to: b, path: /user, method: POST, timeout: 1s, requestSize: 2KiB, onError: {status: 503}}
      - {to: b, onError: ignore}
    responseSize: 64KiB
    envoy: {workers: 4, serviceTime: 1ms}
)";

TEST(Load, ReadsEveryKeyOfAService) {
  const Loaded loaded = load_text(every_key_of_a_service);
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  ASSERT_EQ(loaded.scenario->hosts.size(), 3U);  // And the one of b.
  EXPECT_EQ(loaded.scenario->hosts[2].name, "host-b-1");
  EXPECT_EQ(loaded.scenario->hosts[0].instance_type, "c5.xlarge");
  EXPECT_EQ(loaded.scenario->hosts[0].clock_offset, std::optional<Duration>(-3ms));
  EXPECT_FALSE(loaded.scenario->hosts[1].clock_offset.has_value());
  const Service& a = loaded.scenario->services.at(1);
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.port, 80);
  EXPECT_EQ(a.desired_count, 3);
  EXPECT_THAT(a.placement, ElementsAre("h1", "h2"));
  EXPECT_EQ(a.cpu, CpuUnits(512));
  EXPECT_EQ(a.memory, Bytes(1 << 30));
  EXPECT_EQ(a.service_cpu.mean, 7ms);
  EXPECT_EQ(a.service_wait.kind, Distribution::Kind::exponential);
  EXPECT_EQ(a.accept_queue, 0U);
  EXPECT_EQ(a.accept_queue_overflow, Service::Overflow::reset);
  EXPECT_FALSE(a.holds_worker_during_calls);
  EXPECT_EQ(a.response_size, Bytes(65536));
  EXPECT_EQ(a.envoy.workers, 4U);
  EXPECT_EQ(a.envoy.service_time, 1ms);
}

TEST(Load, ReadsTheRulesAndCallsOfAService) {
  const Loaded loaded = load_text(every_key_of_a_service);
  ASSERT_TRUE(loaded.scenario);
  const Service& a = loaded.scenario->services.at(1);
  ASSERT_TRUE(a.security_group.has_value());
  ASSERT_EQ(a.security_group->size(), 3U);
  EXPECT_EQ(a.security_group->at(0).port_last, 80);
  EXPECT_EQ(a.security_group->at(1).from, "b");
  EXPECT_EQ(a.security_group->at(1).port_first, 8000);
  EXPECT_EQ(a.security_group->at(1).port_last, 8080);
  EXPECT_EQ(a.security_group->at(2).port_first, 0);
  EXPECT_EQ(a.security_group->at(2).port_last, 65535);
  EXPECT_EQ(a.call_order, Service::CallOrder::parallel);
  ASSERT_EQ(a.calls.size(), 2U);
  EXPECT_EQ(a.calls[0].method, "POST");
  EXPECT_EQ(a.calls[0].timeout, std::optional<Duration>(1s));
  EXPECT_EQ(a.calls[0].request_size, Bytes(2048));
  EXPECT_EQ(a.calls[0].on_error, Call::OnError::status);
  EXPECT_EQ(a.calls[0].error_status, 503);
  EXPECT_EQ(a.calls[1].on_error, Call::OnError::ignore);
}

TEST(Load, ReadsTheKeysOfTheScenarioItself) {
  const Loaded loaded = load_text(R"(hoplab: 1
name: all-of-it
description: every key
seed: 42
duration: 1h
startTime: 2024-02-29T00:00:00Z
envoyProfile: v1.15
mesh: {meshName: apps}
region: eu-central-1
account: "012345678901"
cluster: prod
telemetry: none
network: {latency: 2ms, loopback: 0s, clientLatency: 1ms, bandwidth: 1Gbps, clockOffsetSd: 1ms}
services: {a: {}}
)");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Scenario& scenario = *loaded.scenario;
  EXPECT_EQ(scenario.name, "all-of-it");
  EXPECT_EQ(scenario.description, "every key");
  EXPECT_EQ(scenario.seed, 42U);
  EXPECT_EQ(scenario.duration, 1h);
  EXPECT_EQ(scenario.envoy_profile, "v1.15");
  EXPECT_EQ(scenario.mesh_name, "apps");
  EXPECT_EQ(scenario.account, "012345678901");
  EXPECT_FALSE(scenario.telemetry);
  EXPECT_EQ(scenario.network.bandwidth, BytesPerSecond(125'000'000));
  EXPECT_EQ(scenario.network.clock_offset_sd, 1ms);
}

// --- Load and faults --------------------------------------------------------------------------

TEST(Load, NamesLoadsInTheirOrder) {
  const Loaded loaded = load_text(R"(hoplab: 1
duration: 5m
services: {a: {}}
workload:
  - {rate: 20/s, to: a}
  - {executor: constant-arrival-rate, rate: 90/m, target: {service: a, path: /x}, method: PUT}
  - {executor: constant-vus, vus: 10, thinkTime: 1s, to: a, startTime: 1m, duration: 2m,
     requests: 100, noConnectionReuse: true}
)");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const auto& loads = loaded.scenario->workload;
  ASSERT_EQ(loads.size(), 3U);
  EXPECT_EQ(loads[0].name, "load");
  EXPECT_EQ(loads[0].executor, Load::Executor::poisson);
  EXPECT_EQ(loads[1].name, "load-2");
  EXPECT_EQ(loads[1].executor, Load::Executor::constant_arrival_rate);
  EXPECT_DOUBLE_EQ(loads[1].rate.value(), 1.5);
  EXPECT_EQ(loads[1].path, "/x");
  EXPECT_EQ(loads[2].executor, Load::Executor::constant_vus);
  EXPECT_EQ(loads[2].vus, 10U);
  EXPECT_EQ(loads[2].think_time.mean, 1s);
  EXPECT_EQ(loads[2].start, 1min);
  EXPECT_EQ(loads[2].requests_max, std::optional<std::uint64_t>(100));
  EXPECT_TRUE(loads[2].no_connection_reuse);
}

TEST(Load, NumbersFaultsThatShareAnAction) {
  const Loaded loaded = load_with(R"(faults:
  - {at: 1m, action: "hoplab:ecs:hang", target: b}
  - {at: 2m, for: 10s, actionId: "hoplab:ecs:hang", target: b, count: 1, parameters: {share: 5%}}
  - {name: mine, at: 3m, action: "hoplab:link:latency", target: "a->b",
      parameters: {delay: 5ms}})");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const auto& faults = loaded.scenario->faults;
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_EQ(faults[0].name, "hang");
  EXPECT_FALSE(faults[0].lasts.has_value());
  EXPECT_EQ(faults[1].name, "hang-2");
  EXPECT_EQ(faults[1].lasts, std::optional<Duration>(10s));
  EXPECT_EQ(faults[1].count, std::optional<int>(1));
  EXPECT_EQ(faults[1].parameters.at("share").value, "5%");
  EXPECT_EQ(faults[2].name, "mine");
}

TEST(Load, TakesHostsWithoutANameOfTheirOwnAsTargets) {
  const Loaded loaded =
      load_with("faults: [{at: 1m, action: 'hoplab:ec2:cpu-stress', target: host-b-1}]");
  EXPECT_THAT(loaded.messages(), IsEmpty());
}

// --- Expectations -----------------------------------------------------------------------------

TEST(Load, NamesAnExpectationAfterWhatItSays) {
  const Loaded loaded = load_with(R"(expectations:
  - {thresholds: {a.http_req_failed: "rate<0.001",
      a->b.http_req_duration: ["p(95)<20ms", "avg<9ms"]}}
  - {window: [1m, 2m], accessLog: {container: a.envoy, direction: egress, to: b,
      responseFlags: UF, share: ">0.99"}}
  - {ecs: {service: b, container: app, exitCode: 139, lastStatus: STOPPED, count: 0}}
  - {name: mine, appLog: {container: b.app, contains: handled, count: ">10"}})");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const auto& all = loaded.scenario->expectations;
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].name,
            "a.http_req_failed rate<0.001, a->b.http_req_duration p(95)<20ms, "
            "a->b.http_req_duration avg<9ms");
  EXPECT_EQ(all[1].name, "a.envoy egress to b UF share >0.99");
  EXPECT_EQ(all[1].window, (std::optional<Window>(Window{1min, 2min})));
  EXPECT_EQ(all[2].name, "b app STOPPED exit code 139 count 0");
  EXPECT_EQ(all[3].name, "mine");
}

TEST(Load, LetsAWindowReachIntoTheDraining) {
  EXPECT_THAT(
      load_with("expectations: [{window: [1m, 5m20s], hops: {b.app: \"count>0\"}}]").messages(),
      IsEmpty());
  EXPECT_THAT(
      load_with("expectations: [{window: [1m, 5m21s], hops: {b.app: \"count>0\"}}]").places(),
      ElementsAre("5:30 E0506"));
}

// --- Digest and sources -----------------------------------------------------------------------

TEST(Load, DigestIsXxh3OfTheBytes) {
  // What xxh128sum 0.8.1 prints for these bytes.
  const Loaded loaded = load_text("hoplab: 1\nduration: 5m\nservices: {a: {}}\n");
  ASSERT_TRUE(loaded.scenario);
  EXPECT_EQ(loaded.scenario->digest, "c93fe3a8db969fe03553f9a35450c8ef");
  ASSERT_EQ(loaded.scenario->sources.size(), 1U);
  EXPECT_EQ(loaded.scenario->sources[0].first, "folder/s.yaml");
}

TEST(Load, AMissingFileIsNoMistakeOfTheLanguage) {
  sim::Diagnostics diagnostics;
  EXPECT_THROW((void)load_scenario("no/such/file.yaml", {}, diagnostics), FileError);
  EXPECT_THROW((void)load_scenario("/", {}, diagnostics), FileError);
}

}  // namespace
}  // namespace hoplab::scenarios
