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
using ::testing::ElementsAre;
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
  return events.empty() ? "" : events.front();
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

// 256 MiB for the container: 128 MiB are left, whatever the task has.
TEST(MemoryLeak, EndsAtTheContainersOwnLimitWhereItHasOne) {
  auto scenario =
      test::read_text(two_services("  - {at: 10s, action: \"hoplab:ecs:memory-leak\", target: b, "
                                   "parameters: {perSecond: 16MiB}}\n"));
  ASSERT_TRUE(scenario);
  auto& definitions = scenario->artefacts.task_definitions;
  const auto b = std::ranges::find(definitions, "b", &scenarios::TaskDefinition::family);
  ASSERT_NE(b, definitions.end());
  b->containers.front().memory = sim::Bytes(std::int64_t{256} * 1024 * 1024);
  const auto run = test::run_scenario(*scenario);
  EXPECT_THAT(event_of(run, "DEACTIVATING"),
              AllOf(HasSubstr(oom), HasSubstr(R"("stoppingAt":"2026-01-05T12:00:18.000Z")")));
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
  // The last one: in those before it only some of its containers have stopped.
  const auto events =
      with(with(run.sink->ecs_events, R"("lastStatus":"STOPPED")"), R"("service:b")");
  ASSERT_THAT(events, Not(IsEmpty()));
  const std::string stopped = events.back();
  EXPECT_THAT(stopped, AllOf(HasSubstr(R"("exitCode":137)"), HasSubstr(R"("exitCode":0)"),
                             HasSubstr(R"("stopCode":"UserInitiated")"),
                             HasSubstr(R"("stoppedReason":"Task stopped by user")"),
                             Not(HasSubstr(R"("reason":)"))));
  // SIGTERM within a second, SIGKILL 30 s later.
  const std::regex ended(R"re("executionStoppedAt":"2026-01-05T12:00:40\.)re");
  EXPECT_TRUE(std::regex_search(stopped, ended)) << stopped;
}

// --- Lost packets ------------------------------------------------------------------------------

std::string lossy(const std::string& parameters, const std::string& b = "{serviceTime: 7ms}") {
  return two_services("  - {at: 1s, action: \"hoplab:link:loss\", target: \"a->b\", parameters: " +
                          parameters + "}\n",
                      b);
}

std::vector<sim::Duration> times_of(const test::Run& run, const std::string& hop) {
  std::vector<sim::Duration> times;
  for (const auto& sample : run.sink->hops.at(hop)) {
    if (!sample.failed && sample.ended > sim::at(2s)) times.push_back(sample.took);
  }
  return times;
}

std::size_t between(const std::vector<sim::Duration>& times, sim::Duration from, sim::Duration to) {
  return static_cast<std::size_t>(
      std::ranges::count_if(times, [&](auto took) { return from <= took && took < to; }));
}

// A request and its answer are one segment each: 2 ms, and 204 ms more when it is lost once.
TEST(LinkLoss, CostsALonelySegmentItsRetransmissionTimeout) {
  const auto run = test::run_text(lossy("{loss: 5%}"));
  for (const char* hop : {"a.envoy->b.envoy", "a.envoy<-b.envoy"}) {
    const auto times = times_of(run, hop);
    expect_share(between(times, 1ms, 150ms), times.size(), 0.95);
    expect_share(between(times, 206ms, 210ms), times.size(), 0.05 * 0.95);
    EXPECT_EQ(between(times, 150ms, 206ms), 0U);
  }
  // b's Envoy cannot see it.
  EXPECT_THAT(run.sink->lines_of("b", "envoy"),
              Each(testing::ContainsRegex(" 200 - 0 1024 [0-9][0-9]? ")));
}

TEST(LinkLoss, OfOneDirectionLeavesTheOtherAlone) {
  const auto run = test::run_text(lossy("{loss: 0%, replyLoss: 20%}"));
  EXPECT_EQ(between(times_of(run, "a.envoy->b.envoy"), 150ms, 1h), 0U);
  const auto back = times_of(run, "a.envoy<-b.envoy");
  expect_share(between(back, 150ms, 1h), back.size(), 0.2);
}

// 45 segments: nearly always three more come after the lost one, and a round trip tells.
TEST(LinkLoss, InTheMiddleOfAMessageCostsOneRoundTrip) {
  const auto run = test::run_text(
      lossy("{loss: 0%, replyLoss: 1%}", "{serviceTime: 7ms, responseSize: 64000B}"));
  const auto times = times_of(run, "a.envoy<-b.envoy");
  expect_share(between(times, 1ms, 5ms), times.size(), std::pow(0.99, 45));
  EXPECT_GT(between(times, 6ms, 7ms), times.size() / 4);
}

TEST(LinkLoss, OfASynIsAConnectTimeoutWithoutALineAtTheTarget) {
  for (const char* parameters : {"{loss: 100%, replyLoss: 0%}", "{loss: 0%, replyLoss: 100%}"}) {
    const auto run = test::run_text(
        "hoplab: 1\nname: syn\nduration: 20s\nnetwork: {latency: 2ms}\n"
        "workload: [{executor: constant-arrival-rate, rate: 1/s, requests: 1, to: a, "
        "startTime: 2s}]\n"
        "services:\n  a: {calls: [{to: b}]}\n  b: {}\n"
        "faults: [{at: 1s, action: \"hoplab:link:loss\", target: \"a->b\", parameters: " +
        std::string(parameters) + "}]\n");
    EXPECT_THAT(egress_lines(run), ElementsAre(HasSubstr(" 503 UF,URX ")));
    EXPECT_THAT(run.sink->lines_of("b", "envoy"), IsEmpty());
  }
}

TEST(LinkLoss, ThatIsHealedIsForgotten) {
  const auto run = test::run_text(
      two_services("  - {at: 1s, for: 10s, action: \"hoplab:link:loss\", target: \"a->b\", "
                   "parameters: {loss: 30%}}\n"));
  for (const auto& sample : run.sink->hops.at("a.envoy->b.envoy")) {
    if (sample.ended < sim::at(40s)) continue;
    EXPECT_LT(sample.took, 10ms);
  }
}

// The SYN's answer is lost, and b's process dies before the SYN is repeated.
TEST(LinkLoss, OfAHandshakeWithADyingServerIsAFailedHop) {
  const auto run = test::run_text(
      "hoplab: 1\nname: dying\nduration: 20s\nmesh: none\nnetwork: {latency: 2ms}\n"
      "workload: [{executor: constant-arrival-rate, rate: 1/s, requests: 1, to: a, "
      "startTime: 2s}]\n"
      "services:\n  a: {calls: [{to: b}]}\n  b: {}\n"
      "faults:\n  - {at: 1s, for: 1500ms, action: \"hoplab:link:loss\", target: \"a->b\", "
      "parameters: {loss: 0%, replyLoss: 100%}}\n"
      "  - {at: 2700ms, action: \"hoplab:ecs:container-exit\", target: b}\n");
  EXPECT_THAT(run.sink->hops.at("a.app->b.app"),
              ElementsAre(testing::Field(&test::MemorySink::HopSample::failed, true)));
}

TEST(Links, HaveALatencyAJitterAndABandwidthOfTheirOwn) {
  const auto run = test::run_text(
      "hoplab: 1\nname: links\nduration: 1m\n"
      "network: {latency: 2ms, links: [{between: [a, b], latency: 5ms, jitter: 3ms}, "
      "{between: [a, c], bandwidth: 8Mbps}]}\n"
      "workload: [{rate: 20/s, to: a}]\n"
      "services:\n  a: {calls: [{to: b}, {to: c}]}\n  b: {}\n  c: {responseSize: 10kB}\n");
  const auto times = times_of(run, "a.envoy<-b.envoy");
  EXPECT_EQ(between(times, 2ms, 8100us), times.size());
  expect_share(between(times, 2ms, 5ms), times.size(), 0.5);
  expect_share(between(times, 2ms, 3500us), times.size(), 0.25);
  // 10.4 kB at 1 MB/s, and now and then another answer is on the way.
  const auto narrow = times_of(run, "a.envoy<-c.envoy");
  EXPECT_EQ(between(narrow, 12300us, 1s), narrow.size());
  EXPECT_GT(between(narrow, 12300us, 12500us), narrow.size() / 2);
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
