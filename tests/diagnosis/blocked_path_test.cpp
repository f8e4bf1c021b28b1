// Which of the ways to block a path it was, where somebody has it on record.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "report/diagnosis/diagnose.hpp"
#include "tests/diagnosis/fake_telemetry.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::diagnosis {
namespace {

using test::FakeTelemetry;
using test::iso;
using test::zero_ms;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

class BlockedPath : public ::testing::Test {
 protected:
  /// What is said where a cannot connect to b from 60 s on, and `record` is added.
  template <typename Record>
  Finding with(const Record& record) {
    {
      FakeTelemetry telemetry(folder_ / "r");
      for (int at = 0; at < 60'000; at += 50) telemetry.good(at, "good-" + std::to_string(at));
      for (int at = 60'000; at < 90'000; at += 100) {
        telemetry.blocked(at, "bad-" + std::to_string(at));
      }
      record(telemetry);
    }
    return diagnose(folder_ / "r", {}).main();
  }
  static auto cites(const char* text) { return Contains(Field(&Citation::says, HasSubstr(text))); }

  testing::TemporaryFolder folder_;
};

TEST_F(BlockedPath, AnAgentThatEcsHasLostMakesItTheHost) {
  const Finding finding = with([](FakeTelemetry& telemetry) {
    telemetry.add("ecs/container-instances.jsonl",
                  R"({"at":")" + iso(120'000) +
                      R"(","agentConnected":false,"containerInstanceArn":"arn:x/c/host-b"})");
  });
  EXPECT_EQ(finding.candidates.front().cause, "host-down");
  EXPECT_THAT(finding.evidence, cites("ECS has lost the agent of container instance host-b"));
}

TEST_F(BlockedPath, AnAgentOfAnotherHostSaysNothing) {
  const Finding finding = with([](FakeTelemetry& telemetry) {
    telemetry.add("ecs/container-instances.jsonl",
                  R"({"at":")" + iso(120'000) +
                      R"(","agentConnected":false,"containerInstanceArn":"arn:x/c/host-c"})");
  });
  EXPECT_EQ(finding.candidates.front().cause, "security-group");
}

TEST_F(BlockedPath, AFailedStatusCheckMakesItTheHostAndOneThatWentWellDoesNot) {
  for (const auto& [failed, cause] :
       {std::pair(1.0, "host-down"), std::pair(0.0, "security-group")}) {
    const double value = failed;
    const Finding finding = with([value](FakeTelemetry& telemetry) {
      telemetry.machine_metric("host-b", "StatusCheckFailed", 120'000, value);
    });
    EXPECT_EQ(finding.candidates.front().cause, cause);
  }
}

TEST_F(BlockedPath, ABlackholeOnRecordMakesItTheRoute) {
  const auto table = [](const char* at, const char* state) {
    return std::string(R"({"at":")") + at +
           R"(","RouteTables":[{"RouteTableId":"rtb-1","Routes":[)" +
           R"({"DestinationCidrBlock":"10.0.0.0/24","State":")" + state + R"("}]}]})";
  };
  const Finding finding = with([&](FakeTelemetry& telemetry) {
    telemetry.add("config/route-tables.jsonl", table(iso(60'000).c_str(), "blackhole"));
  });
  EXPECT_EQ(finding.candidates.front().cause, "route");
  EXPECT_THAT(finding.evidence, cites("route table rtb-1 has changed"));
  // One that was mended long before is none.
  const Finding mended = with([&](FakeTelemetry& telemetry) {
    telemetry.add("config/route-tables.jsonl", table(iso(40'000).c_str(), "blackhole"));
    telemetry.add("config/route-tables.jsonl", table(iso(50'000).c_str(), "active"));
  });
  EXPECT_EQ(mended.candidates.front().cause, "security-group");
}

TEST_F(BlockedPath, AnAclThatLostItsPermissionIsOnRecordTooAndItsLastRuleIsNoNews) {
  const auto acl = [](const std::string& at, const std::string& entries) {
    return R"({"at":")" + at + R"(","NetworkAcls":[{"NetworkAclId":"acl-1","Entries":[)" + entries +
           R"({"CidrBlock":"0.0.0.0/0","RuleAction":"deny","RuleNumber":32767}]}]})";
  };
  const std::string allow = R"({"CidrBlock":"0.0.0.0/0","RuleAction":"allow","RuleNumber":100},)";
  const Finding finding = with([&](FakeTelemetry& telemetry) {
    telemetry.add("config/network-acls.jsonl", acl(iso(0), allow));
    telemetry.add("config/network-acls.jsonl", acl(iso(60'000), ""));
  });
  EXPECT_EQ(finding.candidates.front().cause, "network-acl");
  EXPECT_THAT(finding.evidence, cites("\"allows all ports from 0.0.0.0/0\" is gone"));
  const Finding unchanged = with([&](FakeTelemetry& telemetry) {
    telemetry.text_of("config/network-acls.jsonl").clear();
    telemetry.add("config/network-acls.jsonl", acl(iso(59'000), allow));
  });
  EXPECT_EQ(unchanged.candidates.front().cause, "security-group");
}

TEST_F(BlockedPath, ASilentFlowLogOfTheCalleeIsCited) {
  const Finding finding = with([](FakeTelemetry& telemetry) {
    auto& tasks = telemetry.text_of("ecs/tasks.jsonl");
    const std::string address = R"({"name":"privateIPv4Address","value":"10.0.0.2"})";
    tasks.insert(tasks.find(address), R"({"name":"networkInterfaceId","value":"eni-b"},)");
    const auto second = [](int at) { return std::to_string(zero_ms / 1000 + at); };
    telemetry.add("vpc/flow-logs.log",
                  "2 1 eni-b - - - - - - - " + second(0) + " " + second(60) + " - NODATA");
    telemetry.add("vpc/flow-logs.log",
                  "2 1 eni-b - - - - - - - " + second(60) + " " + second(120) + " - NODATA");
  });
  EXPECT_THAT(finding.evidence, cites("no packet reached or left the interface of b's task"));
  EXPECT_EQ(finding.evidence.back().line, 2U);
}

}  // namespace
}  // namespace hoplab::report::diagnosis
