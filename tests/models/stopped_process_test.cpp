// SIGSTOP and SIGCONT: a process that is there and does nothing, and what its callers see of it.

#include <gmock/gmock.h>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> with(std::vector<std::string> lines, const std::string& text) {
  std::erase_if(lines, [&](const std::string& line) { return line.find(text) == line.npos; });
  return lines;
}

std::string signal(const std::string& at, const std::string& process, const std::string& name) {
  return "  - {at: " + at + ", action: \"aws:ecs:task-kill-process\", target: b, parameters: " +
         "{processName: " + process + ", signal: " + name + "}}\n";
}

/// a calls b twice a second.
test::Run run_with(const std::string& faults, const std::string& b = "serviceTime: 2ms") {
  return test::run_text(
      "hoplab: 1\nname: stopped\nduration: 90s\nnetwork: {latency: 1ms}\n"
      "workload: [{name: users, executor: constant-arrival-rate, rate: 2/s, to: a}]\n"
      "services:\n  a: {calls: [{to: b}]}\n  b: {" +
      b + "}\nfaults:\n" + faults);
}

std::vector<std::string> egress_lines(const test::Run& run) {
  return with(run.sink->lines_of("a", "envoy"), "b.local:8080");
}

/// Whether the calls that ended in a span failed: all of them, or none.
void expect_failed(const test::Run& run, sim::Duration from, sim::Duration to, bool failed) {
  int count = 0;
  for (const auto& request : run.sink->requests.at("a->b")) {
    const sim::Duration ended = request.ended.time_since_epoch();
    if (ended < from || ended >= to) continue;
    ++count;
    EXPECT_EQ(request.failed, failed) << sim::format(ended);
  }
  EXPECT_GE(count, 10);
}

TEST(Sigstop, AnEnvoyThatStandsStillIsA504AndLeavesNoLine) {
  const auto run = run_with(signal("20s", "envoy", "SIGSTOP"));
  EXPECT_THAT(with(egress_lines(run), " 504 UT "), Not(IsEmpty()));
  EXPECT_THAT(with(run.sink->lines_of("b", "envoy"), "2026-01-05T12:00:"), SizeIs(40))
      << "of the first 20 s alone";
  expect_failed(run, 20s, 90s, true);
  EXPECT_THAT(with(run.sink->ecs_events, "STOPPED"), IsEmpty());
}

TEST(Sigstop, AnApplicationThatStandsStillIsA504ThatItsEnvoySees) {
  const auto run = run_with(signal("20s", "app", "SIGSTOP"));
  EXPECT_THAT(with(egress_lines(run), " 504 UT "), Not(IsEmpty()));
  const auto lines = run.sink->lines_of("b", "envoy");
  EXPECT_THAT(with(lines, " 0 DC "), Not(IsEmpty()));
  EXPECT_THAT(with(run.sink->lines_of("b", "app"), "request handled"), SizeIs(40));
  expect_failed(run, 20s, 90s, true);
}

TEST(Sigcont, WakesAnEnvoy) {
  const auto run = run_with(signal("20s", "envoy", "SIGSTOP") + signal("40s", "envoy", "SIGCONT"));
  expect_failed(run, 21s, 40s, true);
  expect_failed(run, 41s, 90s, false);
}

// What it has got meanwhile it works off, though its callers have gone.
TEST(Sigcont, WakesAnApplication) {
  const auto run = run_with(signal("20s", "app", "SIGSTOP") + signal("40s", "app", "SIGCONT"),
                            "serviceTime: 0s");
  expect_failed(run, 21s, 40s, true);
  expect_failed(run, 41s, 90s, false);
  EXPECT_THAT(with(run.sink->lines_of("b", "app"), "request handled"), SizeIs(180));
}

// Its accept queue is as long as ever, and nobody takes anything out of it.
TEST(Sigstop, AnApplicationsAcceptQueueFillsUp) {
  const auto run = run_with(signal("20s", "app", "SIGSTOP"),
                            "serviceTime: 2ms, acceptQueue: 3, acceptQueueOverflow: reset");
  EXPECT_THAT(with(run.sink->lines_of("b", "envoy"), " 503 UF "), Not(IsEmpty()));
}

// A signal to a stopped process is pending, not lost.
TEST(Sigcont, BringsTheSigtermThatCameMeanwhile) {
  const auto run = run_with(signal("20s", "app", "SIGSTOP") + signal("30s", "app", "SIGTERM") +
                                signal("40s", "app", "SIGCONT"),
                            "onSigterm: die");
  const auto ended = with(run.sink->ecs_events, "\"exitCode\":143");
  ASSERT_THAT(ended, Not(IsEmpty()));
  EXPECT_THAT(ended.front(), HasSubstr("2026-01-05T12:00:40"));
}

// ECS stops the task: its SIGTERM waits too, and the stop time-out of 30 s runs.
TEST(Sigcont, BringsTheSigtermOfEcs) {
  const auto run = run_with(signal("20s", "app", "SIGSTOP") +
                                "  - {at: 30s, action: \"aws:ecs:stop-task\", target: b}\n" +
                                signal("40s", "app", "SIGCONT"),
                            "onSigterm: die");
  EXPECT_THAT(with(run.sink->ecs_events, "\"exitCode\":143"), Not(IsEmpty()));
  EXPECT_THAT(with(run.sink->ecs_events, "\"exitCode\":137"), IsEmpty());
}

TEST(Sigcont, FindsThatTheChildWasKilledMeanwhileWithTheCallsItHadMade) {
  const auto run = test::run_text(
      "hoplab: 1\nname: stopped\nduration: 60s\nnetwork: {latency: 1ms}\n"
      "workload: [{name: users, executor: constant-arrival-rate, rate: 20/s, to: a}]\n"
      "services:\n  a: {calls: [{to: b, timeout: 2s}]}\n"
      "  b: {calls: [{to: c}]}\n  c: {serviceTime: {wait: 400ms}}\nfaults:\n"
      "  - {at: 10s, action: \"hoplab:ecs:oom-kill\", target: b, parameters: "
      "{victim: child, status: 0, rampTime: 10s}}\n" +
      signal("19s", "app", "SIGSTOP") + signal("30s", "app", "SIGCONT"));
  EXPECT_THAT(with(run.sink->ecs_events, "STOPPED"), IsEmpty());
}

TEST(Sigkill, EndsWhatStandsStill) {
  const auto run = run_with(signal("20s", "app", "SIGSTOP") + signal("30s", "app", "SIGTERM") +
                            signal("40s", "app", "SIGKILL"));
  const auto ended = with(run.sink->ecs_events, "\"exitCode\":137");
  ASSERT_THAT(ended, Not(IsEmpty()));
  EXPECT_THAT(with(run.sink->ecs_events, "\"exitCode\":143"), IsEmpty());
  EXPECT_THAT(ended.front(), HasSubstr("2026-01-05T12:00:40"));
}

}  // namespace
}  // namespace hoplab
