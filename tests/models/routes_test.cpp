// What App Mesh's routes do with a request: weights, prefixes, time-outs and policies of their own,
// two versions behind one name; and how the mesh describes itself.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using scenarios::Route;
using scenarios::Scenario;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string three_services =
    "services:\n  a: {calls: [{to: b, path: /user/7}]}\n  b: {serviceTime: 7ms}\n"
    "  c: {serviceTime: 7ms, securityGroup: {allow: [{from: a, port: 8080}]}}\n";

Scenario three(const std::string& more = "", const std::string& services = three_services) {
  const auto scenario = test::read_text(
      "hoplab: 1\nname: routes\nduration: 100s\nnetwork: {latency: 2ms}\n"
      "workload: [{name: users, rate: 20/s, to: a}]\n" +
      services + more);
  return scenario.value_or(Scenario{});
}

scenarios::VirtualService& virtual_b(Scenario& scenario) {
  return *std::ranges::find(scenario.virtual_services, "b", &scenarios::VirtualService::name);
}

Route route_to(const std::string& prefix, const std::string& service) {
  Route route;
  route.prefix = prefix;
  route.targets = {{.mark = {}, .service = service, .weight = 1}};
  return route;
}

/// b and c share the requests to b.
void share(Scenario& scenario, std::uint32_t to_b, std::uint32_t to_c) {
  virtual_b(scenario).routes.front().targets = {{.mark = {}, .service = "b", .weight = to_b},
                                                {.mark = {}, .service = "c", .weight = to_c}};
}

std::size_t crossed(const test::Run& run, const std::string& hop) {
  const auto samples = run.sink->hops.find(hop);
  if (samples == run.sink->hops.end()) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(samples->second, [](const auto& sample) { return !sample.failed; }));
}

std::vector<std::string> egress_lines(const test::Run& run) {
  std::vector<std::string> lines = run.sink->lines_of("a", "envoy");
  std::erase_if(lines, [](const std::string& line) {
    return line.find("b.local:8080") == std::string::npos;
  });
  return lines;
}

TEST(WeightedRoute, SharesRequestsByWeight) {
  Scenario scenario = three();
  share(scenario, 90, 10);
  const auto run = test::run_scenario(scenario);
  const auto to_b = static_cast<double>(crossed(run, "a.envoy->b.envoy"));
  const auto to_c = static_cast<double>(crossed(run, "a.envoy->c.envoy"));
  ASSERT_GT(to_b + to_c, 1800);
  EXPECT_NEAR(to_c / (to_b + to_c), 0.1, 2.58 * std::sqrt(0.09 / (to_b + to_c)));
  EXPECT_EQ(run.totals.failed, 0U);
}

TEST(WeightedRoute, GivesNothingToWeightZero) {
  Scenario scenario = three();
  share(scenario, 1, 0);
  const auto run = test::run_scenario(scenario);
  EXPECT_GT(crossed(run, "a.envoy->b.envoy"), 1800U);
  EXPECT_EQ(crossed(run, "a.envoy->c.envoy"), 0U);
}

// The draw is made once: a request for the version that nobody reaches is never saved by the other.
TEST(WeightedRoute, IsKeptByRetries) {
  Scenario scenario = three(
      "faults: [{at: 0s, action: \"hoplab:ec2:revoke-security-group-ingress\", target: c, "
      "parameters: {port: 8080}}]\n");
  share(scenario, 50, 50);
  const auto run = test::run_scenario(scenario);
  const auto failed = static_cast<double>(run.totals.failed);
  const auto answered = static_cast<double>(run.totals.answered);
  EXPECT_NEAR(failed / (failed + answered), 0.5, 2.58 * std::sqrt(0.25 / (failed + answered)));
  EXPECT_THAT(egress_lines(run), Contains(HasSubstr(" 503 UF,URX ")));
}

TEST(Routes, TheLongestPrefixWins) {
  Scenario scenario = three();
  virtual_b(scenario).routes = {route_to("/", "b"), route_to("/user/", "c")};
  const auto run = test::run_scenario(scenario);
  EXPECT_GT(crossed(run, "a.envoy->c.envoy"), 1800U);
  EXPECT_EQ(crossed(run, "a.envoy->b.envoy"), 0U);
}

TEST(Routes, WithoutAMatchAnswer404AtOnce) {
  Scenario scenario = three();
  virtual_b(scenario).routes = {route_to("/cart", "b")};
  const auto run = test::run_scenario(scenario);
  const auto lines = egress_lines(run);
  ASSERT_THAT(lines, Not(IsEmpty()));
  EXPECT_THAT(lines,
              Each(AllOf(HasSubstr(" 404 NR 0 0 0 - "), HasSubstr("\"b.local:8080\" \"-\""))));
  EXPECT_EQ(run.totals.answered, 0U);
}

TEST(Routes, HaveATimeoutOfTheirOwn) {
  Scenario scenario = three("faults: [{at: 0s, action: \"hoplab:ecs:hang\", target: b}]\n");
  scenario.duration = 2s;  // While b has a worker left.
  virtual_b(scenario).routes.front().request_timeout = 800ms;
  const auto run = test::run_scenario(scenario);
  EXPECT_THAT(egress_lines(run), Each(HasSubstr(" 504 UT 0 24 800 - ")));
}

TEST(Routes, HaveARetryPolicyOfTheirOwn) {
  const std::string fault =
      "faults: [{at: 0s, action: \"hoplab:ecs:container-exit\", target: b, "
      "parameters: {container: app}}]\n";
  Scenario scenario = three(fault);
  scenario.duration = 10s;  // b's Envoy answers 503 while it drains.
  virtual_b(scenario).routes.front().retry =
      scenarios::RetryPolicy{.retries_max = 2, .status_codes = {500}};
  EXPECT_THAT(egress_lines(test::run_scenario(scenario)), Each(HasSubstr(" 503 - ")));
  virtual_b(scenario).routes.front().retry->status_codes = {503};
  EXPECT_THAT(egress_lines(test::run_scenario(scenario)), Contains(HasSubstr(" 503 URX ")));
}

TEST(Versions, AreToldApartByTheirTaskDefinition) {
  Scenario scenario =
      three("virtualServices: {b: {b: 50, c: 50}}\n",
            "services: {a: {calls: [{to: b}]}, b: {}, c: {family: b, revision: 2}}\n");
  scenario.duration = 10s;
  const auto run = test::run_scenario(scenario);
  EXPECT_THAT(run.sink->lines_of("b", "app"), Each(HasSubstr("\"ecs_task_definition\":\"b:1\"")));
  EXPECT_THAT(run.sink->lines_of("c", "app"), Each(HasSubstr("\"ecs_task_definition\":\"b:2\"")));
  EXPECT_THAT(run.sink->ecs_tasks, Contains(HasSubstr(":task-definition/b:2\"")));
  EXPECT_THAT(run.sink->configs.at("task-definitions"), Contains(HasSubstr("/b:2\"")));
}

// --- The mesh's own documents ------------------------------------------------------------------

std::vector<json> documents(const test::Run& run, const std::string& kind,
                            const std::string& member) {
  std::vector<json> found;
  for (const std::string& text : run.sink->configs[kind]) {
    found.push_back(json::parse(text).at(member));
  }
  return found;
}

TEST(MeshDocuments, HaveTheMembersThatTheApiPromises) {
  Scenario scenario = three();
  share(scenario, 90, 10);
  const auto run = test::run_scenario(scenario);
  std::size_t count = 0;
  for (const auto& [kind, member] :
       std::map<std::string, std::string>{{"mesh", "mesh"},
                                          {"virtual-nodes", "virtualNode"},
                                          {"virtual-services", "virtualService"},
                                          {"virtual-routers", "virtualRouter"},
                                          {"routes", "route"}}) {
    for (const json& object : documents(run, kind, member)) {
      ++count;
      EXPECT_EQ(object.at("meshName"), "routes");
      EXPECT_TRUE(object.contains("spec")) << object;
      EXPECT_EQ(object.at("status").at("status"), "ACTIVE");
      for (const char* key :
           {"arn", "createdAt", "lastUpdatedAt", "meshOwner", "resourceOwner", "uid", "version"}) {
        EXPECT_TRUE(object.at("metadata").contains(key)) << key;
      }
    }
  }
  EXPECT_EQ(count, 1U + 3U + 3U + 1U + 1U);
}

TEST(MeshDocuments, TellTheWeights) {
  Scenario scenario = three();
  share(scenario, 90, 10);
  const auto run = test::run_scenario(scenario);
  const json route = documents(run, "routes", "route").at(0);
  EXPECT_EQ(route.at("virtualRouterName"), "b-router");
  EXPECT_EQ(route.at("spec").at("httpRoute").at("action").at("weightedTargets"),
            json::parse(R"([{"virtualNode":"b","weight":90},{"virtualNode":"c","weight":10}])"));
  const auto services = documents(run, "virtual-services", "virtualService");
  EXPECT_EQ(services.at(1).at("virtualServiceName"), "b.local");
  EXPECT_EQ(services.at(1).at("spec").at("provider"),
            json::parse(R"({"virtualRouter":{"virtualRouterName":"b-router"}})"));
  EXPECT_EQ(services.at(2).at("spec").at("provider"),
            json::parse(R"({"virtualNode":{"virtualNodeName":"c"}})"));
}

}  // namespace
}  // namespace hoplab
