#include "sim/cpu_share.hpp"

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/diagnostic.hpp"
#include "sim/random.hpp"

namespace hoplab::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr CpuUnits one_core{1024};
constexpr CpuUnits two_cores{2048};

/// A machine, and the ends of jobs as they come: (job number, instant).
class Machine {
 public:
  explicit Machine(CpuUnits capacity) : cpu(engine, capacity) {}

  void start(CpuShare::ContainerId container, Duration work, std::uint64_t number = 0) {
    cpu.start(container, work, call<&Machine::end>(*this, number));
  }
  CpuShare::ContainerId container(CpuShare::GroupSpec group = {}) {
    return cpu.add_container({cpu.add_group(group), CpuUnits(1024)});
  }
  void end(std::uint64_t number) { ends.emplace_back(number, engine.now().time_since_epoch()); }
  void run() { EXPECT_EQ(engine.run(SimTime::max()), StopReason::finished); }
  void run_until(Duration time) { engine.run(at(time)); }

  Engine engine{1};
  CpuShare cpu;
  std::vector<std::pair<std::uint64_t, Duration>> ends;
};

// --- Without contention ------------------------------------------------------------------------

TEST(CpuShare, AJobAloneTakesExactlyItsWork) {
  Machine machine(one_core);
  const auto app = machine.container();
  machine.engine.at(at(7ns), [&] { machine.start(app, 350us); });
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(0, 350us + 7ns)));
  EXPECT_EQ(machine.cpu.used(app), 350us);
}

TEST(CpuShare, JobsOnCoresOfTheirOwnDoNotMeet) {
  Machine machine(two_cores);
  const auto app = machine.container();
  const auto proxy = machine.container();
  machine.start(app, 3ms, 1);
  machine.engine.at(at(1ms), [&] { machine.start(proxy, 1ms, 2); });
  machine.engine.at(at(2500us), [&] { machine.start(app, 1ms, 3); });
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(2, 2ms), Pair(1, 3ms), Pair(3, 3500us)));
}

TEST(CpuShare, AJobUsesOneCoreOnly) {
  Machine machine(CpuUnits(16 * 1024));
  machine.start(machine.container(), 10ms);
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(0, 10ms)));
}

TEST(CpuShare, ZeroWorkEndsAtThisInstantButNotWithinTheCall) {
  Machine machine(one_core);
  const auto app = machine.container();
  machine.engine.at(at(1ms), [&] {
    machine.start(app, 0ns);
    EXPECT_TRUE(machine.ends.empty());
  });
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(0, 1ms)));
}

TEST(CpuShare, ZeroWorkEndsAtOnceEvenInAThrottledGroup) {
  Machine machine(one_core);
  const auto app = machine.container({CpuUnits(1024), CpuUnits(256)});
  machine.start(app, 30ms, 1);
  machine.engine.at(at(50ms), [&] { machine.start(app, 0ns, 2); });
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(2, 50ms), Pair(1, 105ms)));
}

TEST(CpuShare, ACallbackMayStartTheNextJob) {
  Machine machine(one_core);
  const auto app = machine.container();
  int rounds = 0;
  struct Chain {
    Machine& machine;
    CpuShare::ContainerId app;
    int& rounds;
    void next() {
      machine.end(0);
      if (++rounds < 3) machine.cpu.start(app, 1ms, call<&Chain::next>(*this));
    }
  } chain{machine, app, rounds};
  machine.cpu.start(app, 1ms, call<&Chain::next>(chain));
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(0, 1ms), Pair(0, 2ms), Pair(0, 3ms)));
}

// --- Sharing -----------------------------------------------------------------------------------

TEST(CpuShare, EqualJobsShareACoreEqually) {
  Machine machine(one_core);
  const auto app = machine.container();
  machine.start(app, 10ms, 1);
  machine.start(app, 10ms, 2);
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 20ms), Pair(2, 20ms)));
}

TEST(CpuShare, ALateJobSharesFromThenOn) {
  Machine machine(one_core);
  const auto app = machine.container();
  machine.start(app, 10ms, 1);
  machine.engine.at(at(5ms), [&] { machine.start(app, 10ms, 2); });
  machine.run();
  // 5 ms alone, then 5 ms of work at half speed; the second has 5 ms left and the core for itself.
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 15ms), Pair(2, 20ms)));
}

TEST(CpuShare, ThreeJobsOnTwoCoresRunAtTwoThirds) {
  Machine machine(two_cores);
  const auto app = machine.container();
  for (std::uint64_t i = 1; i <= 3; ++i) machine.start(app, 10ms, i);
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 15ms), Pair(2, 15ms), Pair(3, 15ms)));
}

TEST(CpuShare, CompletionTimesAreRoundedUp) {
  Machine machine(two_cores);
  const auto app = machine.container();
  for (std::uint64_t i = 1; i <= 3; ++i) machine.start(app, 1ns, i);  // 1.5 ns each.
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 2ns), Pair(2, 2ns), Pair(3, 2ns)));
}

TEST(CpuShare, GroupsUnderContentionShareByWeight) {
  Machine machine(one_core);
  const auto heavy = machine.container({CpuUnits(768), CpuUnits(0)});
  const auto light = machine.container({CpuUnits(256), CpuUnits(0)});
  machine.start(heavy, 30ms, 1);
  machine.start(light, 30ms, 2);
  machine.run_until(20ms);
  EXPECT_EQ(machine.cpu.used(heavy), 15ms);
  EXPECT_EQ(machine.cpu.used(light), 5ms);
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 40ms), Pair(2, 60ms)));
}

TEST(CpuShare, ContainersOfAGroupShareByWeightWithinIt) {
  Machine machine(one_core);
  const auto group = machine.cpu.add_group({});
  const auto heavy = machine.cpu.add_container({group, CpuUnits(300)});
  const auto light = machine.cpu.add_container({group, CpuUnits(100)});
  const auto other = machine.container();  // A group of the same weight: half of the machine.
  for (int i = 0; i < 8; ++i) machine.start(light, 1s);  // Jobs do not add to a weight.
  machine.start(heavy, 1s);
  machine.start(other, 1s);
  machine.run_until(80ms);
  EXPECT_EQ(machine.cpu.used(heavy), 30ms);
  EXPECT_EQ(machine.cpu.used(light), 10ms);
  EXPECT_EQ(machine.cpu.used(other), 40ms);
}

TEST(CpuShare, WhatOneContainerCannotUseGoesToTheOthers) {
  Machine machine(CpuUnits(3 * 1024));
  const auto group = machine.cpu.add_group({});
  const auto single = machine.cpu.add_container({group, CpuUnits(900), 1});
  const auto left = machine.cpu.add_container({group, CpuUnits(50)});
  const auto right = machine.cpu.add_container({group, CpuUnits(50)});
  for (int i = 0; i < 4; ++i) {
    for (const auto container : {single, left, right}) machine.start(container, 1s);
  }
  machine.run_until(100ms);
  EXPECT_EQ(machine.cpu.used(single), 100ms) << "one thread, whatever its weight";
  EXPECT_EQ(machine.cpu.used(left), 100ms);
  EXPECT_EQ(machine.cpu.used(right), 100ms);
}

TEST(CpuShare, WhatOneGroupCannotUseGoesToTheOthers) {
  Machine machine(CpuUnits(4 * 1024));
  const auto idle_half = machine.container({CpuUnits(3072), CpuUnits(0)});  // Entitled to 3 cores.
  const auto busy = machine.container({CpuUnits(1024), CpuUnits(0)});
  machine.start(idle_half, 1s);
  for (int i = 0; i < 6; ++i) machine.start(busy, 1s);
  machine.run_until(100ms);
  EXPECT_EQ(machine.cpu.used(idle_half), 100ms);
  EXPECT_EQ(machine.cpu.used(busy), 300ms);
}

TEST(CpuShare, AContainerRunsAtMostAsManyJobsAtOnceAsItHasThreads) {
  Machine machine(CpuUnits(4 * 1024));
  const auto app = machine.cpu.add_container({machine.cpu.add_group({}), CpuUnits(2), 2});
  for (std::uint64_t i = 1; i <= 4; ++i) machine.start(app, 10ms, i);
  machine.run();
  for (const auto& end : machine.ends) EXPECT_EQ(end.second, 20ms);
}

// --- Quota -------------------------------------------------------------------------------------

TEST(CpuShare, AQuotaOfAQuarterStretches120To420Milliseconds) {
  Machine machine(one_core);
  const auto group = machine.cpu.add_group({CpuUnits(1024), CpuUnits(256)});
  const auto app = machine.cpu.add_container({group});
  machine.engine.at(at(333ns), [&] { machine.start(app, 120ms); });  // The period starts here.
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(0, 420ms + 333ns)));
  EXPECT_EQ(machine.cpu.used(app), 120ms);
  EXPECT_EQ(machine.cpu.throttled(group), 300ms);
}

TEST(CpuShare, PeriodsInWhichAGroupStoodStillAreCounted) {
  Machine machine(one_core);
  const auto group = machine.cpu.add_group({CpuUnits(1024), CpuUnits(256)});
  const auto app = machine.cpu.add_container({group});
  machine.start(app, 120ms);
  machine.run();
  EXPECT_EQ(machine.cpu.throttled_periods(group), 4U);
  EXPECT_EQ(machine.cpu.throttled(group), 300ms);
}

TEST(CpuShare, AMachineThatShrinksIsSharedAnew) {
  Machine machine(two_cores);
  const auto app = machine.container();
  machine.cpu.start_endless(app);
  machine.cpu.start_endless(app);
  machine.engine.at(at(1s), [&] { machine.cpu.set_capacity(CpuUnits(512)); });
  machine.engine.at(at(3s), [&] {
    EXPECT_EQ(machine.cpu.used(app), 3s);
    machine.cpu.set_capacity(two_cores);
  });
  machine.engine.at(at(4s), [&] { EXPECT_EQ(machine.cpu.used(app), 5s); });
  machine.run();
}

TEST(CpuShare, AQuotaOutlivesATimeInWhichTheMachineHasNoMoreThanThat) {
  Machine machine(two_cores);
  machine.cpu.set_capacity(CpuUnits(512));
  const auto group = machine.cpu.add_group({CpuUnits(1024), CpuUnits(1024)});
  const auto app = machine.cpu.add_container({group});
  machine.cpu.set_capacity(two_cores);
  machine.cpu.start_endless(app);
  machine.cpu.start_endless(app);
  machine.run_until(10s);
  EXPECT_EQ(machine.cpu.used(app), 10s);
}

TEST(CpuShare, AJobThatNobodyWaitsForTakesItsTimeWithoutAnEvent) {
  Machine machine(two_cores);
  const auto app = machine.container();
  machine.cpu.start(app, 10ms, {});
  machine.cpu.start(app, 5ms, {});
  // No core is free: both share with it, though nobody has looked since they started.
  machine.engine.at(at(1ms), [&] { machine.start(app, 6ms); });
  // One more, when the short one should be over.
  machine.engine.at(at(20ms), [&] {
    EXPECT_EQ(machine.cpu.jobs(app), 0U);
    EXPECT_EQ(machine.cpu.used(app), 21ms);
    machine.start(app, 1ms, 1);
  });
  machine.run();
  // 4, 6 and 9 ms are left at 1 ms, at 2/3 of a core each; after 6 ms of the shortest two remain.
  EXPECT_THAT(machine.ends, ElementsAre(Pair(0, 9ms), Pair(1, 21ms)));
}

TEST(CpuShare, WhoLooksSeesJobsThatNobodyWaitsForAsTheyAre) {
  Machine machine(two_cores);
  const auto app = machine.container();
  machine.cpu.start(app, 10ms, {});
  machine.engine.at(at(4ms), [&] {
    EXPECT_EQ(machine.cpu.jobs(app), 1U);
    EXPECT_EQ(machine.cpu.used(app), 4ms);
  });
  machine.engine.at(at(40ms), [&] {
    EXPECT_EQ(machine.cpu.jobs(app), 0U);
    EXPECT_EQ(machine.cpu.used(app), 10ms);
    EXPECT_EQ(machine.cpu.used(), 10ms);
  });
  machine.run();
  EXPECT_EQ(machine.engine.events_run(), 2U);
}

TEST(CpuShare, AGroupWithinItsQuotaIsNotThrottled) {
  Machine machine(two_cores);
  const auto group = machine.cpu.add_group({CpuUnits(1024), CpuUnits(1024)});
  const auto app = machine.cpu.add_container({group});
  machine.start(app, 1s);
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(0, 1s)));
  EXPECT_EQ(machine.cpu.throttled(group), 0ns);
}

TEST(CpuShare, AThrottledGroupStandsStillWhileOthersRun) {
  Machine machine(one_core);
  const auto group = machine.cpu.add_group({CpuUnits(1024), CpuUnits(256)});
  const auto capped = machine.cpu.add_container({group});
  const auto other = machine.container();
  machine.start(capped, 30ms, 1);
  machine.start(other, 100ms, 2);
  machine.run_until(50ms);  // Half speed each: the quota of 25 ms is used up.
  EXPECT_EQ(machine.cpu.used(capped), 25ms);
  machine.run_until(99ms);
  EXPECT_EQ(machine.cpu.used(capped), 25ms);
  EXPECT_EQ(machine.cpu.used(other), 74ms) << "it has the core for itself";
  EXPECT_EQ(machine.cpu.throttled(group), 49ms);
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 110ms), Pair(2, 130ms)));
}

TEST(CpuShare, ManyThreadsUseUpAQuotaTheFaster) {
  Machine machine(CpuUnits(4 * 1024));
  const auto group = machine.cpu.add_group({CpuUnits(1024), CpuUnits(1024)});
  const auto app = machine.cpu.add_container({group});
  for (std::uint64_t i = 1; i <= 4; ++i) machine.start(app, 30ms, i);
  machine.run();
  // Four cores use up 100 ms in 25 ms; the other 5 ms of each come in the next period.
  for (const auto& end : machine.ends) EXPECT_EQ(end.second, 105ms);
  EXPECT_EQ(machine.cpu.throttled(group), 75ms);
}

TEST(CpuShare, ABurstAfterAPauseStillSeesWhatThePeriodHasSpent) {
  Machine machine(one_core);
  const auto app = machine.container({CpuUnits(1024), CpuUnits(256)});
  machine.start(app, 20ms, 1);
  machine.engine.at(at(40ms), [&] { machine.start(app, 10ms, 2); });  // 5 ms are left.
  machine.engine.at(at(250ms), [&] { machine.start(app, 25ms, 3); });
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 20ms), Pair(2, 105ms), Pair(3, 275ms)));
}

TEST(CpuShare, SparseJobsUnderAQuotaNeverWait) {
  Machine machine(two_cores);
  const auto group = machine.cpu.add_group({CpuUnits(1024), CpuUnits(512)});
  const auto app = machine.cpu.add_container({group});
  for (int i = 0; i < 100; ++i) {
    machine.engine.at(at(i * 10ms), [&machine, app] { machine.start(app, 5ms); });
  }
  machine.run();
  ASSERT_EQ(machine.ends.size(), 100U);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(machine.ends[i].second, static_cast<int>(i) * 10ms + 5ms);
  }
  EXPECT_EQ(machine.cpu.throttled(group), 0ns);
}

// --- Endless jobs and cancelling ---------------------------------------------------------------

TEST(CpuShare, AnEndlessJobTakesItsShareForEver) {
  Machine machine(one_core);
  const auto app = machine.container();
  const auto stress = machine.container();
  machine.cpu.start_endless(stress);
  machine.start(app, 10ms, 1);
  machine.engine.at(at(100ms), [&] { machine.start(app, 10ms, 2); });
  machine.engine.at(at(110ms), [&] { machine.cpu.cancel_all(stress); });
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 20ms), Pair(2, 115ms)));
  EXPECT_EQ(machine.cpu.used(stress), 95ms);
  EXPECT_EQ(machine.cpu.jobs(stress), 0U);
}

TEST(CpuShare, AnEndlessJobAloneLeavesNoEvent) {
  Machine machine(one_core);
  machine.cpu.start_endless(machine.container());
  machine.run();
  EXPECT_EQ(machine.engine.events_run(), 0U);
}

TEST(CpuShare, ACancelledJobIsNotToldAndLeavesItsShare) {
  Machine machine(one_core);
  const auto victim = machine.container();
  const auto app = machine.container();
  machine.start(victim, 10ms, 1);
  machine.start(app, 10ms, 2);
  machine.engine.at(at(10ms), [&] {
    machine.cpu.cancel_all(victim);
    machine.cpu.cancel_all(victim);
  });
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(2, 15ms)));
  EXPECT_EQ(machine.cpu.used(victim), 5ms);
  EXPECT_EQ(machine.cpu.used(app), 10ms);
  machine.start(victim, 1ms, 3);  // Where one was before.
  machine.run();
  EXPECT_EQ(machine.ends.back().first, 3U);
}

// The machine hears of the cancelling first, and of the job's end at the same instant.
TEST(CpuShare, AJobThatIsCancelledAtTheInstantOfItsEndIsNotTold) {
  Machine machine(two_cores);
  const auto app = machine.container();
  machine.engine.at(at(3ms), [&] { machine.cpu.cancel_all(app); });
  machine.start(app, 3ms, 1);
  machine.run();
  EXPECT_TRUE(machine.ends.empty());
  EXPECT_EQ(machine.cpu.used(app), 3ms);
}

TEST(CpuShare, AnEndedJobMakesRoomForTheOneThatItsEndStarts) {
  Machine machine(one_core);
  const auto app = machine.container();
  struct Chain {
    Machine& machine;
    CpuShare::ContainerId app;
    void next(std::uint64_t number) {
      machine.end(number);
      if (number < 3) machine.cpu.start(app, 2ms, call<&Chain::next>(*this, number + 1));
    }
  } chain{machine, app};
  machine.cpu.start(app, 2ms, call<&Chain::next>(chain, 1));
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(1, 2ms), Pair(2, 4ms), Pair(3, 6ms)));
  EXPECT_EQ(machine.engine.events_run(), 3U) << "no event but the ends";
  EXPECT_EQ(machine.cpu.used(app), 6ms);
}

TEST(CpuShare, CancelAllStopsOneContainerOnly) {
  Machine machine(one_core);
  const auto app = machine.container();
  const auto other = machine.container();
  machine.start(app, 10ms, 1);
  machine.cpu.start_endless(app);
  machine.start(other, 10ms, 2);
  EXPECT_EQ(machine.cpu.jobs(app), 2U);
  machine.engine.at(at(10ms), [&] { machine.cpu.cancel_all(app); });
  machine.run();
  EXPECT_THAT(machine.ends, ElementsAre(Pair(2, 15ms)));
  EXPECT_EQ(machine.cpu.jobs(app), 0U);
  EXPECT_EQ(machine.cpu.used(app), 5ms);
}

TEST(CpuShare, UnknownNamesAreBrokenInvariants) {
  Machine machine(one_core);
  EXPECT_THROW(machine.start({7}, 1ms), InternalError);
  EXPECT_THROW(machine.start(machine.container(), -1ns), InternalError);
  EXPECT_THROW((void)machine.cpu.used(CpuShare::ContainerId{7}), InternalError);
  EXPECT_THROW((void)machine.cpu.throttled({7}), InternalError);
  EXPECT_THROW(machine.cpu.add_container({{7}}), InternalError);
}

// --- Against a slow and simple model -----------------------------------------------------------

/// Steps of one microsecond, and in each the rates from first principles: the cores are handed out
/// in slivers to whoever has had least per weight.
class SmallSteps {
 public:
  struct Job {
    std::size_t container;
    double left;
    bool done = false;
    std::int64_t end = -1;
  };

  explicit SmallSteps(std::vector<double> weights) : weights_(std::move(weights)) {}
  void start(std::size_t container, Duration work) {
    jobs_.push_back({container, static_cast<double>(work.count())});
  }
  void step(double cores) {
    std::vector<double> count(weights_.size());
    for (const Job& job : jobs_) count[job.container] += job.done ? 0 : 1;
    if (count != count_) pour(cores, count);
    ++now_;
    for (Job& job : jobs_) {
      if (job.done) continue;
      job.left -= 1000 * rate_[job.container] / count_[job.container];
      if (job.left > 1e-6) continue;
      job.done = true;
      job.end = now_;
    }
  }
  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }

 private:
  void pour(double cores, const std::vector<double>& count) {
    count_ = count;
    rate_.assign(count.size(), 0);
    for (double poured = 0; poured + 1e-9 < cores; poured += sliver) {
      std::size_t thirsty = count.size();
      for (std::size_t i = 0; i < count.size(); ++i) {
        if (rate_[i] >= count[i]) continue;
        if (thirsty == count.size() ||
            rate_[i] / weights_[i] < rate_[thirsty] / weights_[thirsty]) {
          thirsty = i;
        }
      }
      if (thirsty == count.size()) return;
      rate_[thirsty] += sliver;
    }
  }

  static constexpr double sliver = 1.0 / 4096;
  std::vector<double> weights_;
  std::vector<double> count_;
  std::vector<double> rate_;
  std::vector<Job> jobs_;
  std::int64_t now_ = 0;
};

TEST(CpuShare, AgreesWithASimulationInSmallSteps) {
  Machine machine(two_cores);
  SmallSteps reference({1024, 512, 2048});
  std::vector<CpuShare::ContainerId> containers;
  for (const int weight : {1024, 512, 2048}) {
    containers.push_back(machine.container({CpuUnits(weight), CpuUnits(0)}));
  }
  Rng rng = Rng::stream(6, "load");
  std::uint64_t started = 0;
  for (std::int64_t us = 0; us < 30'000; ++us) {
    if (rng.below(300) == 0 && us < 20'000) {
      const std::size_t where = rng.below(containers.size());
      const Duration work(static_cast<std::int64_t>(1000 * (50 + rng.below(1500))));
      machine.engine.at(at(Duration(us * 1000)), [&machine, &containers, where, work, started] {
        machine.start(containers[where], work, started);
      });
      ++started;
      reference.start(where, work);
    }
    reference.step(2.0);
  }
  machine.run();
  ASSERT_GT(started, 50U);
  ASSERT_EQ(machine.ends.size(), started);
  for (const auto& [number, time] : machine.ends) {
    const auto& job = reference.jobs()[number];
    ASSERT_TRUE(job.done);
    // Steps of a microsecond and slivers of a 4096th of a core add up over a job's stay.
    EXPECT_NEAR(static_cast<double>(time.count()), static_cast<double>(job.end) * 1000, 20'000);
  }
}

/// Keeps `jobs` in flight on one machine until `ends` have ended.
struct Crowd {
  Crowd(std::uint64_t jobs, std::uint64_t ends) : ends_left(ends) {
    for (std::uint64_t i = 0; i < jobs; ++i) next();
  }
  void next() {
    cpu.start(app, Duration(static_cast<std::int64_t>(100'000 + rng.below(1'000'000))),
              call<&Crowd::ended>(*this));
  }
  void ended() {
    if (--ends_left > 0) next();
    if (ends_left == 0) cpu.cancel_all(app);
  }
  Engine engine{1};
  CpuShare cpu{engine, two_cores};
  CpuShare::ContainerId app = cpu.add_container({cpu.add_group({})});
  Rng rng = Rng::stream(7, "crowd");
  std::uint64_t ends_left;
};

double nanoseconds_per_job(std::uint64_t jobs) {
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    Crowd crowd(jobs, 100'000);
    const std::clock_t start = std::clock();
    crowd.engine.run(SimTime::max());
    best = std::min(best, static_cast<double>(std::clock() - start) * 1e9 / CLOCKS_PER_SEC / 1e5);
  }
  return best;
}

// Overload is what faults create; a model whose arrivals cost as much as jobs are in flight would
// stand still just then.
TEST(CpuShare, TenThousandJobsCostNotMuchMoreEachThanAHundred) {
  EXPECT_LT(nanoseconds_per_job(10'000), 3 * nanoseconds_per_job(100));
}

}  // namespace
}  // namespace hoplab::sim
