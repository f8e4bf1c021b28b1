// What an Envoy does when its upstream does not answer as it should, one isolated request at a
// time, so that each figure follows from the time-outs alone.

#include <gmock/gmock.h>

#include <regex>

#include "models/envoy/profile.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using namespace std::chrono_literals;

/// The expression that AWS publishes for App Mesh's Envoy lines (aws-for-fluent-bit examples),
/// its named groups as plain ones.
const std::regex envoy_line(
    R"re(^\[([^\]]*)\] "(\S+)(?: +([^"]*?)(?: +\S*)?)? (\S+)" ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) )re"
    R"re(([^ ]*) ([^ ]*) "([^ ]*)" "([^"]*)" "([^"]*)" "([^ ]*)" "([^ ]*)")re");

struct AccessLine {
  std::string code, flags, sent, duration, upstream_time, upstream_host;
};

std::vector<AccessLine> parse(const std::vector<std::string>& lines, bool egress) {
  std::vector<AccessLine> parsed;
  for (const std::string& line : lines) {
    std::smatch match;
    if (!std::regex_search(line, match, envoy_line)) {
      ADD_FAILURE() << "the published parser does not read: " << line;
      continue;
    }
    const std::string host = match[15];
    if (host.starts_with("127.0.0.1:") == egress) continue;
    parsed.push_back({match[5], match[6], match[8], match[9], match[10], host});
  }
  return parsed;
}

/// One request per 30 s: each is alone in its pool.
std::string isolated(const std::string& b, const std::string& fault, const std::string& profile) {
  return "hoplab: 1\nname: isolated\nduration: 1m\nenvoyProfile: " + profile +
         "\nnetwork: {latency: 2ms}\nservices:\n  a: {calls: [{to: b, path: /user}]}\n  b: " + b +
         "\nworkload: [{executor: constant-arrival-rate, rate: 2/m, to: a, startTime: 2s}]\n" +
         "faults: [" + fault + "]\n";
}

const std::string drop =
    R"({at: 1s, action: "hoplab:ec2:revoke-security-group-ingress", target: b, )"
    "parameters: {port: 8080}}";
const std::string open_b =
    "{serviceTime: 7ms, securityGroup: {allow: [{from: anywhere, port: 8080}]}}";

TEST(EnvoyUnderDrop, AnIsolatedRequestIsTriedThreeTimesAndFailsAfterThreeSeconds) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto run = test::run_text(isolated(open_b, drop, "v1.29"), seed);
    const auto lines = parse(run.sink->lines_of("a", "envoy"), true);
    ASSERT_THAT(lines, SizeIs(2));
    for (const AccessLine& line : lines) {
      EXPECT_EQ(line.code, "503");
      EXPECT_EQ(line.flags, "UF,URX");
      EXPECT_EQ(line.sent, "114");
      EXPECT_EQ(line.upstream_time, "-");
      EXPECT_GE(std::stoi(line.duration), 3000);
      EXPECT_LE(std::stoi(line.duration), 3073);
    }
    EXPECT_THAT(run.sink->lines_of("b", "envoy"), IsEmpty());
  }
}

TEST(EnvoyUnderDrop, TheVersionOfTheTalkGivesUpAfterOneAttempt) {
  const auto run = test::run_text(isolated(open_b, drop, "v1.15"));
  const auto lines = parse(run.sink->lines_of("a", "envoy"), true);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].flags, "LR");
  EXPECT_EQ(lines[0].sent, "84");
  EXPECT_EQ(lines[0].duration, "1000");
}

// Three round trips of 4 ms, and back-offs of U{0..24} and U{0..49} ms.
TEST(EnvoyRefused, AClosedPortCostsThreeRoundTripsAndTwoBackOffs) {
  const std::string exit_envoy =
      R"({at: 1s, action: "hoplab:ecs:container-exit", target: b, parameters: {container: envoy}})";
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto run = test::run_text(isolated("{serviceTime: 7ms}", exit_envoy, "v1.29"), seed);
    const auto lines = parse(run.sink->lines_of("a", "envoy"), true);
    ASSERT_THAT(lines, Not(IsEmpty()));
    EXPECT_EQ(lines[0].code, "503");
    EXPECT_EQ(lines[0].flags, "UF,URX");
    EXPECT_EQ(lines[0].sent, "168");
    EXPECT_GE(std::stoi(lines[0].duration), 12);
    EXPECT_LE(std::stoi(lines[0].duration), 12 + 24 + 49 + 1);
  }
}

TEST(EnvoyUnderHang, TheCallersRouteTimesOutAfterFifteenSecondsExactly) {
  const auto run = test::run_text(
      isolated("{serviceTime: 7ms}", R"({at: 1s, action: "hoplab:ecs:hang", target: b})", "v1.29"));
  const auto lines = parse(run.sink->lines_of("a", "envoy"), true);
  ASSERT_THAT(lines, Not(IsEmpty()));
  EXPECT_EQ(lines[0].code, "504");
  EXPECT_EQ(lines[0].flags, "UT");
  EXPECT_EQ(lines[0].sent, "24");
  EXPECT_EQ(lines[0].duration, "15000");
  const auto at_b = parse(run.sink->lines_of("b", "envoy"), false);
  ASSERT_THAT(at_b, Not(IsEmpty()));
  EXPECT_TRUE(at_b[0].flags == "DC" || at_b[0].flags == "UT") << at_b[0].flags;
  EXPECT_EQ(at_b[0].code, at_b[0].flags == "DC" ? "0" : "504");
}

TEST(EnvoyAccessLog, AHealthyCallWritesThreeLinesWithOneRequestId) {
  const auto run = test::run_text(isolated("{serviceTime: 7ms}", "", "v1.29"));
  const auto at_a = run.sink->lines_of("a", "envoy");
  ASSERT_THAT(at_a, SizeIs(4));
  EXPECT_THAT(parse(at_a, true), SizeIs(2));
  EXPECT_THAT(parse(at_a, false), SizeIs(2));
  const auto at_b = run.sink->lines_of("b", "envoy");
  ASSERT_THAT(at_b, SizeIs(2));
  std::smatch match;
  ASSERT_TRUE(std::regex_search(at_b[0], match, envoy_line));
  EXPECT_THAT(at_a, Contains(HasSubstr(match[13].str())).Times(2));
  EXPECT_THAT(at_b, Each(AllOf(HasSubstr("\"GET /user HTTP/1.1\" 200 - 0 1024 "),
                               HasSubstr("\"b.local:8080\" \"127.0.0.1:8080\""))));
}

TEST(EnvoyProfile, BodiesHaveTheLengthOfTheirMessages) {
  const std::string prefix =
      "upstream connect error or disconnect/reset before headers. reset reason: ";
  const auto* profile = models::envoy::find_profile("v1.29");
  ASSERT_NE(profile, nullptr);
  using models::envoy::Failure;
  const auto body = [&](Failure failure) { return profile->reply(failure).body.count(); };
  const auto length = [&](const std::string& reason) { return std::ssize(prefix + reason); };
  EXPECT_EQ(body(Failure::connect_timeout), length("connection timeout"));
  EXPECT_EQ(body(Failure::connect_refused),
            length("connection failure, transport failure reason: delayed connect error: 111"));
  EXPECT_EQ(body(Failure::connection_terminated), length("connection termination"));
  EXPECT_EQ(body(Failure::response_timeout), std::ssize(std::string("upstream request timeout")));
  EXPECT_EQ(body(Failure::no_healthy_upstream), std::ssize(std::string("no healthy upstream")));
  EXPECT_EQ(models::envoy::find_profile("v9.99"), nullptr);
}

TEST(EnvoyProfile, FlagsArePrintedInEnvoysOrder) {
  using models::envoy::Flag;
  sim::Text text;
  append_flags(text, Flag::upstream_retry_limit_exceeded | Flag::upstream_connection_failure);
  EXPECT_EQ(text.view(), "UF,URX");
}

}  // namespace
}  // namespace hoplab
