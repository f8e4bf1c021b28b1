// What a scenario means, before anything runs: the rule that lets each call through.

#include "report/writers/explanation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/scenarios/loading.hpp"

namespace hoplab::report::writers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Explanation explained(const std::string& text) {
  const auto loaded = scenarios::load_text(text);
  EXPECT_TRUE(loaded.scenario) << testing::PrintToString(loaded.messages());
  return explain(loaded.scenario.value(), loaded.diagnostics.sorted());
}

constexpr const char* two =
    "hoplab: 1\nname: two\nduration: 5m\nworkload: [{name: users, rate: 1/s, to: a}]\n";

TEST(Explain, NamesTheRuleThatLetsACallThrough) {
  const auto explanation =
      explained(std::string(two) +
                "services:\n  a: {calls: [{to: b, path: /user}]}\n"
                "  b: {securityGroup: {allow: [{from: anywhere, port: 8080}]}}\n");
  ASSERT_EQ(explanation.calls.size(), 2U);
  EXPECT_TRUE(explanation.calls[0].is_load);
  const ExplainedCall& call = explanation.calls[1];
  EXPECT_EQ(call.what, "GET /user");
  EXPECT_EQ(call.host, "b.local:8080");
  EXPECT_EQ(call.network_hop, "a.envoy->b.envoy");
  EXPECT_THAT(call.hops,
              ElementsAre("a.app->a.envoy", "a.envoy->b.envoy", "b.envoy->b.app", "b.app",
                          "b.envoy<-b.app", "a.envoy<-b.envoy", "a.app<-a.envoy"));
  ASSERT_TRUE(call.egress && call.ingress);
  EXPECT_EQ(call.egress->rule, "all traffic to 0.0.0.0/0");
  EXPECT_EQ(call.ingress->rule, "tcp 8080 from 0.0.0.0/0");
  EXPECT_EQ(call.ingress->mark.line, 7);
  EXPECT_FALSE(call.is_tracked);
}

TEST(Explain, ATrackedRuleNamesTheCallersGroup) {
  const auto explanation =
      explained(std::string(two) + "services: {a: {calls: [{to: b}]}, b: {}}\n");
  const ExplainedCall& call = explanation.calls.at(1);
  ASSERT_TRUE(call.ingress);
  EXPECT_EQ(call.ingress->rule, "tcp 8080 from " + call.caller_groups.at(0));
  EXPECT_EQ(call.ingress->group, call.callee_groups.at(0));
  EXPECT_TRUE(call.is_tracked);
}

TEST(Explain, SaysWhatForbidsACall) {
  const auto explanation = explained(std::string(two) +
                                     "services: {a: {calls: [{to: b}]}, b: {securityGroup: {allow: "
                                     "[{from: anywhere, port: 9090}]}}}\n");
  EXPECT_TRUE(explanation.calls.at(1).egress);
  EXPECT_FALSE(explanation.calls.at(1).ingress);
  const std::string text = to_text(explanation, Ink(false));
  EXPECT_THAT(text, HasSubstr("ingress  forbidden: no rule lets it in to sg-"));
  EXPECT_THAT(text, HasSubstr("SYNs vanish"));
}

TEST(Explain, RulesOfUdpAreCountedPast) {
  const auto explanation = explained(std::string(two) + R"(infrastructure:
  securityGroups:
    sg-b:
      ipPermissions:
        - {ipProtocol: udp, fromPort: 53, toPort: 53, ipRanges: [{cidrIp: 0.0.0.0/0}]}
        - {ipProtocol: tcp, fromPort: 80, toPort: 90, ipRanges: [{cidrIp: 10.0.0.0/8}]}
services: {a: {calls: [{to: b}]}, b: {port: 85, securityGroups: [sg-b]}}
)");
  EXPECT_EQ(explanation.calls.at(1).ingress.value().rule, "tcp 80-90 from 10.0.0.0/8");
}

TEST(Explain, ARuleOfAddressesIsAboutTheCallersSubnet) {
  const auto call_from = [](const char* subnet) {
    return explained(std::string(two) + fmt::format(R"(infrastructure:
  subnets: {{one: {{cidrBlock: 10.0.1.0/24}}, two: {{cidrBlock: 10.0.2.0/24}}}}
  containerInstances: {{h: {{subnet: {}}}}}
services:
  a: {{calls: [{{to: b}}], placement: h}}
  b: {{securityGroup: {{allow: [{{from: 10.0.2.0/24, port: 8080}}]}}}}
)",
                                                    subnet))
        .calls.at(1);
  };
  EXPECT_FALSE(call_from("one").ingress);
  EXPECT_TRUE(call_from("two").ingress);
}

TEST(Explain, TellsEachVersionAndItsShare) {
  const auto explanation = explained(std::string(two) +
                                     "services: {a: {calls: [{to: b}]}, b-v1: {}, b-v2: {}}\n"
                                     "virtualServices: {b: {b-v1: 90, b-v2: 10}}\n");
  ASSERT_EQ(explanation.calls.size(), 3U);
  EXPECT_EQ(explanation.calls[2].callee, "b-v2");
  EXPECT_EQ(explanation.calls[2].share, "10 of 100");
  EXPECT_TRUE(explanation.calls[2].ingress);
}

TEST(Explain, WithoutAMeshTheAppsMeet) {
  const auto explanation =
      explained(std::string(two) + "mesh: none\nservices: {a: {calls: [{to: b}]}, b: {}}\n");
  EXPECT_EQ(explanation.calls.at(1).network_hop, "a.app->b.app");
  EXPECT_THAT(explanation.long_form, HasSubstr("mesh: none"));
}

TEST(Explain, IsAlsoForPrograms) {
  const auto explanation = explained(std::string(two) +
                                     "services: {a: {calls: [{to: b}]}, b: {}}\n"
                                     "faults: [{at: 1m, action: 'aws:ecs:task-io-stress', target: "
                                     "b}]\n");
  const auto json = nlohmann::json::parse(to_json(explanation));
  EXPECT_EQ(json.at("schema"), "hoplab.explain/1");
  EXPECT_FALSE(json.at("calls").at(0).contains("network"));
  EXPECT_EQ(json.at("calls").at(1).at("network").at("reachable"), true);
  EXPECT_EQ(json.at("calls").at(1).at("network").at("ingress").at("line"), 5);
  EXPECT_EQ(json.at("warnings").at(0).at("code"), "W0701");
  EXPECT_THAT(json.at("longForm").get<std::string>(), Not(HasSubstr("io-stress")));
}

}  // namespace
}  // namespace hoplab::report::writers
