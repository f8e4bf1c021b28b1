// The queue for the many places where nearly always nobody waits.
#include "models/fifo.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "sim/random.hpp"

namespace hoplab::models {
namespace {

TEST(Fifo, WhatCameFirstLeavesFirst) {
  Fifo<int> fifo;
  for (int i = 0; i < 10; ++i) fifo.push_back(i);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(fifo.front(), i);
    fifo.pop_front();
  }
  EXPECT_TRUE(fifo.empty());
}

TEST(Fifo, OneInTheMiddleMayGiveUp) {
  Fifo<int> fifo;
  for (int i = 0; i < 5; ++i) fifo.push_back(i);
  fifo.pop_front();
  fifo.erase(std::find(fifo.begin(), fifo.end(), 3));
  EXPECT_EQ(std::vector<int>(fifo.begin(), fifo.end()), (std::vector<int>{1, 2, 4}));
  EXPECT_EQ(fifo.size(), 3U);
}

TEST(Fifo, AnyOrderOfComingAndLeavingIsThatOfADeque) {
  sim::Rng rng = sim::Rng::stream(1, "fifo");
  Fifo<int> fifo;
  std::deque<int> other;
  for (int step = 0; step < 20'000; ++step) {
    // Long spells in which more come, and long ones in which more leave.
    const bool comes = rng.below(100) < (step / 1000 % 2 == 0 ? 70U : 30U);
    if (comes || other.empty()) {
      fifo.push_back(step);
      other.push_back(step);
    } else {
      ASSERT_EQ(fifo.front(), other.front());
      fifo.pop_front();
      other.pop_front();
    }
    ASSERT_EQ(fifo.size(), other.size());
  }
  EXPECT_TRUE(std::equal(fifo.begin(), fifo.end(), other.begin(), other.end()));
}

}  // namespace
}  // namespace hoplab::models
