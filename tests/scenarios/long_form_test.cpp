// AWS's words in the scenario itself, and every scenario written out in them.

#include "scenarios/schema/long_form.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenarios/schema/names.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> shipped() {
  std::vector<fs::path> files;
  for (const char* folder : {"scenarios", "examples", "tests/bench"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(HOPLAB_ROOT) / folder)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

// --- Written out -------------------------------------------------------------------------------

TEST(LongForm, OfEveryShippedScenarioReadsBackAsTheSame) {
  for (const fs::path& file : shipped()) {
    const Loaded loaded = load_text(text_of(file), file.string());
    ASSERT_TRUE(loaded.scenario) << file;
    const std::string text = long_form(*loaded.scenario);
    const Loaded again = load_text(text, file.string());
    std::string told;
    for (const auto& it : again.diagnostics.sorted()) told += sim::to_string(it) + "\n";
    ASSERT_TRUE(again.scenario) << file << "\n" << told << text;
    EXPECT_EQ(long_form(*again.scenario), text) << file;
  }
}

/// Every key that the short form has.
constexpr const char* everything = R"(hoplab: 1
name: every.key
description: "all: of it"
seed: 7
duration: 5m
startTime: 2026-01-05T12:00:00.000000007Z
envoyProfile: v1.22
mesh: {meshName: demo}
region: eu-west-1
account: "012345678901"
cluster: main
network: {latency: 2ms, loopback: 70us, clientLatency: 1ms, bandwidth: 8Mbps, clockOffsetSd: 0s,
  links: [{between: [h1, h2], latency: 3ms, jitter: 1us, bandwidth: 1MB/s}]}
hosts: {h1: {instanceType: c5.xlarge, clockOffset: -3ms}, h2: }
telemetry:
  xray:
    default: {fixed_target: 2, rate: 7%}
    rules: [{host: "*.local", fixed_target: 0, rate: 0.3}]
  cloudwatch:
    alarms: [{AlarmName: x, EvaluationPeriods: 1, ComparisonOperator: LessThanThreshold}]
    history:
      - {Namespace: AWS/ECS, MetricName: CPUUtilization, Stat: p99, level: 0.00001, length: 90m,
          Dimensions: [{Name: ServiceName, Value: a}], Unit: Percent, amplitude: 7%, peakHour: 0.1,
          noise: 0.3, missing: 0.1%, weekdayFactors: [1, 1, 1, 1, 2, 0.5, 0.00001],
          hourFactors: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.3]}
      - {Namespace: n, MetricName: m, level: 0}
services:
  a:
    port: 80
    desiredCount: 3
    placement: [h1, h2]
    securityGroup:
      allow: [{from: anywhere, port: 80}, {from: b-v1, port: 8000-8080}, {from: 10.0.0.0/8}]
    cpu: 0.5 vCPU
    memory: 1GiB
    serviceTime:
      cpu: {lognormal: {mean: 7ms, cv: 0.00001}}
      wait: {bimodal: {fast: 1ms, slow: 2s, slowShare: 0.1%}}
    appMemory: 77MB
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
  b-v1: {family: b, serviceTime: {empirical: [1ms, 2ms]}}
  b-v2: {family: b, revision: 2, serviceTime: {pareto: {mean: 1ms, alpha: 1.5}}}
virtualServices: {b: {b-v1: 90, b-v2: 10}}
workload:
  - {to: a, rate: 100/h, rampTo: 7/m, path: /x, method: PUT, startTime: 1s, duration: 1m,
      requests: 9}
  - {to: a, executor: constant-vus, vus: 3, thinkTime: {erlang: {mean: 1s, k: 3}}, abandonAfter: 4s}
  - {to: a, rate: 1/s, profile: diurnal, amplitude: 33%, peakHour: 20.5, weekdayFactors: [1, 1,
      1, 1, 2, 0.5, 0.00001]}
  - {to: a, rate: 1/s, executor: constant-arrival-rate, noConnectionReuse: true}
faults:
  - {at: 1m, for: 1m, action: "hoplab:ec2:revoke-security-group-ingress", target: a, count: 2,
      parameters: {port: 80}}
  - {name: "the other one", at: 2m, action: "hoplab:link:latency", target: "a->b-v1",
      parameters: {delay: 1ms}}
  - {at: 2m, action: "hoplab:ec2:cpu-stress", target: h1}
expectations:
  - {thresholds: {a.http_req_failed: ["rate<0.1", "count<5"], a->b.http_req_duration: "p(95)<1s"}}
  - {window: [1m, 2m], accessLog: {container: a.envoy, direction: egress, to: b,
      responseFlags: UF, code: 503, share: ">0.1", count: ">1", duration: "p(50)>1ms"}}
  - {appLog: {container: a.app, contains: "x: y", stream: stderr, code: 500, count: 0}}
  - {hops: {a.envoy->b-v2.envoy: "p(50)~3ms"}}
  - {ecs: {service: a, container: app, exitCode: 1, reason: x, lastStatus: STOPPED,
      stopCode: UserInitiated, stoppedReason: y, count: 0}}
  - {utilization: {service: a, container: app, cpu: "max<80%", memory: "max<80%"}}
  - {diagnose: {at: 4m, from: a, to: b-v1, verdict: healthy, hop: a.envoy->b-v1.envoy}}
  - {alarm: x, inState: [{OK: [1m, 2m]}]}
)";

TEST(LongForm, LosesNothingThatTheShortFormCanSay) {
  const Loaded loaded = load_text(everything);
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const std::string text = long_form(*loaded.scenario);
  const Loaded again = load_text(text);
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages()) << text;
  EXPECT_EQ(long_form(*again.scenario), text);
  for (const char* fact :
       {"rate: 100/h", "rampTo: 7/m", "slowShare: 0.1%", "cv: \"0.00001\"", "\"-3ms\"",
        "startTime: \"2026-01-05T12:00:00.000000007Z\"", "account: \"012345678901\"", "count: 2",
        "the other one", "weight: 10", "bandwidth: 1000000B/s"}) {
    EXPECT_THAT(text, HasSubstr(fact));
  }
  const Load& load = again.scenario->workload.front();
  EXPECT_EQ(load.rate, loaded.scenario->workload.front().rate);
  EXPECT_EQ(load.ramp_to, loaded.scenario->workload.front().ramp_to);
  EXPECT_EQ(again.scenario->start_time, loaded.scenario->start_time);
}

// --- Written by hand ---------------------------------------------------------------------------

Loaded talk() {
  const fs::path file = fs::path(HOPLAB_ROOT) / "scenarios/talk_long_form.yaml";
  return load_text(text_of(file), file.string());
}

/// The talk's long form with one piece of text in another's place.
Loaded talk_with(const std::string& piece, const std::string& other) {
  const fs::path file = fs::path(HOPLAB_ROOT) / "scenarios/talk_long_form.yaml";
  std::string text = text_of(file);
  const auto at = text.find(piece);
  if (at == std::string::npos) ADD_FAILURE() << "no " << piece;
  text.replace(at, piece.size(), other);
  return load_text(text, "s.yaml");
}

TEST(LongForm, IsReadInTheWordsOfAws) {
  const Loaded loaded = talk();
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const Scenario& scenario = *loaded.scenario;
  const Names names(scenario);
  const Service& a = *names.service("a");
  const Service& b = *names.service("b");
  EXPECT_EQ(a.task_definition, "a:1");
  EXPECT_EQ(a.virtual_node, "a-vn");
  EXPECT_EQ(a.calls.at(0).to, "b");
  EXPECT_EQ(a.calls.at(0).timeout, std::optional<Duration>(15'000ms));
  EXPECT_EQ(b.service_cpu.kind, Distribution::Kind::normal);
  EXPECT_EQ(b.envoy.service_time, 300us);
  EXPECT_THAT(b.security_groups, ElementsAre("sg-b"));
  EXPECT_THAT(b.placement, ElementsAre("ec2-2"));
  EXPECT_EQ(scenario.network.loopback, 200us);
  EXPECT_EQ(scenario.links.at(0).jitter, 100us);
  ASSERT_EQ(scenario.virtual_services.size(), 1U);
  EXPECT_EQ(scenario.virtual_services[0].name, "b");
  EXPECT_EQ(scenario.virtual_services[0].hostname, "b.local");
  EXPECT_THAT(names.hops(), Contains("a.envoy->b.envoy"));
  ASSERT_EQ(scenario.faults.size(), 2U);
  EXPECT_EQ(scenario.faults[1].action, "aws:ecs:task-network-latency");
  EXPECT_EQ(scenario.faults[0].name, "lose-port");
  EXPECT_EQ(scenario.faults[0].target, "b");
  EXPECT_EQ(scenario.faults[0].lasts, std::optional<Duration>(2min));
  EXPECT_EQ(scenario.sampling.rate, Ratio(1));
}

TEST(LongForm, SimulatesAllOfTheTalkAndSaysWhatAwsWouldRefuse) {
  const Loaded loaded = talk();
  ASSERT_TRUE(loaded.scenario);
  EXPECT_TRUE(loaded.scenario->not_simulated.empty());
  EXPECT_THAT(loaded.messages(), Contains(HasSubstr("refused in AWS: a virtual node with a "
                                                    "listener without \"serviceDiscovery\"")));
}

TEST(LongForm, KeepsADeployableTaskDefinition) {
  const Loaded loaded = talk();
  ASSERT_TRUE(loaded.scenario);
  const TaskDefinition& a = loaded.scenario->artefacts.task_definitions.at(0);
  EXPECT_THAT(a.json, Not(HasSubstr("simulate")));
  EXPECT_THAT(a.json, HasSubstr(R"("cpu":"1024")"));
  EXPECT_THAT(a.json, HasSubstr(R"("portMappings":[{"containerPort":8080}])"));
}

// --- Mistakes ----------------------------------------------------------------------------------

TEST(LongForm, UnknownKeysAreMistakesHereAndKnownOnesAreNoted) {
  EXPECT_THAT(talk_with("networkMode: awsvpc", "networkMod: awsvpc").messages(),
              Contains(HasSubstr("a has no key 'networkMod' | did you mean 'networkMode'?")));
  EXPECT_THAT(talk_with("image: \"a:1\",", "image: \"a:1\", helthCheck: {},").messages(),
              Contains(HasSubstr("did you mean 'healthCheck'?")));
  const Loaded noted = talk_with("image: \"a:1\",", "image: \"a:1\", ulimits: [],");
  ASSERT_TRUE(noted.scenario);
  EXPECT_THAT(noted.scenario->artefacts.accepted_not_simulated,
              Contains(HasSubstr("containerDefinitions[].ulimits")));
  EXPECT_THAT(talk_with("ipProtocol: tcp", "ipProtocl: tcp").messages(),
              Contains(HasSubstr("did you mean 'ipProtocol'?")));
  EXPECT_THAT(talk_with("fromPort: 8080", "fromPort: 8081").messages(),
              Contains(HasSubstr("toPort is below fromPort")));
}

TEST(LongForm, WhatIsSimulatedStandsOnce) {
  EXPECT_THAT(talk_with("desiredCount: 1, placement: ec2-1",
                        "simulate: {app: {calls: []}}, placement: ec2-1")
                  .messages(),
              Contains(HasSubstr("the task definition says 'calls' of container 'app' too")));
  EXPECT_THAT(talk_with("desiredCount: 1, placement: ec2-2", "serviceTime: 1ms, placement: ec2-2")
                  .messages(),
              Contains(HasSubstr("'simulate' of 'app' says 'serviceTime' too")));
  EXPECT_THAT(
      talk_with("desiredCount: 1, placement: ec2-1",
                "simulate: {xray-daemon: {workers: 1}}, placement: ec2-1")
          .messages(),
      Contains(HasSubstr("nothing of container 'xray-daemon' of service 'a' is simulated")));
  EXPECT_THAT(talk_with("kind: envoy", "kind: app").messages(),
              Contains(HasSubstr("'app' is not known here")));
}

TEST(LongForm, TheMeshMustFitTheServices) {
  EXPECT_THAT(talk_with("virtualNode: b-vn}", "virtualNode: c-vn}").messages(),
              Contains(HasSubstr("no virtual node 'c-vn' for service 'b'")));
  EXPECT_THAT(talk_with("virtualNodeName: b-vn", "virtualNodeName: c-vn").messages(),
              Contains(HasSubstr("no service is virtual node 'c-vn'")));
  EXPECT_THAT(talk_with("port: 8080, protocol: http}}], serviceDiscovery",
                        "port: 8081, protocol: http}}], serviceDiscovery")
                  .messages(),
              Contains(HasSubstr("listens on port 8081, the app of service 'b' on 8080")));
  EXPECT_THAT(talk_with("virtualServiceName: b.local", "virtualServiceName: c.local").messages(),
              Contains(HasSubstr("'b.local' is no backend of virtual node 'a-vn'")));
  EXPECT_THAT(talk_with("{virtualNode: {virtualNodeName: b-vn}}", "{}").messages(),
              Contains(HasSubstr("virtual service 'b.local' has no provider")));
  EXPECT_THAT(
      talk_with("{virtualNode: {virtualNodeName: b-vn}}", "{virtualRouter: {virtualRouterName: r}}")
          .messages(),
      Contains(HasSubstr("there is no virtual router 'r'")));
}

TEST(LongForm, RoutersShareRequestsOut) {
  const Loaded loaded =
      talk_with("    b.local: {spec: {provider: {virtualNode: {virtualNodeName: b-vn}}}}\n",
                "    b.local: {spec: {provider: {virtualRouter: {virtualRouterName: r}}}}\n"
                "  virtualRouters:\n"
                "    r:\n"
                "      spec: {listeners: [{portMapping: {port: 8080, protocol: http}}]}\n"
                "      routes:\n"
                "        all:\n"
                "          spec:\n"
                "            httpRoute:\n"
                "              match: {prefix: /user}\n"
                "              action: {weightedTargets: [{virtualNode: b-vn, weight: 3}]}\n"
                "              timeout: {perRequest: {unit: s, value: 2}}\n"
                "              retryPolicy: {maxRetries: 1, httpRetryEvents: [gateway-error],\n"
                "                perRetryTimeout: {unit: s, value: 15}}\n");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const VirtualService& b = loaded.scenario->virtual_services.at(0);
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.router, "r");
  const Route& route = b.routes.at(0);
  EXPECT_EQ(route.prefix, "/user");
  EXPECT_EQ(route.targets.at(0).service, "b");
  EXPECT_EQ(route.request_timeout, std::optional<Duration>(2'000ms));
  EXPECT_THAT(route.retry.value().status_codes, ElementsAre(502, 503, 504));
  EXPECT_TRUE(route.retry->on_reset);
  EXPECT_FALSE(route.retry->on_connect_failure);
}

TEST(Experiment, HasTargetsAndAnOrder) {
  const Loaded loaded = load_text(R"(hoplab: 1
duration: 10m
services: {a: {calls: [{to: b}]}, b: {desiredCount: 4}}
experiment:
  targets:
    some: {resourceType: "aws:ecs:task", parameters: {service: b}, selectionMode: PERCENT(50)}
  actions:
    later: {actionId: "hoplab:ecs:hang", startAfter: [first, pause], targets: {Tasks: some}}
    pause: {actionId: "aws:fis:wait", parameters: {duration: PT3M}}
    first: {actionId: "hoplab:ecs:hang", at: 1m, for: 1m, target: b}
    stop: {actionId: "aws:ecs:stop-task", targets: {Tasks: some}}
  stopConditions: [{source: none}]
)");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const auto& faults = loaded.scenario->faults;
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_EQ(faults[0].at, 3min);
  EXPECT_EQ(faults[0].selection.value().number, 50);
  EXPECT_EQ(faults[1].lasts, std::optional<Duration>(1min));
  EXPECT_EQ(faults[2].at, 0ms);
}

TEST(Experiment, MistakesAreTold) {
  const auto message = [](const char* actions) {
    return load_with(
               fmt::format("experiment:\n  targets: {{b: {{resourceType: \"aws:ecs:task\", "
                           "parameters: {{service: b}}, selectionMode: ALL}}}}\n  actions: {{{}}}",
                           actions))
        .only_message();
  };
  EXPECT_THAT(message("x: {actionId: 'hoplab:ecs:hang', targets: {Tasks: c}}"),
              HasSubstr("there is no target 'c'"));
  EXPECT_THAT(message("x: {actionId: 'hoplab:ecs:hang', startAfter: [y], targets: {Tasks: b}}"),
              HasSubstr("there is no action 'y'"));
  EXPECT_THAT(message("x: {actionId: 'hoplab:ecs:hang', startAfter: [x], targets: {Tasks: b}}"),
              HasSubstr("waits for itself"));
  EXPECT_THAT(message("x: {actionId: 'hoplab:ecs:hang', targets: {Tasks: b}}, y: {actionId: "
                      "'hoplab:ecs:hang', startAfter: [x], targets: {Tasks: b}}"),
              HasSubstr("never ends"));
  EXPECT_THAT(message("x: {actionId: 'aws:ecs:task-io-stress', targets: {Tasks: b}}"),
              HasSubstr("not simulated yet"));
  EXPECT_THAT(message("x: {actionId: 'aws:ecs:task-oi-stress', targets: {Tasks: b}}"),
              HasSubstr("no fault action"));
  EXPECT_THAT(message("x: {actionId: 'hoplab:ec2:revoke-security-group-ingress', parameters: "
                      "{groupId: sg-x, port: '8080'}}"),
              HasSubstr("'sg-x' is not the one group of any service"));
}

TEST(Infrastructure, MistakesAreTold) {
  const auto message = [](const char* infrastructure) {
    return load_with(fmt::format("infrastructure: {{{}}}", infrastructure)).only_message();
  };
  EXPECT_THAT(message("vpc: {cidrBlock: 10.0.0.0}"), HasSubstr("not an IPv4 block"));
  EXPECT_THAT(message("containerInstances: {h: {subnet: x}}"), HasSubstr("there is no subnet 'x'"));
  EXPECT_THAT(message("subnets: {s: {}}"), HasSubstr("needs 'cidrBlock'"));
  EXPECT_THAT(load_text("hoplab: 1\nduration: 1m\n"
                        "infrastructure: {subnets: {s: {cidrBlock: 10.0.0.0/28}}, "
                        "containerInstances: {h: {subnet: s}}}\n"
                        "services: {a: {desiredCount: 12, placement: h}}\n")
                  .only_message(),
              HasSubstr("subnet 's' has no addresses for 12 tasks"));
  EXPECT_THAT(message("links: [{loopback: a, latency: 1ms}]"), HasSubstr("'a' is not known here"));
  EXPECT_THAT(message("securityGroups: {g: {ipPermissions: [{ipProtocol: '-1', userIdGroupPairs: "
                      "[{groupId: x}]}]}}"),
              HasSubstr("there is no security group 'x'"));
}

}  // namespace
}  // namespace hoplab::scenarios
