#include "sim/engine.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
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
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr SimTime forever = SimTime::max();

/// Writes down which events ran, and when.
struct Log {
  explicit Log(Engine& of) : engine(of) {}
  void add(std::uint64_t what) {
    entries.push_back(what);
    times.push_back(engine.now().time_since_epoch());
  }
  Engine& engine;
  std::vector<std::uint64_t> entries;
  std::vector<Duration> times;
};

TEST(Engine, RunsEventsInOrderOfTimeThenOfInsertion) {
  Engine engine(1);
  Log log(engine);
  engine.at(at(2ms), call<&Log::add>(log, 1));
  engine.at(at(1ms), call<&Log::add>(log, 2));
  engine.at(at(2ms), call<&Log::add>(log, 3));
  engine.at(at(1ms), call<&Log::add>(log, 4));
  EXPECT_EQ(engine.run(forever), StopReason::finished);
  EXPECT_THAT(log.entries, ElementsAre(2, 4, 1, 3));
  EXPECT_THAT(log.times, ElementsAre(1ms, 1ms, 2ms, 2ms));
  EXPECT_EQ(engine.events_run(), 4U);
  EXPECT_EQ(engine.now(), at(2ms));
}

TEST(Engine, TakesClosuresToo) {
  Engine engine(1);
  std::vector<int> seen;
  auto held = std::make_shared<int>(7);
  engine.after(1ms, [&seen, held] { seen.push_back(*held); });
  engine.after(1ms, [&] { engine.after(1ms, [&] { seen.push_back(8); }); });
  EXPECT_EQ(held.use_count(), 2);
  engine.run(forever);
  EXPECT_THAT(seen, ElementsAre(7, 8));
  EXPECT_EQ(held.use_count(), 1) << "a closure that has run is released";
}

TEST(Engine, ReleasesACancelledClosureAtOnce) {
  Engine engine(1);
  const auto held = std::make_shared<int>(7);
  const EventId event = engine.after(1h, [held] {});
  engine.cancel(event);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(engine.run(forever), StopReason::finished);
  EXPECT_EQ(engine.now(), at(0s)) << "a cancelled event does not move the clock";
}

TEST(Engine, RunsUpToAndIncludingTheHorizon) {
  Engine engine(1);
  Log log(engine);
  for (int ms = 1; ms <= 4; ++ms) engine.at(at(ms * 1ms), call<&Log::add>(log, 0));
  EXPECT_EQ(engine.run(at(2ms)), StopReason::horizon);
  EXPECT_EQ(log.entries.size(), 2U);
  EXPECT_EQ(engine.run(at(3500us)), StopReason::horizon);
  EXPECT_EQ(log.entries.size(), 3U);
  EXPECT_EQ(engine.now(), at(3500us));
  EXPECT_EQ(engine.run(at(10s)), StopReason::finished);
  EXPECT_EQ(engine.now(), at(4ms)) << "the clock goes to the horizon only when it stops there";
}

TEST(Engine, StopsAfterExactlyAsManyEventsAsAsked) {
  Engine engine(1);
  Log log(engine);
  for (int i = 0; i < 10'000; ++i) engine.after(1ms, call<&Log::add>(log, 0));
  EXPECT_EQ(engine.run(forever, 5000), StopReason::event_limit);
  EXPECT_EQ(log.entries.size(), 5000U);
  EXPECT_EQ(engine.run(forever, 4999), StopReason::event_limit);
  EXPECT_EQ(log.entries.size(), 9999U);
  EXPECT_EQ(engine.run(forever, 2), StopReason::finished);
}

struct Endless {
  Engine& engine;
  std::atomic<bool>& flag;
  void step() {
    if (engine.events_run() == 10'000) flag = true;
    engine.after(1ns, call<&Endless::step>(*this));
  }
};

TEST(Engine, HeedsAnInterruptionWithinAFewThousandEvents) {
  Engine engine(1);
  std::atomic<bool> interrupted = false;
  Endless endless{engine, interrupted};
  endless.step();
  EXPECT_EQ(engine.run(forever, ~std::uint64_t{0}, &interrupted), StopReason::interrupted);
  EXPECT_GE(engine.events_run(), 10'000U);
  EXPECT_LE(engine.events_run(), 15'000U);
}

TEST(Engine, RefusesAnEventInThePast) {
  Engine engine(1);
  engine.after(1ms, [&] {
    EXPECT_THAT([&] { engine.at(at(999us), Callback{}); },
                ThrowsMessage<InternalError>(HasSubstr("engine.hpp:")));
  });
  engine.run(forever);
}

TEST(Engine, CancelsHarmlesslyWhatIsOver) {
  Engine engine(1);
  Log log(engine);
  engine.cancel(EventId{});
  const EventId ran = engine.after(1ms, call<&Log::add>(log, 1));
  const EventId cancelled = engine.after(1ms, call<&Log::add>(log, 2));
  engine.cancel(cancelled);
  engine.cancel(cancelled);
  engine.run(forever);
  const EventId next = engine.after(1ms, call<&Log::add>(log, 3));  // In a slot used before.
  engine.cancel(ran);
  engine.cancel(cancelled);
  engine.run(forever);
  EXPECT_THAT(log.entries, ElementsAre(1, 3));
  EXPECT_FALSE(next == ran);
}

TEST(Engine, CancelsFromWithinACallback) {
  Engine engine(1);
  Log log(engine);
  EventId second;
  EventId first = engine.after(1ms, [&] {
    engine.cancel(first);  // Itself: it is running, so it is over.
    engine.cancel(second);
    engine.after(0ms, call<&Log::add>(log, 3));
  });
  second = engine.after(1ms, call<&Log::add>(log, 2));
  engine.run(forever);
  EXPECT_THAT(log.entries, ElementsAre(3));
  EXPECT_EQ(engine.events_run(), 2U) << "only callbacks that ran are counted";
}

TEST(TimeoutQueue, FiresAfterItsLengthUnlessCancelled) {
  Engine engine(1);
  Log log(engine);
  TimeoutQueue timeouts(engine, 15s);
  timeouts.start(call<&Log::add>(log, 1));
  const auto second = timeouts.start(call<&Log::add>(log, 2));
  engine.after(1s, [&] { timeouts.start(call<&Log::add>(log, 3)); });
  engine.after(2s, [&] { timeouts.cancel(second); });
  engine.run(forever);
  EXPECT_THAT(log.entries, ElementsAre(1, 3));
  EXPECT_THAT(log.times, ElementsAre(15s, 16s));
  timeouts.cancel(second);
  timeouts.cancel({});
}

TEST(TimeoutQueue, LeavesNoTraceOfWhatWasCancelled) {
  Engine engine(1);
  Log log(engine);
  TimeoutQueue timeouts(engine, 15s);
  engine.after(1s, [&] {
    const auto id = timeouts.start(call<&Log::add>(log, 1));
    engine.after(1s, [&timeouts, id] { timeouts.cancel(id); });
  });
  EXPECT_EQ(engine.run(forever), StopReason::finished);
  EXPECT_EQ(engine.now(), at(2s)) << "a dead time-out does not move the clock";
  EXPECT_EQ(engine.events_run(), 2U);
}

TEST(TimeoutQueue, KeepsItsPlaceAmongEventsOfTheSameInstant) {
  Engine engine(1);
  Log log(engine);
  TimeoutQueue timeouts(engine, 1ms);
  engine.after(1ms, call<&Log::add>(log, 1));
  timeouts.start(call<&Log::add>(log, 2));
  engine.after(1ms, call<&Log::add>(log, 3));
  timeouts.start(call<&Log::add>(log, 4));
  engine.after(1ms, call<&Log::add>(log, 5));
  engine.run(forever);
  EXPECT_THAT(log.entries, ElementsAre(1, 2, 3, 4, 5));
}

/// Does a million random things to an engine and keeps its own sorted list of what must happen.
class Storm {
 public:
  explicit Storm(std::uint64_t seed) : rng_(Rng::stream(seed, "storm")) {
    for (const Duration length : {0ns, 3ns, 20ns}) {
      queues_.push_back(std::make_unique<TimeoutQueue>(engine_, length));
    }
    for (int i = 0; i < 50; ++i) act();
  }

  void happen(std::uint64_t number) {
    ASSERT_FALSE(expected_.empty());
    const auto& [time, next] = *expected_.begin();
    ASSERT_EQ(next, number);
    ASSERT_EQ(engine_.now(), at(Duration(time)));
    expected_.erase(expected_.begin());
    ++happened_;
    const std::size_t pending = 1 + rng_.below(100);
    while (expected_.size() < pending && acts_ < 1'000'000) act();
  }

  void run() { EXPECT_EQ(engine_.run(forever), StopReason::finished); }
  [[nodiscard]] bool all_happened() const { return expected_.empty(); }
  [[nodiscard]] std::uint64_t happened() const { return happened_; }
  [[nodiscard]] std::uint64_t acts() const { return acts_; }
  [[nodiscard]] const Engine& engine() const { return engine_; }

 private:
  struct Known {
    std::int64_t time;
    EventId event;
    std::size_t queue;
    TimeoutQueue::Id timeout;
  };

  void act() {
    ++acts_;
    const std::int64_t now = engine_.now().time_since_epoch().count();
    const std::uint64_t number = known_.size();
    switch (rng_.below(3)) {
      case 0: {  // Few distinct times: many events share an instant.
        const std::int64_t time = now + static_cast<std::int64_t>(rng_.below(30));
        const EventId id = engine_.at(at(Duration(time)), call<&Storm::happen>(*this, number));
        known_.push_back({time, id, 0, {}});
        expected_.emplace(time, number);
        break;
      }
      case 1: {
        const std::size_t queue = rng_.below(queues_.size());
        const std::int64_t time = now + queues_[queue]->length().count();
        const auto id = queues_[queue]->start(call<&Storm::happen>(*this, number));
        known_.push_back({time, {}, queue, id});
        expected_.emplace(time, number);
        break;
      }
      default: {  // Cancel something recent: pending, over or cancelled before.
        if (known_.empty()) return;
        const std::uint64_t victim =
            known_.size() - 1 - rng_.below(std::min<std::uint64_t>(known_.size(), 60));
        const Known& known = known_[victim];
        if (known.event.is_set()) {
          engine_.cancel(known.event);
        } else {
          queues_[known.queue]->cancel(known.timeout);
        }
        expected_.erase({known.time, victim});
      }
    }
  }

  Engine engine_{1};
  Rng rng_;
  std::vector<std::unique_ptr<TimeoutQueue>> queues_;
  std::vector<Known> known_;
  std::set<std::pair<std::int64_t, std::uint64_t>> expected_;  // (time, order of insertion)
  std::uint64_t acts_ = 0;
  std::uint64_t happened_ = 0;
};

TEST(Engine, ExecutesAnyMixOfEventsTimeoutsAndCancelsInTheOrderOfASortedList) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Storm storm(seed);
    storm.run();
    EXPECT_TRUE(storm.all_happened());
    EXPECT_EQ(storm.acts(), 1'000'000U);
    EXPECT_GT(storm.happened(), 300'000U);
    EXPECT_EQ(storm.engine().events_run(), storm.happened());
  }
}

/// The same test with a heap of thousands: deep sift paths.
TEST(Engine, SortsAHundredThousandPendingEvents) {
  Engine engine(1);
  Log log(engine);
  Rng rng = Rng::stream(4, "times");
  std::vector<std::pair<Duration, std::uint64_t>> expected;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const Duration time(static_cast<std::int64_t>(rng.below(20'000)));
    engine.at(at(time), call<&Log::add>(log, i));
    expected.emplace_back(time, i);
  }
  std::sort(expected.begin(), expected.end());
  engine.run(forever);
  ASSERT_EQ(log.entries.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(log.entries[i], expected[i].second);
}

}  // namespace
}  // namespace hoplab::sim
