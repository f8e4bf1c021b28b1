// What a scenario and a task definition say to ECS, and what is wrong with it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/schema/long_form.hpp"
#include "scenarios/schema/timings.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(EcsLanguage, AServiceSaysHowItIsDeployedAndWatched) {
  const Loaded loaded = load_service(
      "{deploymentConfiguration: {minimumHealthyPercent: 50, maximumPercent: 150, "
      "deploymentCircuitBreaker: {enable: true, rollback: true, threshold: 3}}, "
      "healthCheck: {interval: 10s, timeout: 2s, retries: 5, startPeriod: 1m}, "
      "healthCheckGracePeriod: 2m, startup: 3s, onSigterm: drain, "
      "placementStrategy: [{type: binpack, field: cpu}, {type: spread}]}");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Service& service = loaded.scenario->services.front();
  EXPECT_EQ(service.deployment.minimum_healthy_percent, 50U);
  EXPECT_EQ(service.deployment.maximum_percent, 150U);
  EXPECT_TRUE(service.deployment.circuit_breaker.rolls_back);
  EXPECT_EQ(service.deployment.circuit_breaker.threshold, 3U);
  ASSERT_TRUE(service.health_check);
  EXPECT_EQ(service.health_check->interval, 10s);
  EXPECT_EQ(service.health_check->retries, 5U);
  EXPECT_EQ(service.health_check->start_period, 60s);
  EXPECT_EQ(service.health_check_grace, 2min);
  EXPECT_EQ(service.startup.mean, 3s);
  EXPECT_EQ(service.on_sigterm, OnSigterm::drains);
  ASSERT_THAT(service.placement_strategy, SizeIs(2));
  EXPECT_EQ(service.placement_strategy[0].field, "cpu");
  EXPECT_EQ(service.placement_strategy[1].field, "attribute:ecs.availability-zone");
}

TEST(EcsLanguage, TheHealthCheckStandsInTheBuiltInTaskDefinition) {
  const Loaded loaded = load_service("{port: 9000, healthCheck: {}}");
  ASSERT_TRUE(loaded.scenario);
  const TaskDefinition& definition = loaded.scenario->artefacts.task_definitions.front();
  ASSERT_TRUE(definition.containers.front().health_check);
  EXPECT_THAT(definition.containers.front().health_check->command,
              ElementsAre("CMD-SHELL", "curl -f http://localhost:9000/ || exit 1"));
  EXPECT_THAT(definition.json, HasSubstr(R"("interval":30)"));
}

TEST(EcsLanguage, TimesAreDistributionsAndTheRestStaysAsAssumed) {
  const Loaded loaded = load_with(
      "start: cold\necs: {provisioning: 4s, pull: {exponential: {mean: 1m}}}\n"
      "controlPlane: {endpoints: 25s, dnsTtl: 60s, dnsNegativeTtl: 0s}");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  EXPECT_TRUE(loaded.scenario->starts_cold);
  EXPECT_EQ(loaded.scenario->ecs.provisioning.mean, 4s);
  EXPECT_EQ(loaded.scenario->ecs.pull.kind, Distribution::Kind::exponential);
  EXPECT_EQ(loaded.scenario->ecs.activating.mean, default_ecs_timings().activating.mean);
  EXPECT_EQ(loaded.scenario->control_plane.endpoints.mean, 25s);
  EXPECT_EQ(loaded.scenario->control_plane.dns_ttl, 60s);
  EXPECT_EQ(loaded.scenario->control_plane.dns_negative_ttl, 0s);
}

TEST(EcsLanguage, TheLongFormSaysAllOfIt) {
  const Loaded loaded = load_service(
      "{onSigterm: die, startup: 2s, deploymentConfiguration: {maximumPercent: 125}, "
      "placementStrategy: [{type: random}]}");
  ASSERT_TRUE(loaded.scenario);
  const std::string text = long_form(*loaded.scenario);
  for (const char* part : {"onSigterm: die", "maximumPercent: 125", "type: random", "start: warm",
                           "dnsNegativeTtl:", "pullCached:"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  const Loaded again = load_text(text);
  EXPECT_THAT(again.messages(), IsEmpty());
  ASSERT_TRUE(again.scenario);
  EXPECT_EQ(long_form(*again.scenario), text);
}

TEST(EcsMistakes, BoundsAreThoseOfTheApi) {
  EXPECT_THAT(load_service("{healthCheck: {interval: 4s}}").only_message(),
              HasSubstr("whole seconds from 5s to 5m"));
  EXPECT_THAT(load_service("{healthCheck: {timeout: 2500ms}}").only_message(),
              HasSubstr("whole seconds from 2s to 1m"));
  EXPECT_THAT(load_service("{healthCheck: {retries: 11}}").places(), ElementsAre("3:39 E0212"));
  EXPECT_THAT(load_service("{deploymentConfiguration: {maximumPercent: 50}}").only_message(),
              HasSubstr("out of range"));
  EXPECT_THAT(load_service("{onSigterm: ignor}").only_message(), HasSubstr("ignore"));
  EXPECT_THAT(load_service("{placementStrategy: [{field: cpu}]}").only_message(),
              HasSubstr("write {type: spread}, binpack or random"));
  EXPECT_THAT(load_service("{placementStrategy: [{type: binpack, field: instanceId}]}").messages(),
              SizeIs(1));
}

TEST(EcsMistakes, ADeploymentBringsWhatIsThere) {
  const auto deploy = [](const std::string& version) {
    return load_with(
        "faults: [{at: 1m, action: \"hoplab:ecs:update-service\", target: b, "
        "parameters: {taskDefinition: " +
        version + "}}]");
  };
  EXPECT_THAT(deploy("a").messages(), IsEmpty());
  EXPECT_THAT(deploy("\"b:1\"").messages(), IsEmpty());
  EXPECT_THAT(deploy("b-v2").only_message(),
              HasSubstr("there is no service and no task definition 'b-v2' to deploy"));
}

TEST(EcsMistakes, ARouteIsGivenWeightsOfWhatIsBehindIt) {
  const auto route = [](const std::string& weights) {
    return load_with(
        "faults: [{at: 1m, action: \"hoplab:appmesh:update-route\", parameters: "
        "{virtualService: b, weights: \"" +
        weights + "\"}}]");
  };
  EXPECT_THAT(route("b=50").messages(), IsEmpty());
  for (const char* wrong : {"c=50", "b=101", "b", "b=50,", "=5"}) {
    EXPECT_THAT(route(wrong).only_message(), HasSubstr("no weights of what is behind 'b'"))
        << wrong;
  }
}

// --- Task definitions -------------------------------------------------------------------------

struct Imported {
  Artefacts artefacts;
  sim::Diagnostics diagnostics;
};

Imported import_containers(const std::string& containers) {
  Imported imported;
  import_task_definition(
      R"({"family":"b","networkMode":"awsvpc","containerDefinitions":[)" + containers + "]}",
      "b.json", imported.artefacts, imported.diagnostics);
  return imported;
}

std::vector<std::string> messages_of(const Imported& imported) {
  std::vector<std::string> all;
  for (const sim::Diagnostic& it : imported.diagnostics.sorted()) all.push_back(it.message);
  return all;
}

TEST(ImportEcs, ReadsHealthChecksDependenciesAndRestarts) {
  const Imported imported = import_containers(
      R"({"name":"app","image":"a","startTimeout":90,
          "dependsOn":[{"containerName":"envoy","condition":"HEALTHY"}],
          "linuxParameters":{"initProcessEnabled":true},
          "restartPolicy":{"enabled":true,"restartAttemptPeriod":60,"ignoredExitCodes":[0]}},
         {"name":"envoy","image":"e","healthCheck":{"command":["CMD-SHELL","curl"],"interval":5,
          "timeout":2,"retries":3,"startPeriod":10}})");
  EXPECT_THAT(messages_of(imported), IsEmpty());
  EXPECT_THAT(imported.artefacts.accepted_not_simulated, IsEmpty());
  const auto& containers = imported.artefacts.task_definitions.front().containers;
  EXPECT_EQ(containers[0].start_timeout, std::optional<Duration>(90s));
  ASSERT_THAT(containers[0].depends_on, SizeIs(1));
  EXPECT_EQ(containers[0].depends_on[0].condition, Dependency::Condition::healthy);
  EXPECT_TRUE(containers[0].has_init_process);
  ASSERT_TRUE(containers[0].restart_policy);
  EXPECT_EQ(containers[0].restart_policy->attempt_period, 60s);
  EXPECT_THAT(containers[0].restart_policy->ignored_exit_codes, ElementsAre(0));
  ASSERT_TRUE(containers[1].health_check);
  EXPECT_EQ(containers[1].health_check->start_period, 10s);
}

// Source: ECS API reference, ContainerDefinition.dependsOn.
TEST(ImportEcs, RefusesWhatEcsWouldNotRegister) {
  const auto app_after = [](const std::string& dependency, const std::string& other) {
    return messages_of(import_containers(R"({"name":"app","image":"a","dependsOn":[)" + dependency +
                                         "]}," + other));
  };
  EXPECT_THAT(app_after(R"({"containerName":"init","condition":"SUCCESS"})",
                        R"({"name":"init","image":"i"})"),
              ElementsAre(HasSubstr("is essential")));
  EXPECT_THAT(app_after(R"({"containerName":"envoy","condition":"HEALTHY"})",
                        R"({"name":"envoy","image":"e"})"),
              ElementsAre(HasSubstr("has no healthCheck")));
  EXPECT_THAT(app_after(R"({"containerName":"nobody","condition":"START"})",
                        R"({"name":"envoy","image":"e"})"),
              ElementsAre(HasSubstr("no container \"nobody\"")));
  EXPECT_THAT(app_after(R"({"containerName":"envoy","condition":"START"})",
                        R"({"name":"envoy","image":"e",
                            "dependsOn":[{"containerName":"app","condition":"START"}]})"),
              Contains(HasSubstr("depends on itself")));
}

}  // namespace
}  // namespace hoplab::scenarios
