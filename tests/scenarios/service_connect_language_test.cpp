// What a scenario may say of ECS Service Connect, and what it may not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/schema/long_form.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Loaded with(const std::string& services, const std::string& mesh = "{kind: serviceConnect}",
            const std::string& more = "") {
  return load_text("hoplab: 1\nname: s\nduration: 5m\nmesh: " + mesh + "\nservices:\n" + services +
                   more);
}

const Service& service(const Loaded& loaded, std::size_t index) {
  return loaded.scenario->services[index];
}

TEST(ServiceConnect, NeedsOneWord) {
  const Loaded loaded = with("  a: {calls: [{to: b}]}\n  b:\n");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  EXPECT_TRUE(loaded.scenario->is_service_connect());
  EXPECT_EQ(service(loaded, 1).hostname, "b.local");
  EXPECT_EQ(service(loaded, 1).connect.discovery_name, "b");
  EXPECT_EQ(service(loaded, 1).connect.port_name, "b");
  // The developer guide: five failures within 30 s, then left out for 30 s or longer.
  ASSERT_TRUE(service(loaded, 1).node.outlier_detection);
  EXPECT_EQ(service(loaded, 1).node.outlier_detection->max_server_errors, 5U);
  EXPECT_EQ(service(loaded, 1).node.outlier_detection->interval, 30s);
  EXPECT_EQ(service(loaded, 1).node.outlier_detection->base_ejection, 30s);
  EXPECT_EQ(loaded.scenario->envoy.retry_attempts, 2U);
  EXPECT_THAT(loaded.messages(), IsEmpty());
}

TEST(ServiceConnect, TakesWhatCreateServiceTakes) {
  const Loaded loaded = with(R"(  a: {calls: [{to: orders.shop}]}
  b:
    port: 9090
    serviceConnectConfiguration:
      enabled: true
      namespace: shop
      services:
        - portName: http
          discoveryName: orders
          clientAliases: [{port: 80, dnsName: orders.shop}]
          timeout: {idleTimeoutSeconds: 60, perRequestTimeoutSeconds: 0}
      logConfiguration: {logDriver: awslogs, options: {awslogs-group: proxies}}
      accessLogConfiguration: {format: JSON, includeQueryParameters: ENABLED}
)",
                             "{kind: serviceConnect, namespace: shop}");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const Service& b = service(loaded, 1);
  EXPECT_EQ(b.hostname, "orders.shop");
  EXPECT_EQ(loaded.scenario->virtual_services[1].port, 80);
  EXPECT_EQ(b.port, 9090);
  EXPECT_EQ(b.node.idle_timeout, std::optional<Duration>(60s));
  EXPECT_EQ(b.node.request_timeout, std::optional<Duration>(0s));
  EXPECT_FALSE(b.node.access_log->json.empty());
  EXPECT_FALSE(b.node.access_log->omits_query);
  EXPECT_EQ(b.connect.log->options.at("awslogs-group"), "proxies");
}

TEST(ServiceConnect, HasALongFormThatSaysTheSame) {
  const Loaded loaded = with(
      "  a: {calls: [{to: b, path: \"/x?y=1\"}], envoy: {workers: 3}}\n"
      "  b: {serviceConnectConfiguration: {services: [{portName: http, timeout: "
      "{perRequestTimeoutSeconds: 3}}], accessLogConfiguration: {format: JSON}}}\n"
      "  c: {serviceConnectConfiguration: {services: [], accessLogConfiguration: none}}\n",
      "{kind: serviceConnect, namespace: demo, simulate: {retryAttempts: 1}}");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const std::string text = long_form(*loaded.scenario);
  EXPECT_THAT(text, AllOf(HasSubstr("kind: serviceConnect"), HasSubstr("portName: http"),
                          HasSubstr("perRequestTimeoutSeconds: 3"), Not(HasSubstr("virtualNode"))));
  const Loaded again = load_text(text);
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages());
  EXPECT_EQ(long_form(*again.scenario), text);
  EXPECT_EQ(service(again, 0).envoy.workers, 3U);
  EXPECT_FALSE(service(again, 2).connect.is_endpoint);
  EXPECT_FALSE(service(again, 2).node.access_log->is_output());
}

TEST(ServiceConnect, KeysOfAppMeshAreMistakesAndTellWhatToWrite) {
  EXPECT_THAT(with("  a:\n", "{kind: serviceConnect, egressFilter: DROP_ALL}").only_message(),
              AllOf(HasSubstr("'egressFilter' does not go with kind: serviceConnect"),
                    HasSubstr("serviceConnectConfiguration")));
  EXPECT_THAT(with("  a: {listener: {requestTimeout: 3s}}\n").only_message(),
              HasSubstr("'listener' does not go with mesh: {kind: serviceConnect}"));
  EXPECT_THAT(with("  a: {virtualNode: a}\n").only_message(),
              HasSubstr("'virtualNode' does not go with"));
  EXPECT_THAT(with("  a: {calls: [{to: c}]}\n  b:\n", "{kind: serviceConnect}",
                   "virtualServices: {c: {b: 1}}\n")
                  .only_message(),
              HasSubstr("'virtualServices' does not go with mesh: {kind: serviceConnect}"));
  EXPECT_THAT(with("  a:\n", "{kind: serviceConnect, simulate: {retryProfile: none}}").messages(),
              Contains(HasSubstr("retryProfile")));
}

TEST(ServiceConnect, HasNoWeightsToChange) {
  EXPECT_THAT(with("  a: {calls: [{to: b}]}\n  b:\n", "{kind: serviceConnect}",
                   "faults: [{at: 1m, action: \"hoplab:appmesh:update-route\", parameters: "
                   "{virtualService: b, weights: \"b=1\"}}]\n")
                  .messages(),
              Contains(HasSubstr("'hoplab:appmesh:update-route' does not go with")));
}

TEST(ServiceConnect, ItsKeysAreMistakesInAppMesh) {
  EXPECT_THAT(with("  a:\n", "{namespace: demo}").only_message(),
              AllOf(HasSubstr("'namespace' does not go with App Mesh"),
                    HasSubstr("write kind: serviceConnect")));
  EXPECT_THAT(with("  a: {serviceConnectConfiguration: {}}\n", "{kind: appMesh}").only_message(),
              HasSubstr("'serviceConnectConfiguration' does not go with App Mesh"));
  EXPECT_THAT(with("  a: {serviceConnectConfiguration: {}}\n", "none").only_message(),
              HasSubstr("does not go with mesh: none"));
  EXPECT_THAT(with("  a:\n", "{kind: istio}").only_message(), HasSubstr("istio"));
}

TEST(ServiceConnect, NamesAreOneServicesOwn) {
  EXPECT_THAT(with("  a: {serviceConnectConfiguration: {services: [{discoveryName: x}]}}\n"
                   "  b: {serviceConnectConfiguration: {services: [{discoveryName: x}]}}\n")
                  .messages(),
              Contains(HasSubstr("services 'a' and 'b' have one discoveryName, 'x'")));
  EXPECT_THAT(with("  a: {serviceConnectConfiguration: {namespace: other}}\n").only_message(),
              HasSubstr("namespace 'other' is not the mesh's, 'local'"));
  EXPECT_THAT(with("  a: {serviceConnectConfiguration: {services: [{discoveryName: A_b}]}}\n")
                  .only_message(),
              HasSubstr("'A_b' is no discovery name"));
  EXPECT_THAT(with("  a: {serviceConnectConfiguration: {enabled: false}}\n").only_message(),
              HasSubstr("'enabled: false' does not go with"));
}

TEST(ServiceConnect, NobodyFindsAServiceWithoutAnEndpoint) {
  EXPECT_THAT(with("  a: {calls: [{to: b}]}\n"
                   "  b: {serviceConnectConfiguration: {services: []}}\n")
                  .only_message(),
              HasSubstr("there is no service 'b'"));
}

TEST(ServiceConnect, WhatIsNotSimulatedIsTold) {
  EXPECT_THAT(with("  a: {serviceConnectConfiguration: {services: [{portName: a, "
                   "ingressPortOverride: 15000, clientAliases: [{port: 80}, {port: 81}]}]}}\n")
                  .messages(),
              ElementsAre(HasSubstr("ingressPortOverride"), HasSubstr("a second client alias")));
}

TEST(ServiceConnect, ItsProxyGoesByEnvoyWhereverContainersAreNamed) {
  const std::string services = "  a: {calls: [{to: b}]}\n  b:\n";
  const std::string load = "workload: [{rate: 1/s, to: a}]\n";
  const Loaded loaded =
      with(services, "{kind: serviceConnect}",
           load +
               "faults: [{at: 1s, action: \"hoplab:ecs:container-exit\", target: b, "
               "parameters: {container: envoy, exitCode: 139}}]\n"
               "expectations: [{accessLog: {container: a.envoy, code: 200, count: \">0\"}}]\n");
  ASSERT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  const std::string name = loaded.scenario->faults[0].parameters.at("container").value;
  EXPECT_THAT(name, testing::MatchesRegex("ecs-service-connect-[a-z0-9]{5}"));
  EXPECT_THAT(loaded.scenario->expectations[0].container, HasSubstr("a.ecs-service-connect-"));
}

TEST(ServiceConnect, FlagsCannotBeAskedOfALogThatHasNone) {
  const std::string expectation =
      "workload: [{rate: 1/s, to: a}]\n"
      "expectations: [{accessLog: {container: a.envoy, responseFlags: UF, count: \">0\"}}]\n";
  EXPECT_THAT(with("  a:\n", "{kind: serviceConnect}", expectation).only_message(),
              HasSubstr("the access log of 'a' has no response flags"));
  // Whoever knows that theirs has them says so.
  const std::string format =
      "{kind: serviceConnect, simulate: {accessLogFormat: \"%RESPONSE_FLAGS%\\n\"}}";
  EXPECT_THAT(with("  a:\n", format, expectation).messages(), IsEmpty());
}

TEST(ServiceConnect, WantsANameForThePortOfATaskDefinition) {
  const auto definition = [](const std::string& mapping) {
    return "taskDefinitions:\n  a: {family: a, containerDefinitions: [{name: app, image: a, "
           "portMappings: [" +
           mapping + "]}], networkMode: awsvpc, cpu: \"256\", memory: \"512\"}\n";
  };
  const std::string services = "  a: {taskDefinition: a}\n";
  EXPECT_THAT(
      with(services, "{kind: serviceConnect}", definition("{containerPort: 8080}")).only_message(),
      HasSubstr("has no name"));
  const Loaded named = with(services, "{kind: serviceConnect}",
                            definition("{containerPort: 8080, name: web, appProtocol: http}"));
  ASSERT_TRUE(named.scenario) << testing::PrintToString(named.messages());
  EXPECT_EQ(service(named, 0).connect.discovery_name, "web");
}

}  // namespace
}  // namespace hoplab::scenarios
