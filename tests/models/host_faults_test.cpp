// What machines do to tasks: stalls of a CPU limit, memory that runs short, credits that run out.

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> with(std::vector<std::string> lines, const std::string& text) {
  std::erase_if(lines, [&](const std::string& line) { return line.find(text) == line.npos; });
  return lines;
}

/// The median of a's calls of b that ended in [from, to).
sim::Duration median(const test::Run& run, sim::Duration from, sim::Duration to) {
  std::vector<sim::Duration> took;
  for (const auto& request : run.sink->requests.at("a->b")) {
    const sim::Duration at = request.ended.time_since_epoch();
    if (at >= from && at < to) took.push_back(request.took);
  }
  if (took.empty()) return {};
  std::ranges::sort(took);
  return took[took.size() / 2];
}

std::size_t failures(const test::Run& run) {
  std::size_t count = 0;
  for (const auto& request : run.sink->requests.at("a->b")) count += request.failed ? 1 : 0;
  return count;
}

std::string two_services(const std::string& b, const std::string& faults,
                         const std::string& more = "") {
  return "hoplab: 1\nname: hosts\nduration: 2m\nnetwork: {latency: 1ms}\n"
         "workload: [{name: users, rate: 20/s, to: a}]\n"
         "services:\n  a: {calls: [{to: b}]}\n  b: " +
         b + "\n" + more + (faults.empty() ? "" : "faults:\n") + faults;
}

TEST(Quota, TwelveHundredthsOfASecondTakeFourStallsMore) {
  sim::Diagnostics diagnostics;
  const auto scenario = scenarios::load_scenario(HOPLAB_ROOT "/scenarios/theory/cfs_stall.yaml",
                                                 models::faults::catalogue(), diagnostics);
  ASSERT_TRUE(scenario);
  const auto run = test::run_scenario(*scenario);
  ASSERT_EQ(run.sink->requests.at("s").size(), 60U);
  for (const auto& request : run.sink->requests.at("s")) {
    EXPECT_NEAR(sim::in_seconds(request.took), 0.420, 1e-5);
  }
}

// --- CPU --------------------------------------------------------------------------------------

TEST(TaskCpuStress, StarvesTheEnvoyOfTheTaskSoThatTheNetworkLooksSlow) {
  const auto run =
      test::run_text(two_services("{serviceTime: 1ms, cpu: 512}",
                                  "  - {at: 1m, action: \"aws:ecs:task-cpu-stress\", target: b, "
                                  "parameters: {duration: PT30S}}\n"));
  // Two workers use up 50 ms of CPU in 25 ms; for 75 ms of every 100 the whole task stands still.
  const auto way = [&](sim::Duration from, sim::Duration to) {
    sim::Duration sum{};
    int count = 0;
    for (const auto& hop : run.sink->hops.at("b.envoy->b.app")) {
      const sim::Duration at = hop.ended.time_since_epoch();
      if (at < from || at >= to) continue;
      sum += hop.took;
      ++count;
    }
    return sum / std::max(count, 1);
  };
  EXPECT_LT(way(0s, 1min), 3ms);
  EXPECT_GT(way(61s, 90s), 20ms);
  EXPECT_LT(way(95s, 2min), 3ms);
  EXPECT_EQ(failures(run), 0U);
  EXPECT_THAT(with(run.sink->lines_of("b", "envoy"), " 200 - "), Not(IsEmpty()));
}

// Half the weight of the system's slice leaves it two thirds of a core.
TEST(SsmCpuStress, TakesTheMachineAndGivesItBack) {
  const auto run = test::run_text(two_services(
      "{serviceTime: 5ms, cpu: 512, placement: crowded}",
      "  - {at: 30s, action: \"aws:ssm:send-command/AWSFIS-Run-CPU-Stress\", target: crowded, "
      "parameters: {DurationSeconds: 60, CPU: 64}}\n",
      "hosts: {crowded: {instanceType: m5.large}}\n"));
  const sim::Duration before = median(run, 10s, 30s);
  EXPECT_GT(median(run, 40s, 90s), before + 2ms);
  EXPECT_NEAR(sim::in_seconds(median(run, 95s, 2min)), sim::in_seconds(before), 1e-3);
}

TEST(Sidecars, TakeCpuWithinTheirTask) {
  const auto run = test::run_text(two_services("{serviceTime: 1ms}", ""));
  // The log router: 1 ms a second, and 20 us a line.
  std::vector<double> units;
  for (const auto& [stream, lines] : run.sink->lines) {
    for (const std::string& line : with(lines, R"("ContainerName":"log_router")")) {
      const auto at = line.find("\"CpuUtilized\":");
      units.push_back(std::strtod(line.c_str() + at + 14, nullptr));
    }
  }
  ASSERT_FALSE(units.empty());
  EXPECT_NEAR(*std::ranges::max_element(units), 1.024 * (1 + 0.02 * 20), 0.5);
}

TEST(CpuCredits, AStandardMachineSlowsDownWhenTheyAreUsedUp) {
  const auto run = test::run_text(two_services(
      "{serviceTime: 25ms, placement: burstable}", "",
      "hosts: {burstable: {instanceType: t3.small, creditSpecification: {cpuCredits: standard}, "
      "cpuCreditBalance: 0.1}}\n"));
  // 0.5 vCPU is wanted and 0.4 are earned: 0.1 credits last for a minute or so.
  EXPECT_LT(median(run, 5s, 20s), 40ms);
  EXPECT_GT(median(run, 100s, 120s), 500ms);
}

TEST(CpuCredits, AreTold) {
  const auto run = test::run_text(
      "hoplab: 1\nname: told\nduration: 11m\nworkload: [{rate: 1/s, to: a}]\n"
      "services: {a: {serviceTime: 100ms, placement: h}}\n"
      "hosts: {h: {instanceType: t3.micro, cpuCreditBalance: 100}}\n");
  const auto balances = with(run.sink->metrics, "\"CPUCreditBalance\"");
  ASSERT_EQ(balances.size(), 2U);
  EXPECT_THAT(balances, Each(HasSubstr(R"("Unit":"Count")")));
  EXPECT_THAT(balances[0], HasSubstr("2026-01-05T12:00:00.000Z"));
  EXPECT_THAT(balances[1], HasSubstr("2026-01-05T12:05:00.000Z"));
  // 12 credits an hour come, a tenth of a minute a minute goes.
  EXPECT_THAT(balances[0], HasSubstr(R"("Sum":100.)"));
  EXPECT_EQ(with(run.sink->metrics, "\"CPUCreditUsage\"").size(), 2U);
  EXPECT_EQ(with(run.sink->metrics, "\"CPUSurplusCreditBalance\"").size(), 2U);
}

// --- Memory -----------------------------------------------------------------------------------

TEST(MemoryPressure, MakesWorkLongerAndFailsNothing) {
  // From 90 % on, up to five times as long at the limit: at 95 % three times.
  const auto run = test::run_text(
      two_services("{serviceTime: 10ms}",
                   "  - {at: 40s, for: 40s, action: \"hoplab:ecs:memory-pressure\", target: b, "
                   "parameters: {usage: 95%, rampTime: 0s}}\n"));
  const double before = sim::in_seconds(median(run, 10s, 40s));
  EXPECT_NEAR(sim::in_seconds(median(run, 45s, 80s)), before + 0.020, 1e-3);
  EXPECT_NEAR(sim::in_seconds(median(run, 85s, 2min)), before, 1e-3);
  EXPECT_EQ(failures(run), 0U);
}

TEST(MemoryPressure, HalfARampIsGivenBackToo) {
  const auto run = test::run_text(
      two_services("{serviceTime: 10ms}",
                   "  - {at: 10s, for: 30s, action: \"hoplab:ecs:memory-pressure\", target: b, "
                   "parameters: {usage: 100%, rampTime: 100s}}\n"));
  EXPECT_THAT(with(run.sink->ecs_events, "EssentialContainer"), IsEmpty());
  const auto memory = with(run.sink->metrics, "\"MemoryUtilization\"");
  const auto of_b = with(memory, "\"Value\":\"b\"");
  ASSERT_GE(of_b.size(), 2U);
  // The second minute is as a's: 128 MiB and its sidecars.
  const auto of_a = with(memory, "\"Value\":\"a\"");
  EXPECT_EQ(of_b[1].substr(of_b[1].find("Sum")), of_a[1].substr(of_a[1].find("Sum")));
}

TEST(OomKill, OfAChildFailsItsRequestsAndLeavesTheTask) {
  const auto run = test::run_text(
      two_services("{serviceTime: {wait: 100ms}}",
                   "  - {at: 30s, for: 5s, action: \"hoplab:ecs:oom-kill\", target: b, "
                   "parameters: {rampTime: 4s, victim: child}}\n"));
  const auto lines = with(run.sink->lines_of("b", "envoy"), " 502 - ");
  EXPECT_THAT(lines, Not(IsEmpty()));
  EXPECT_EQ(failures(run), lines.size());
  EXPECT_THAT(with(run.sink->ecs_events, "EssentialContainer"), IsEmpty());
}

TEST(OomKill, OfAChildMayCloseItsConnections) {
  const auto run = test::run_text(
      two_services("{serviceTime: {wait: 100ms}}",
                   "  - {at: 30s, for: 5s, action: \"hoplab:ecs:oom-kill\", target: b, "
                   "parameters: {rampTime: 4s, victim: child, status: 0}}\n"));
  EXPECT_THAT(with(run.sink->lines_of("b", "envoy"), " 503 UC "), Not(IsEmpty()));
  EXPECT_THAT(with(run.sink->ecs_events, "EssentialContainer"), IsEmpty());
}

TEST(HostMemory, TheLargestDiesAndNobodySaysWhy) {
  const auto run =
      test::run_text(two_services("{appMemory: 4GiB, memory: 6GiB, placement: shared}",
                                  "  - {at: 20s, action: \"hoplab:ecs:memory-leak\", target: hog, "
                                  "parameters: {perSecond: 100MiB}}\n",
                                  "  hog: {memory: 8GiB, placement: shared}\n"
                                  "hosts: {shared: {instanceType: m5.large}}\n"));
  const auto stopped = with(with(run.sink->ecs_events, "\"STOPPED\""), "EssentialContainerExited");
  ASSERT_FALSE(stopped.empty());
  EXPECT_THAT(stopped.front(), HasSubstr("\"exitCode\":137"));
  EXPECT_THAT(stopped.front(), HasSubstr("service:b"));
  EXPECT_THAT(stopped.front(), Not(HasSubstr("OutOfMemoryError")));
}

TEST(SsmMemoryStress, SlowsTheTasksOfTheMachineAndKillsNone) {
  const auto run = test::run_text(two_services(
      "{serviceTime: 10ms, placement: crowded}",
      "  - {at: 30s, action: \"aws:ssm:send-command/AWSFIS-Run-Memory-Stress\", target: crowded, "
      "parameters: {DurationSeconds: 60, Percent: 95}}\n",
      "hosts: {crowded: {instanceType: m5.xlarge}}\n"));
  EXPECT_GT(median(run, 50s, 90s), median(run, 10s, 30s));
  EXPECT_THAT(with(run.sink->ecs_events, "EssentialContainer"), IsEmpty());
}

}  // namespace
}  // namespace hoplab
