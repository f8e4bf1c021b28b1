// An application that breaks off: what each of the three ways shows at both Envoys.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

test::Run run(const std::string& how, const std::string& more = "") {
  return test::run_text(
      "hoplab: 1\nname: broken\nduration: 10s\n" + more +
      "workload: [{name: users, executor: constant-arrival-rate, rate: 5/s, to: a}]\n"
      "services:\n  a: {calls: [{to: b, path: /user}]}\n  b: {serviceTime: 7ms}\n"
      "faults:\n  - {at: 0s, action: 'hoplab:ecs:broken-responses', target: b, parameters: {how: " +
      how + "}}\n");
}

std::vector<std::string> egress_lines(const test::Run& run) {
  auto lines = run.sink->lines_of("a", "envoy");
  std::erase_if(lines, [](const auto& line) { return line.find("b.local") == line.npos; });
  return lines;
}

TEST(BrokenResponses, AConnectionThatEndsBeforeTheAnswerIsAUCAtTheCallee) {
  const auto broken = run("reset");
  EXPECT_THAT(broken.sink->lines_of("b", "envoy"), AllOf(SizeIs(150), Each(HasSubstr(" 503 UC "))));
  EXPECT_THAT(egress_lines(broken), AllOf(SizeIs(50), Each(HasSubstr(" 503 URX "))));
  EXPECT_EQ(broken.totals.failed, 50U);
}

TEST(BrokenResponses, HalfABodyIsA200WithAUCAtBothEndsAndIsNotTriedAgain) {
  const auto broken = run("truncated");
  EXPECT_THAT(broken.sink->lines_of("b", "envoy"),
              AllOf(SizeIs(50), Each(HasSubstr(" 200 UC 0 512 "))));
  EXPECT_THAT(egress_lines(broken), AllOf(SizeIs(50), Each(HasSubstr(" 200 UC 0 512 "))));
  for (const auto& call : broken.sink->requests.at("a->b")) {
    EXPECT_EQ(call.status, 200);
    EXPECT_TRUE(call.failed);
  }
}

TEST(BrokenResponses, WhatIsNoHttpIsA502OfTheCalleesEnvoy) {
  const auto broken = run("garbage");
  EXPECT_THAT(broken.sink->lines_of("b", "envoy"),
              AllOf(SizeIs(50), Each(HasSubstr(" 502 UPE 0 87 "))));
  EXPECT_THAT(egress_lines(broken), AllOf(SizeIs(50), Each(HasSubstr(" 502 - "))));
}

TEST(BrokenResponses, TheVersionOfTheTalkHasNoWordForNonsense) {
  const auto broken = run("garbage", "envoyProfile: v1.15\n");
  EXPECT_THAT(broken.sink->lines_of("b", "envoy"), Each(HasSubstr(" 503 UC ")));
}

TEST(BrokenResponses, WithoutAMeshTheCallerGetsNoAnswer) {
  for (const char* how : {"reset", "garbage"}) {
    const auto broken = run(how, "mesh: none\n");
    for (const auto& call : broken.sink->requests.at("a->b")) {
      EXPECT_EQ(call.status, 0) << how;
    }
  }
}

TEST(BrokenResponses, TheProcessGoesOn) {
  const auto broken = run("reset");
  EXPECT_THAT(broken.sink->ecs_events, SizeIs(2));  // That both tasks run, at the start.
  EXPECT_THAT(broken.sink->lines_of("b", "app"), Each(HasSubstr("panic serving")));
}

}  // namespace
}  // namespace hoplab
