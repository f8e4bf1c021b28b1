// The signature of each fault: what it shows to whom, and what it leaves alone.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <regex>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// a calls b at 20 requests a second.
std::string two_services(const std::string& faults, const std::string& b = "{serviceTime: 7ms}") {
  return "hoplab: 1\nname: faults\nduration: 1m\nnetwork: {latency: 2ms}\n"
         "workload: [{name: users, rate: 20/s, to: a}]\n"
         "services:\n  a: {calls: [{to: b, path: /user}]}\n  b: " +
         b + "\nfaults:\n" + faults;
}

std::vector<std::string> with(std::vector<std::string> lines, const std::string& text) {
  std::erase_if(lines, [&](const std::string& line) { return line.find(text) == line.npos; });
  return lines;
}

std::vector<std::string> without(std::vector<std::string> lines, const std::string& text) {
  std::erase_if(lines, [&](const std::string& line) { return line.find(text) != line.npos; });
  return lines;
}

std::vector<std::string> egress_lines(const test::Run& run) {
  return with(run.sink->lines_of("a", "envoy"), "b.local:8080");
}

const std::string standard_error = R"("source":"stderr")";

/// The share of `part` in `whole` is `expected` within its 99 % interval.
void expect_share(std::size_t part, std::size_t whole, double expected) {
  ASSERT_GT(whole, 100U);
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  EXPECT_NEAR(share, expected,
              2.58 * std::sqrt(expected * (1 - expected) / static_cast<double>(whole)));
}

// --- Bad versions ------------------------------------------------------------------------------

TEST(SlowResponses, TakeTwoSecondsMoreAtBothEnvoysAndSaySoOnStderr) {
  const auto run =
      test::run_text(two_services("  - {at: 0s, action: \"hoplab:ecs:slow-responses\", target: b, "
                                  "parameters: {share: 10%}}\n"));
  const auto told = with(run.sink->lines_of("b", "app"), standard_error);
  expect_share(told.size(), run.totals.issued, 0.1);
  EXPECT_THAT(told, Each(AllOf(HasSubstr("BUG-1421: retries the cache lookup without a timeout"),
                               HasSubstr("transactionId"), HasSubstr(R"(\"durationMs\":20)"))));
  const std::regex slow(R"re( 200 - 0 1024 20[01]\d 20[01]\d )re");
  const auto is_slow = [&](const std::string& line) { return std::regex_search(line, slow); };
  EXPECT_EQ(std::ranges::count_if(egress_lines(run), is_slow), std::ssize(told));
  EXPECT_EQ(std::ranges::count_if(run.sink->lines_of("b", "envoy"), is_slow), std::ssize(told));
  EXPECT_EQ(run.totals.failed, 0U);
}

TEST(FailingResponses, ShowTheirStatusWithoutAFlagAtBothEnvoys) {
  const auto run = test::run_text(
      two_services("  - {at: 0s, action: \"hoplab:ecs:failing-responses\", target: b, "
                   "parameters: {share: 25%, exception: \"out of \\\"pentagons\\\"\"}}\n"));
  const auto told = with(run.sink->lines_of("b", "app"), standard_error);
  expect_share(told.size(), run.totals.issued, 0.25);
  EXPECT_THAT(told, Each(HasSubstr(R"("msg\":\"out of \\\"pentagons\\\"\")")));
  EXPECT_THAT(with(egress_lines(run), " 500 - "), SizeIs(told.size()));
  EXPECT_THAT(with(run.sink->lines_of("b", "envoy"), " 500 - "), SizeIs(told.size()));
  EXPECT_EQ(run.totals.failed, told.size());
}

TEST(WrongAnswer, IsToldByTheApplicationsStdoutAlone) {
  const std::string wrong =
      "  - {at: 0s, action: \"hoplab:ecs:wrong-answer\", target: b, parameters: {share: 50%}}\n";
  const auto run = test::run_text(two_services(wrong));
  const auto lines = run.sink->lines_of("b", "app");
  const auto told = with(lines, R"(\"answer\":\"blue hexagon\",\"expected\":\"purple pentagon\")");
  expect_share(told.size(), lines.size(), 0.5);
  EXPECT_THAT(lines, Each(AllOf(HasSubstr(R"("source":"stdout")"), HasSubstr("info"))));
  EXPECT_EQ(run.totals.failed, 0U);
  // Three letters less; nothing else gives it away.
  const auto mesh = egress_lines(run);
  EXPECT_THAT(with(mesh, " 200 - 0 1021 "), SizeIs(told.size()));
  EXPECT_THAT(without(mesh, " 200 - "), IsEmpty());
}

// Common random numbers: the fault must not shift what else is drawn.
TEST(Bugs, LeaveTheOtherRequestsAsTheyWere) {
  const std::string slow =
      "  - {at: 0s, action: \"hoplab:ecs:wrong-answer\", target: b, parameters: {share: 30%}}\n";
  const std::string b = "{serviceTime: {exponential: {mean: 7ms}}}";
  const auto with_fault = test::run_text(two_services(slow, b));
  const auto plain = test::run_text(two_services("  []\n", b));
  const auto& left = with_fault.sink->hops.at("b.app");
  const auto& right = plain.sink->hops.at("b.app");
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i].took, right[i].took) << i;
}

TEST(Bugs, OfOneKindAreHealedOneByOne) {
  const auto run = test::run_text(
      two_services("  - {at: 0s, for: 20s, action: \"hoplab:ecs:failing-responses\", target: b}\n"
                   "  - {at: 10s, for: 30s, action: \"hoplab:ecs:failing-responses\", target: b, "
                   "parameters: {status: 501}}\n"));
  for (const auto& request : run.sink->requests.at("a->b")) {
    const auto when = request.ended.time_since_epoch();
    if (when < 21s || (when > 39s && when < 41s)) continue;
    EXPECT_EQ(request.status, when < 40s ? 501 : 200);
  }
}

// --- Memory and the two 137s -------------------------------------------------------------------

std::string event_of(const test::Run& run, const std::string& status) {
  const auto events =
      with(with(run.sink->ecs_events, R"("lastStatus":")" + status + "\""), R"("service:b")");
  return events.empty() ? "" : events.back();
}

const std::string oom = R"("reason":"OutOfMemoryError: Container killed due to memory usage")";

// Of 2 GiB the app has 128 MiB, Envoy 60, the other sidecars 150: 1710 MiB last 17.1 s at 100 a s.
TEST(MemoryLeak, EndsAtTheTasksLimitWith137AndItsReason) {
  const auto run =
      test::run_text(two_services("  - {at: 10s, action: \"hoplab:ecs:memory-leak\", target: b, "
                                  "parameters: {perSecond: 100MiB}}\n"));
  const std::string stopped = event_of(run, "DEACTIVATING");
  EXPECT_THAT(stopped, AllOf(HasSubstr(R"("exitCode":137)"), HasSubstr(oom),
                             HasSubstr(R"("stopCode":"EssentialContainerExited")"),
                             HasSubstr(R"("stoppingAt":"2026-01-05T12:00:27.100Z")")));
  EXPECT_THAT(with(run.sink->lines_of("b", "envoy"), " 503 UF "), Not(IsEmpty()));
}

TEST(MemoryLeak, OfRequestsStopsWhenHealedAndGivesNothingBack) {
  const std::string leak =
      "  - {at: 10s, for: 10s, action: \"hoplab:ecs:memory-leak\", target: b, "
      "parameters: {perSecond: 0B, perRequest: 4MiB}}\n";
  const auto once = test::run_text(two_services(leak));  // About 200 requests: 800 MiB.
  EXPECT_EQ(event_of(once, "DEACTIVATING"), "");
  // A second time it has not the room left: 400 requests would be 1600 MiB more.
  const auto twice = test::run_text(
      two_services(leak + "  - {at: 30s, for: 20s, action: \"hoplab:ecs:memory-leak\", target: b, "
                          "parameters: {perSecond: 0B, perRequest: 4MiB}}\n"));
  EXPECT_THAT(event_of(twice, "DEACTIVATING"), HasSubstr(oom));
}

TEST(OomKill, TakesItsRampTime) {
  const auto run = test::run_text(two_services(
      "  - {at: 10s, action: \"hoplab:ecs:oom-kill\", target: b, parameters: {rampTime: 5s}}\n"));
  EXPECT_THAT(event_of(run, "DEACTIVATING"),
              AllOf(HasSubstr(oom), HasSubstr(R"("stoppingAt":"2026-01-05T12:00:15.000Z")")));
}

TEST(OomKill, ThatIsHealedInTimeKillsNobody) {
  const auto run = test::run_text(
      two_services("  - {at: 10s, for: 4s, action: \"hoplab:ecs:oom-kill\", target: b, "
                   "parameters: {rampTime: 5s}}\n"));
  EXPECT_EQ(event_of(run, "DEACTIVATING"), "");
  EXPECT_EQ(run.totals.failed, 0U);
}

TEST(StopTask, KillsWhoIgnoresSigtermWith137AndWithoutAReason) {
  const auto run =
      test::run_text(two_services("  - {at: 10s, action: \"aws:ecs:stop-task\", target: b}\n"));
  const std::string stopped = event_of(run, "STOPPED");
  EXPECT_THAT(stopped, AllOf(HasSubstr(R"("exitCode":137)"), HasSubstr(R"("exitCode":0)"),
                             HasSubstr(R"("stopCode":"UserInitiated")"),
                             HasSubstr(R"("stoppedReason":"Task stopped by user")"),
                             Not(HasSubstr(R"("reason":)"))));
  // SIGTERM within a second, SIGKILL 30 s later.
  const std::regex ended(R"re("executionStoppedAt":"2026-01-05T12:00:40\.)re");
  EXPECT_TRUE(std::regex_search(stopped, ended)) << stopped;
}

TEST(Count, AimsAtTasksThatRunBeforeDeadOnes) {
  const auto run = test::run_text(
      two_services("  - {at: 1s, action: \"hoplab:ecs:container-exit\", target: b, count: 1}\n"
                   "  - {at: 30s, action: \"hoplab:ecs:container-exit\", target: b, count: 1}\n",
                   "{desiredCount: 3}"));
  const auto stopped = with(run.sink->ecs_events, R"("lastStatus":"DEACTIVATING")");
  EXPECT_THAT(stopped, SizeIs(2));
}

}  // namespace
}  // namespace hoplab
