// What `envoy` and a listener's time-out say of the Envoys is what they do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;

using test::run_text;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;

constexpr const char* services = R"(
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: {wait: 1ms}}
network: {latency: 2ms}
workload: [{name: users, executor: constant-vus, vus: 1, requests: 10, thinkTime: 50ms, to: a}]
)";

std::string head(const std::string& more) {
  return "hoplab: 1\nname: limits\nduration: 30s\n" + more + services;
}

sim::Duration slowest(const test::Run& run) {
  sim::Duration slowest{};
  for (const auto& call : run.sink->requests.at("a->b")) slowest = std::max(slowest, call.took);
  return slowest;
}

sim::Duration quickest(const test::Run& run) {
  sim::Duration quickest = sim::Duration::max();
  for (const auto& call : run.sink->requests.at("a->b")) quickest = std::min(quickest, call.took);
  return quickest;
}

TEST(EnvoyLimits, ConnectionsAreKeptUnlessTheScenarioSaysOtherwise) {
  const test::Run run = run_text(head(""));
  // There and back, and the service; only the first calls of each worker connect.
  EXPECT_LT(quickest(run), 6ms);
}

TEST(EnvoyLimits, OneRequestAConnectionIsAConnectForEachRequest) {
  const test::Run run = run_text(head("mesh: {simulate: {maxRequestsPerConnection: 1}}"));
  EXPECT_GT(quickest(run), 9ms);
  EXPECT_LT(slowest(run), 11ms);
}

TEST(EnvoyLimits, AnotherTaskIsWaitedForAsLongAsTheScenarioSays) {
  const std::string fault =
      "faults: [{at: 0s, action: 'hoplab:ec2:revoke-security-group-ingress', target: b, "
      "parameters: {port: 8080}}]\n";
  const std::string profile = "envoyProfile: v1.15\n";
  const test::Run run =
      run_text(head(profile + "mesh: {simulate: {egressConnectTimeout: 300ms}}") + fault);
  EXPECT_GE(quickest(run), 300ms);
  EXPECT_LT(slowest(run), 302ms);
}

TEST(EnvoyLimits, AListenersTimeOutEndsARequestBeforeTheRoutesDoes) {
  const std::string mesh = R"(mesh:
  virtualNodes:
    a:
      spec:
        listeners: [{portMapping: {port: 8080, protocol: http}}]
        serviceDiscovery: {dns: {hostname: a.local}}
        backends: [{virtualService: {virtualServiceName: b.local}}]
    b:
      spec:
        listeners:
          - portMapping: {port: 8080, protocol: http}
            timeout: {http: {perRequest: {unit: s, value: 2}}}
        serviceDiscovery: {dns: {hostname: b.local}}
  virtualServices:
    b.local: {spec: {provider: {virtualNode: {virtualNodeName: b}}}})";
  const std::string fault = "faults: [{at: 0s, action: 'hoplab:ecs:hang', target: b}]\n";
  const test::Run run = run_text(head(mesh) + fault);
  EXPECT_GE(quickest(run), 2s);
  EXPECT_LT(slowest(run), 2020ms);
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), Each(HasSubstr(" 504 UT ")));
  EXPECT_THAT(run.sink->lines_of("a", "envoy"), Contains(HasSubstr(" 504 - ")));
}

}  // namespace
}  // namespace hoplab
