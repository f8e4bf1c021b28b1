// Too little CPU or memory, of the machine or up to a task's own limit, and what looks like it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/diagnosis/diagnose.hpp"
#include "tests/diagnosis/fake_telemetry.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::diagnosis {
namespace {

using test::Access;
using test::FakeTelemetry;
using test::zero_ms;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr std::int64_t minute = 60'000;

class ShortageTest : public ::testing::Test {
 protected:
  /// Ten requests a second: good ones, and slow ones from the third minute to the fifth.
  template <typename Slow>
  static void load(FakeTelemetry& telemetry, const Slow& slow) {
    for (std::int64_t at = 0; at < 5 * minute; at += 100) {
      const std::string id = "request-" + std::to_string(at);
      at >= 2 * minute&& at < 4 * minute ? slow(at, id) : telemetry.good(at, id);
    }
  }
  /// b's application takes `app` ms, and its Envoy `beside` more.
  static void slow(FakeTelemetry& telemetry, std::int64_t at, const std::string& id, int app,
                   int beside) {
    telemetry.access(
        "a1", {.at = at, .took = 4 + app + beside, .request = id, .upstream = "10.0.0.2:8080"});
    telemetry.access(
        "b1", {.at = at + 2, .took = app + beside, .request = id, .upstream = "127.0.0.1:8080"});
    telemetry.answer("b1", at + 2 + app + beside, id, std::to_string(app) + ".000", 200);
  }
  [[nodiscard]] Finding answer() const { return diagnose(folder_ / "r", {}).main(); }

  testing::TemporaryFolder folder_;
};

TEST_F(ShortageTest, ATaskAtItsLimitWhoseContainersAreIdleLacksCpuAndHasNoLoop) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    load(telemetry, [&](auto at, const auto& id) { slow(telemetry, at, id, 9, 40); });
    for (const int at : {0, 1, 2, 3, 4}) {
      telemetry.cpu("b1", at * minute, at == 2 || at == 3 ? 1024 : 80);
      telemetry.container_cpu("b1", "app", at * minute, 50);
      telemetry.container_cpu("b1", "envoy", at * minute, 20);
    }
  }
  const Finding finding = answer();
  EXPECT_EQ(finding.verdict, Verdict::host_overloaded);
  EXPECT_EQ(finding.candidates.front().cause, "cpu-of-the-task");
  EXPECT_THAT(finding.evidence,
              Contains(Field(&Citation::says, HasSubstr("container app took the most of all"))));
  EXPECT_THAT(finding.rejected, Contains(Field(&Rejection::verdict, Verdict::app_infinite_loop)));
}

TEST_F(ShortageTest, ATaskWhoseOwnApplicationTakesAllItsCpuDoesNotLackIt) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    load(telemetry, [&](auto at, const auto& id) { slow(telemetry, at, id, 9, 40); });
    for (const int at : {0, 1, 2, 3, 4}) {
      const bool is_busy = at == 2 || at == 3;
      telemetry.cpu("b1", at * minute, is_busy ? 1024 : 80);
      telemetry.container_cpu("b1", "app", at * minute, is_busy ? 1000 : 50);
    }
  }
  EXPECT_NE(answer().verdict, Verdict::host_overloaded);
}

TEST_F(ShortageTest, AMachineWithoutCreditsIsOverloadedAtTwentyPercent) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    load(telemetry, [&](auto at, const auto& id) { slow(telemetry, at, id, 900, 5); });
    for (const int at : {0, 1, 2, 3, 4}) {
      telemetry.machine_metric("host-b", "CPUUtilization", at * minute, at < 2 ? 30 : 20);
      telemetry.cpu("b1", at * minute, at < 2 ? 600 : 400);
    }
    telemetry.machine_metric("host-b", "CPUCreditBalance", 0, 0);
  }
  const Finding finding = answer();
  EXPECT_EQ(finding.verdict, Verdict::host_overloaded);
  EXPECT_EQ(finding.candidates.front().cause, "cpu-credits");
  EXPECT_THAT(finding.evidence, Contains(Field(&Citation::metric, "AWS/EC2 CPUCreditBalance")));
}

TEST_F(ShortageTest, AnUnlimitedMachineIsNotSlowedDownByAnEmptyBalance) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    load(telemetry, [&](auto at, const auto& id) { slow(telemetry, at, id, 900, 0); });
    for (const int at : {0, 1, 2, 3, 4}) {
      telemetry.machine_metric("host-b", "CPUUtilization", at * minute, 30);
    }
    telemetry.machine_metric("host-b", "CPUCreditBalance", 0, 0);
    telemetry.machine_metric("host-b", "CPUSurplusCreditBalance", 0, 3.5);
  }
  EXPECT_EQ(answer().verdict, Verdict::app_slow_version);
}

TEST_F(ShortageTest, MemoryThatClimbedToItsLimitMakesTheApplicationSlow) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    load(telemetry, [&](auto at, const auto& id) { slow(telemetry, at, id, 60, 0); });
    for (const int at : {0, 1, 2, 3, 4}) {
      telemetry.memory("b1", at * minute, at == 0 ? 300 : 1000, 1024);
    }
  }
  const Finding finding = answer();
  EXPECT_EQ(finding.verdict, Verdict::host_overloaded);
  EXPECT_EQ(finding.candidates.front().cause, "memory-of-the-task");
}

TEST_F(ShortageTest, MemoryThatWasAlwaysFullExplainsNothing) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    load(telemetry, [&](auto at, const auto& id) { slow(telemetry, at, id, 60, 0); });
    for (const int at : {0, 1, 2, 3, 4}) telemetry.memory("b1", at * minute, 1000, 1024);
  }
  EXPECT_EQ(answer().verdict, Verdict::app_slow_version);
}

/// b is killed at two minutes; its neighbour's memory had grown to `grown` MiB.
void kill_beside_a_hog(FakeTelemetry& telemetry, int grown, int own_limit) {
  telemetry.task("hog", "h1", "10.0.0.3", "host-b");
  telemetry.machine("host-b", "m5.large");
  for (const int at : {0, 1, 2}) {
    telemetry.memory("b1", at * minute, 4300, own_limit);
    telemetry.memory("h1", at * minute, at == 0 ? 300 : grown, 7168);
  }
  telemetry.ends("b1", 2 * minute, 137, "");
}

TEST_F(ShortageTest, WhoIsKilledWhenTheMachinesMemoryIsFullHasNotCrashed) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    kill_beside_a_hog(telemetry, 3500, 6144);
    load(telemetry, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  const Finding finding = answer();
  EXPECT_EQ(finding.verdict, Verdict::host_overloaded);
  EXPECT_EQ(finding.candidates.front().cause, "memory-of-the-machine");
  EXPECT_EQ(finding.extent.tasks, std::vector<std::string>{"b1"});
  EXPECT_THAT(finding.evidence, Contains(Field(&Citation::says, HasSubstr("a task of hog"))));
  EXPECT_THAT(finding.rejected, Contains(Field(&Rejection::verdict, Verdict::app_crashed)));
}

TEST_F(ShortageTest, A137OnAMachineWithRoomIsACrash) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    kill_beside_a_hog(telemetry, 900, 6144);
    load(telemetry, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  EXPECT_EQ(answer().verdict, Verdict::app_crashed);
}

TEST_F(ShortageTest, A137AtItsOwnLimitIsNotTheMachines) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    kill_beside_a_hog(telemetry, 3500, 4400);
    load(telemetry, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  EXPECT_EQ(answer().verdict, Verdict::app_crashed);
}

}  // namespace
}  // namespace hoplab::report::diagnosis
