// What a scenario may say of its mesh: listeners, routes, backends, and Envoys' own ways.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/schema/long_form.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded with(const std::string& services, const std::string& more = "") {
  return load_text("hoplab: 1\nname: s\nduration: 5m\nservices:\n" + services + more);
}

/// A router in front of b and c whose route has these conditions.
Loaded routed(const std::string& match, const std::string& rest = "") {
  return with("  a: {calls: [{to: b.local}]}\n  b:\n",
              "mesh:\n  virtualServices:\n"
              "    b.local: {spec: {provider: {virtualRouter: {virtualRouterName: r}}}}\n"
              "  virtualRouters:\n    r:\n      routes:\n        one:\n          spec:\n"
              "            httpRoute:\n"
              "              match: " +
                  match +
                  "\n"
                  "              action: {weightedTargets: [{virtualNode: b, weight: 1}]}\n" +
                  rest);
}

TEST(Listener, SaysWhatAppMeshTakes) {
  const Loaded loaded = with(R"(  a: {calls: [{to: b}]}
  b:
    listener:
      requestTimeout: 20s
      idleTimeout: 0s
      outlierDetection:
        {maxServerErrors: 3, interval: 5s, baseEjectionDuration: 7s, maxEjectionPercent: 50}
      connectionPool: {maxConnections: 10, maxPendingRequests: 5}
      healthCheck: {path: /ping, interval: 5s, timeout: 2s, unhealthyThreshold: 3}
)");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const VirtualNodeSettings& node = loaded.scenario->services[1].node;
  EXPECT_EQ(node.request_timeout, std::optional<Duration>(20s));
  EXPECT_EQ(node.idle_timeout, std::optional<Duration>(0s));
  EXPECT_EQ(node.outlier_detection->max_server_errors, 3U);
  EXPECT_EQ(node.outlier_detection->base_ejection, 7s);
  EXPECT_EQ(node.connection_pool->max_pending_requests, std::optional<std::uint32_t>(5));
  EXPECT_EQ(node.health_check->unhealthy_threshold, 3U);
  EXPECT_FALSE(node.listener_port);
}

TEST(Listener, MistakesAreTold) {
  EXPECT_THAT(with("  a: {listener: {healthCheck: {interval: 1s}}}\n").only_message(),
              HasSubstr("5s to 5m"));
  EXPECT_THAT(with("  a: {listener: {connectionPool: {}}}\n").only_message(),
              HasSubstr("maxConnections"));
  EXPECT_THAT(with("  a: {listener: {outlierDetection: {maxErrors: 5}}}\n").only_message(),
              HasSubstr("maxErrors"));
  EXPECT_THAT(with("  a: {listener: {}}\n", "mesh: none\n").only_message(),
              HasSubstr("'listener' does not go with mesh: none"));
}

TEST(Listener, AllOfItIsWrittenOutInTheLongFormAndReadBack) {
  const Loaded loaded = with(R"(  a: {calls: [{to: b, headers: {X-Canary: "yes"}}], backends: [b]}
  b:
    listener:
      port: 9090
      requestTimeout: 20s
      idleTimeout: 60s
      outlierDetection:
        {maxServerErrors: 3, interval: 5s, baseEjectionDuration: 7s, maxEjectionPercent: 50}
      connectionPool: {maxConnections: 10}
      healthCheck: {path: /ping, interval: 5s, timeout: 2s}
)",
                             R"(mesh:
  egressFilter: ALLOW_ALL
  simulate:
    retryProfile: 2020-07
    endpointRemoval: sticky
    loadBalancing: leastRequest
    panicThreshold: 30
    egressConnectTimeout: 2s
    ingressConnectTimeout: 1s
    connectionIdleTimeout: 5m
workload: [{rate: 1/s, to: a, headers: {x-tenant: "7"}}]
)");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const std::string text = long_form(*loaded.scenario);
  const Loaded again = load_text(text);
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages()) << text;
  EXPECT_EQ(long_form(*again.scenario), text);
  const Service& b = again.scenario->services[1];
  EXPECT_EQ(b.node.listener_port, std::optional<std::uint16_t>(9090));
  EXPECT_EQ(b.node.idle_timeout, std::optional<Duration>(60s));
  EXPECT_EQ(b.node.outlier_detection->max_ejection_percent, 50U);
  EXPECT_EQ(b.node.connection_pool->max_connections, 10U);
  EXPECT_EQ(b.node.health_check->timeout, 2s);
  const EnvoyBehaviour& envoy = again.scenario->envoy;
  EXPECT_EQ(envoy.retry_profile, std::optional(RetryProfile::of_2020));
  EXPECT_EQ(envoy.endpoint_removal, EndpointRemoval::sticky);
  EXPECT_EQ(envoy.load_balancing, LoadBalancing::least_request);
  EXPECT_EQ(envoy.panic_threshold, 30U);
  EXPECT_EQ(envoy.connection_idle_timeout, 5min);
  EXPECT_EQ(again.scenario->egress_filter, EgressFilter::allow_all);
  EXPECT_EQ(again.scenario->services[0].calls[0].headers.at(0).name, "x-canary");
  EXPECT_EQ(again.scenario->workload[0].headers.at(0).value, "7");
}

TEST(Listener, OnAnotherPortThanItsAppIsAWarning) {
  const Loaded loaded = with("  b: {virtualNode: b-vn}\n",
                             "mesh:\n  virtualNodes:\n"
                             "    b-vn: {spec: {listeners: [{portMapping: {port: 9090, protocol: "
                             "http}}], serviceDiscovery: {dns: {hostname: b.local}}}}\n");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  EXPECT_THAT(loaded.only_message(), HasSubstr("listens on port 9090, the app of service"));
  EXPECT_EQ(loaded.scenario->services[0].node.listener_port, std::optional<std::uint16_t>(9090));
}

TEST(Backends, ACallPastThemIsAWarningThatSaysWhatBecomesOfIt) {
  const std::string services = "  a: {calls: [{to: b}], backends: []}\n  b:\n";
  const Loaded refused = with(services);
  ASSERT_TRUE(refused.scenario);
  EXPECT_THAT(refused.only_message(), HasSubstr("refuses the call (egressFilter DROP_ALL)"));
  EXPECT_THAT(with(services, "mesh: {egressFilter: ALLOW_ALL}\n").only_message(),
              HasSubstr("lets the call pass"));
  EXPECT_THAT(with("  a: {calls: [{to: b}], backends: [b]}\n  b:\n").messages(), IsEmpty());
}

TEST(RouteMatch, TakesPathsMethodsHeadersAndQueryParameters) {
  const Loaded loaded =
      routed(R"({path: {regex: "/user/[0-9]+"}, method: GET, )"
             R"(headers: [{name: X-Canary, match: {exact: "yes"}}, {name: x-tenant, invert: true, )"
             R"(match: {range: {start: 1, end: 9}}}, {name: x-any}], )"
             R"(queryParameters: [{name: v, match: {exact: "2"}}]})");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const Route& route = loaded.scenario->virtual_services.at(0).routes.at(0);
  EXPECT_EQ(route.path_regex, "/user/[0-9]+");
  EXPECT_EQ(route.method, "GET");
  ASSERT_EQ(route.headers.size(), 3U);
  EXPECT_EQ(route.headers[0].name, "x-canary");
  EXPECT_EQ(route.headers[1].range_end, 9);
  EXPECT_TRUE(route.headers[1].is_inverted);
  EXPECT_EQ(route.headers[2].kind, HeaderMatch::Kind::present);
  EXPECT_EQ(route.query_parameters.at(0).value, "2");
  const std::string text = long_form(*loaded.scenario);
  const Loaded again = load_text(text);
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages()) << text;
  EXPECT_EQ(long_form(*again.scenario), text);
}

TEST(RouteMatch, APatternThatEnvoyWouldRefuseIsAnError) {
  EXPECT_THAT(routed(R"({path: {regex: "/user/("}})").messages(),
              Contains(HasSubstr("no regular expression")));
}

}  // namespace
}  // namespace hoplab::scenarios
