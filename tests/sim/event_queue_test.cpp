// The order of what comes next.
#include "sim/event_queue.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <tuple>
#include <vector>

#include "sim/random.hpp"

namespace hoplab::sim {
namespace {

struct Entry {
  std::uint64_t time = 0;
  std::uint64_t number = 0;
  [[nodiscard]] Rank rank() const { return make_rank(time, number); }
  [[nodiscard]] bool is_before(const Entry& other) const {
    return std::tie(time, number) < std::tie(other.time, other.number);
  }
  [[nodiscard]] static Entry last() {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return {most, most};
  }
};

/// The queue beside the standard library's, which is asked the same.
class Pair {
 public:
  void push(std::uint64_t time) {
    queue_.push({time, ++numbers_});
    others_.emplace(time, numbers_);
  }
  /// Whether both have the same first, which then leaves.
  bool take() {
    const Entry first = queue_.first();
    const bool is_same = first.time == others_.top().first && first.number == others_.top().second;
    queue_.drop_first();
    others_.pop();
    now_ = first.time;
    return is_same;
  }
  [[nodiscard]] std::size_t size() const { return others_.size(); }
  [[nodiscard]] std::uint64_t now() const { return now_; }
  [[nodiscard]] bool is_empty() { return queue_.first().time == Entry::last().time; }

 private:
  using Other = std::pair<std::uint64_t, std::uint64_t>;
  EventQueue<Entry> queue_;
  std::priority_queue<Other, std::vector<Other>, std::greater<>> others_;
  std::uint64_t numbers_ = 0;
  std::uint64_t now_ = 0;
};

TEST(EventQueue, AnEmptyOneHasTheLastOfAll) {
  EventQueue<Entry> queue;
  EXPECT_EQ(queue.first().time, Entry::last().time);
}

TEST(EventQueue, WhatIsOfOneInstantLeavesInTheOrderOfItsComing) {
  Pair both;
  for (int i = 0; i < 100; ++i) both.push(7);
  while (both.size() > 0) ASSERT_TRUE(both.take());
  EXPECT_TRUE(both.is_empty());
}

TEST(EventQueue, FallingAndRisingTimesLeaveInTheirOrder) {
  for (const bool falls : {true, false}) {
    Pair both;
    for (std::uint64_t i = 0; i < 1000; ++i) both.push(falls ? 1000 - i : i);
    while (both.size() > 0) ASSERT_TRUE(both.take());
  }
}

// Few and many waiting, short and long delays: entries cross from the row to the heap and back.
TEST(EventQueue, AnyMixOfDelaysLeavesAsAHeapWouldHaveIt) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng = Rng::stream(seed, "queue");
    Pair both;
    const std::uint64_t waiting = 1 + rng.below(seed % 4 == 0 ? 5000 : 60);
    for (int step = 0; step < 20'000; ++step) {
      if (both.size() == 0 || (both.size() < waiting && rng.below(2) == 0)) {
        const std::uint64_t reach = rng.below(10) == 0 ? 1'000'000 : 100;
        both.push(both.now() + rng.below(reach));
      } else {
        ASSERT_TRUE(both.take()) << "seed " << seed << ", step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace hoplab::sim
