// Services without sidecars: what an application can say of a call that fails, and what it cannot.

#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// a calls b once a second; `more` is the fault and, in front of it, more keys.
test::Run bare(const std::string& call, const std::string& more,
               const std::string& b = "{serviceTime: 100ms, placement: crowded}") {
  return test::run_text(
      "hoplab: 1\nname: bare\nmesh: none\nduration: 3m\nnetwork: {latency: 2ms}\n"
      "hosts: {crowded: {}}\n"
      "workload: [{executor: constant-arrival-rate, rate: 1/s, to: a}]\n"
      "services:\n  a: {workers: 1000, calls: [{to: b, path: /item" +
      call + "}]}\n  b: " + b + "\n" + more);
}

std::string fault(const std::string& action, const std::string& target,
                  const std::string& parameters) {
  return "faults: [{at: 30s, action: \"" + action + "\", target: " + target +
         ", parameters: " + parameters + "}]\n";
}

/// What a says of its calls on stderr, without the instant and the ids of each, from two minutes
/// on.
std::set<std::string> complaints(const test::Run& run) {
  std::set<std::string> told;
  for (const std::string& line : run.sink->lines_of("a", "app")) {
    if (line.find(R"("source":"stderr")") == std::string::npos) continue;
    std::smatch parts;
    const std::regex expected(R"re(12:0(\d):\d\d.*("to.*)\}","container_id)re");
    if (!std::regex_search(line, parts, expected)) {
      ADD_FAILURE() << line;
    } else if (parts[1] >= "2") {
      told.insert(parts[2]);
    }
  }
  return told;
}

const std::string open_b =
    "{serviceTime: 100ms, securityGroup: {allow: [{from: anywhere, port: 8080}]}}";

TEST(WithoutAMesh, FourCausesAreTheSameTimeout) {
  const std::string patience = ", timeout: 5s";
  const auto blocked = complaints(bare(
      patience, fault("hoplab:ec2:revoke-security-group-ingress", "b", "{port: 8080}"), open_b));
  const auto overloaded = complaints(bare(
      patience, fault("hoplab:ec2:cpu-stress", "crowded", "{workers: 64, cpuShares: 262144}")));
  const auto looping = complaints(bare(patience, fault("hoplab:ecs:infinite-loop", "b", "{}")));
  // Its record stays behind in DNS: nobody has the address any more.
  const std::string stale =
      "faults:\n  - {at: 30s, action: \"hoplab:cloudmap:stale-endpoint\", "
      "target: b}\n  - {at: 30s, action: \"hoplab:ecs:container-exit\", "
      "target: b, parameters: {exitCode: 139}}\n";
  const auto crashed = complaints(bare(patience, stale));
  const std::set<std::string> same = {
      R"("to\":\"b\",\"path\":\"/item\",\"status\":0,\"timedOut\":true,\"durationMs\":5000)"};
  EXPECT_EQ(blocked, same);
  EXPECT_EQ(overloaded, same);
  EXPECT_EQ(looping, same);
  EXPECT_EQ(crashed, same);
}

// The kernel of the task's namespace answers RST until the interface is detached.
TEST(WithoutAMesh, ACrashIsARefusalWhileTheInterfaceIsThere) {
  const auto run =
      bare(", timeout: 5s", fault("hoplab:ecs:container-exit", "b", "{exitCode: 139}"));
  EXPECT_THAT(run.sink->lines_of("a", "app"),
              Contains(AllOf(HasSubstr("12:00:31."), HasSubstr(R"(\"timedOut\":false)"),
                             HasSubstr(R"(\"durationMs\":4})"))));
}

TEST(WithoutAMesh, ACallWithoutATimeoutEndsWithTheKernelsPatience) {
  const auto run =
      bare("", fault("hoplab:ec2:revoke-security-group-ingress", "b", "{port: 8080}"), open_b);
  EXPECT_THAT(complaints(run), Contains(HasSubstr(R"(\"timedOut\":false,\"durationMs\":127000)")));
}

TEST(WithoutAMesh, ThereIsNoEnvoyAnywhere) {
  const auto run = bare("", "");
  EXPECT_EQ(run.totals.failed, 0U);
  for (const auto& [stream, lines] : run.sink->lines) {
    EXPECT_THAT(stream, Not(HasSubstr("envoy")));
  }
  EXPECT_THAT(run.sink->configs.at("task-definitions"), Each(Not(HasSubstr("envoy"))));
  EXPECT_FALSE(run.sink->configs.contains("mesh"));
  EXPECT_THAT(run.sink->lines_of("b", "app"), Not(IsEmpty()));
}

}  // namespace
}  // namespace hoplab
