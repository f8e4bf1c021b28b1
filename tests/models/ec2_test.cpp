// Machines: whom the kernel kills when memory runs out, what CPU credits allow.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/ec2/credits.hpp"
#include "models/ec2/instance.hpp"
#include "models/ec2/memory.hpp"
#include "models/ec2/memory_stress.hpp"
#include "models/ec2/stress.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::ec2 {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr sim::Bytes mebibytes(std::int64_t count) { return sim::Bytes(count * 1024 * 1024); }
constexpr double mebibyte = 1024 * 1024;

/// The clock stands at `time` then, even if nothing happens there.
void run_to(sim::Engine& engine, sim::Duration time) {
  engine.at(sim::at(time), [] {});
  engine.run(sim::at(time));
}

/// A process that writes down its death.
struct Mortal {
  Mortal(std::string a_name, std::vector<std::string>& a_list) : name(a_name), dead(a_list) {}
  void die() { dead.push_back(name); }
  std::string name;
  std::vector<std::string>& dead;
};

// --- Memory -----------------------------------------------------------------------------------

struct OneMachine : testing::Test {
  HostMemory::ProcessId start(Mortal& who, sim::Bytes held, int adjustment = 0) {
    return memory.add(
        {.held = held, .oom_score_adj = adjustment, .on_kill = sim::call<&Mortal::die>(who)});
  }
  void run(sim::Duration time) { run_to(engine, time); }

  sim::Engine engine{1};
  HostMemory memory{engine, mebibytes(1000)};
  std::vector<std::string> dead;
  Mortal small{"small", dead};
  Mortal large{"large", dead};
};

TEST_F(OneMachine, TheLargestDiesWhoeverGrew) {
  const auto leaking = start(small, mebibytes(100));
  start(large, mebibytes(600));
  memory.set(leaking, 100 * mebibyte, 10 * mebibyte);
  run(29s);
  EXPECT_THAT(dead, IsEmpty());
  EXPECT_NEAR(memory.usage(), 0.99, 1e-9);
  run(31s);
  EXPECT_THAT(dead, ElementsAre("large"));
  EXPECT_NEAR(memory.usage(), 0.41, 1e-9);
  // Alone, the leaking one has all the machine: 1000 MiB after 90 s.
  run(89s);
  EXPECT_THAT(dead, ElementsAre("large"));
  run(91s);
  EXPECT_THAT(dead, ElementsAre("large", "small"));
}

TEST_F(OneMachine, AnAdjustedScoreGoesFirst) {
  const auto leaking = start(small, mebibytes(100), 1000);
  start(large, mebibytes(600));
  memory.set(leaking, 100 * mebibyte, 10 * mebibyte);
  run(31s);
  EXPECT_THAT(dead, ElementsAre("small"));
}

TEST_F(OneMachine, WhatStartsFits) {
  start(small, mebibytes(700));
  start(large, mebibytes(900));
  run(1h);
  EXPECT_THAT(dead, IsEmpty());
}

TEST_F(OneMachine, WhoHasEndedHoldsNothing) {
  const auto id = start(large, mebibytes(900));
  memory.set(id, 900 * mebibyte, mebibyte);
  memory.remove(id);
  memory.set(id, 5000 * mebibyte, 0);
  run(1h);
  EXPECT_THAT(dead, IsEmpty());
  EXPECT_EQ(memory.used(), sim::Bytes(0));
}

TEST_F(OneMachine, StressThatAsksForTooMuchKillsItselfAndNobodyElse) {
  sim::CpuShare cpu(engine, sim::CpuUnits(2048));
  start(large, mebibytes(600));
  MemoryStress stress(engine, memory, cpu, {.workers = 1, .percent = 90});
  run(10s);
  EXPECT_THAT(dead, IsEmpty());
  // It fills what is left again and again.
  double most = 0;
  for (int step = 0; step < 100; ++step) {
    run(10s + step * 10ms);
    most = std::max(most, memory.usage());
  }
  EXPECT_GT(most, 0.95);
  stress.stop();
  EXPECT_NEAR(memory.usage(), 0.6, 1e-9);
  run(1h);
  EXPECT_THAT(dead, IsEmpty());
}

TEST_F(OneMachine, StressThatFitsHoldsItsShare) {
  sim::CpuShare cpu(engine, sim::CpuUnits(2048));
  MemoryStress stress(engine, memory, cpu, {.workers = 2, .percent = 80});
  run(10s);
  EXPECT_NEAR(memory.usage(), 0.8, 1e-9);
  EXPECT_EQ(cpu.used(), 20s);
  stress.stop();
}

// --- Stress -----------------------------------------------------------------------------------

TEST(CpuStress, AWorkerIsBusyForItsShareOfTheTime) {
  sim::Engine engine(1);
  sim::CpuShare cpu(engine, sim::CpuUnits(4096));
  const auto group = cpu.add_group({});
  Stress stress(engine, cpu, {.group = group, .workers = 3, .percent = 30});
  run_to(engine, 100s);
  EXPECT_NEAR(sim::in_seconds(cpu.used()), 90, 0.1);
  stress.stop();
  run_to(engine, 200s);
  EXPECT_NEAR(sim::in_seconds(cpu.used()), 90, 0.1);
}

// --- CPU credits ------------------------------------------------------------------------------

/// t3.small: 2 vCPUs, 24 credits an hour, at most 576, baseline 20 %.
struct Burstable : testing::Test {
  const InstanceType& type = *find_instance_type("t3.small");
  sim::Engine engine{1};
  sim::CpuShare cpu{engine, type.cpu};
  sim::CpuShare::ContainerId busy =
      cpu.add_container({.group = cpu.add_group({.weight = sim::CpuUnits(1024)})});

  CpuCredits::Spec spec(double balance, bool is_unlimited) const {
    return {
        .plan = type.credits, .cpu = type.cpu, .balance = balance, .is_unlimited = is_unlimited};
  }
  void burn(int vcpus) {
    for (int job = 0; job < vcpus; ++job) cpu.start_endless(busy);
  }
};

TEST_F(Burstable, TheTableIsAmazons) {
  EXPECT_EQ(type.credits.per_hour, 24);
  EXPECT_EQ(type.credits.maximum, 576);
  EXPECT_EQ(type.credits.baseline_percent, 20);
  EXPECT_FALSE(find_instance_type("m5.large")->credits.is_burstable());
}

TEST_F(Burstable, ACreditIsAMinuteOfAVcpuAndComesBackAtTheBaseline) {
  CpuCredits credits(engine, cpu, spec(10, false));
  run_to(engine, 30min);
  EXPECT_NEAR(credits.balance(), 22, 1e-6);
  burn(1);
  run_to(engine, 40min);
  // 10 minutes of a vCPU spent, 4 credits earned.
  EXPECT_NEAR(credits.balance(), 16, 1e-6);
  EXPECT_NEAR(credits.spent(), 10, 1e-6);
}

TEST_F(Burstable, SavesNoMoreThanADaysEarnings) {
  CpuCredits credits(engine, cpu, spec(570, false));
  run_to(engine, 1h);
  EXPECT_NEAR(credits.balance(), 576, 1e-6);
}

TEST_F(Burstable, StandardFallsToTheBaselineWhenTheBalanceIsUsedUp) {
  CpuCredits credits(engine, cpu, spec(8, false));
  burn(2);
  // 2 credits a minute go, 0.4 come: 8 last for 5 minutes.
  run_to(engine, 5min - 1s);
  EXPECT_FALSE(credits.is_throttled());
  EXPECT_EQ(cpu.used(busy), 2 * (5min - 1s));
  run_to(engine, 5min + 1s);
  EXPECT_TRUE(credits.is_throttled());
  const sim::Duration before = cpu.used(busy);
  run_to(engine, 65min + 1s);
  // 20 % of two vCPUs for an hour.
  EXPECT_NEAR(sim::in_seconds(cpu.used(busy) - before), 0.4 * 3600, 0.4 * 3600 * 0.01);
}

TEST_F(Burstable, UnlimitedGoesOnAndOwes) {
  CpuCredits credits(engine, cpu, spec(8, true));
  burn(2);
  run_to(engine, 65min);
  EXPECT_FALSE(credits.is_throttled());
  EXPECT_EQ(cpu.used(busy), 2 * 65min);
  // 130 spent, 26 earned, 8 there before.
  EXPECT_NEAR(credits.surplus(), 96, 1e-6);
  EXPECT_EQ(credits.balance(), 0);
  EXPECT_EQ(credits.charged(), 0);
  run_to(engine, 10h);
  // 1200 spent, 240 earned, 8 there before; more than a day's earnings of it is charged.
  EXPECT_NEAR(credits.surplus(), 576, 1e-6);
  EXPECT_NEAR(credits.charged(), 1200 - 240 - 8 - 576, 1e-6);
}

}  // namespace
}  // namespace hoplab::models::ec2
