#include "sim/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/diagnostic.hpp"

namespace hoplab::sim {
namespace {

constexpr int draws = 1'000'000;
// At n draws the largest distance between the empirical and the true distribution is above
// 1.95/sqrt(n) once in a thousand tests. Source: Kolmogorov's limit distribution.
constexpr double distance_max = 1.95e-3;

template <typename Cdf>
double largest_distance(std::vector<double> sample, Cdf cdf) {
  std::sort(sample.begin(), sample.end());
  double distance = 0;
  const double n = static_cast<double>(sample.size());
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double expected = cdf(sample[i]);
    distance = std::max(distance, std::abs(static_cast<double>(i) / n - expected));
    distance = std::max(distance, std::abs(static_cast<double>(i + 1) / n - expected));
  }
  return distance;
}

// From an implementation of both generators and of XXH3 in Python, written from their
// specifications; its SplitMix64 gives the published 6457827717110365317 for state 1234567.
TEST(Rng, GivesTheKnownAnswers) {
  EXPECT_EQ(stable_hash("a.envoy"), 0x5af7997e95b98bd6U);
  EXPECT_EQ(stable_hash("frontend/arrival"), 0x56f4c7b2a8f332dcU);
  Rng zero = Rng::stream(0, "a.envoy");
  for (const std::uint64_t bits :
       {0x2f38c0dd25915c23U, 0x4efb48d0eaee7f00U, 0xb291a957e8040efdU, 0x8951c488cbf34b6fU}) {
    EXPECT_EQ(zero.bits(), bits);
  }
  Rng other = Rng::stream(42, "frontend/arrival");
  for (const std::uint64_t bits :
       {0x4946c2f84274bb61U, 0xb002680e197066f8U, 0xd4e435c7f5fa5a10U, 0x7fb603dcda979700U}) {
    EXPECT_EQ(other.bits(), bits);
  }
}

TEST(Rng, GivesEveryNameAndSeedItsOwnStream) {
  std::vector<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const char* name : {"a", "b", "a.envoy", ""}) {
      first.push_back(Rng::stream(seed, name).bits());
    }
  }
  std::sort(first.begin(), first.end());
  EXPECT_EQ(std::adjacent_find(first.begin(), first.end()), first.end());
}

TEST(Rng, UniformStaysInItsHalfOpenInterval) {
  Rng rng = Rng::stream(1, "uniform");
  std::vector<double> sample;
  for (int i = 0; i < draws; ++i) {
    sample.push_back(rng.uniform());
    ASSERT_GE(sample.back(), 0);
    ASSERT_LT(sample.back(), 1);
    const double positive = rng.uniform_positive();
    ASSERT_GT(positive, 0);
    ASSERT_LE(positive, 1);
  }
  EXPECT_LT(largest_distance(sample, [](double x) { return x; }), distance_max);
}

TEST(Rng, ExponentialFollowsItsDistribution) {
  Rng rng = Rng::stream(1, "exponential");
  std::vector<double> sample;
  for (int i = 0; i < draws; ++i) sample.push_back(rng.exponential(3.0));
  EXPECT_LT(largest_distance(sample, [](double x) { return 1 - std::exp(-x / 3.0); }),
            distance_max);
}

TEST(Rng, NormalFollowsItsDistribution) {
  Rng rng = Rng::stream(1, "normal");
  std::vector<double> sample;
  for (int i = 0; i < draws; ++i) sample.push_back(rng.standard_normal());
  EXPECT_LT(largest_distance(sample, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }),
            distance_max);
}

TEST(Rng, BelowIsFairForBoundsThatDoNotDivideThePowerOfTwo) {
  Rng rng = Rng::stream(1, "below");
  for (const std::uint64_t bound : {3U, 10U, 97U}) {
    std::vector<int> counts(bound);
    for (int i = 0; i < draws; ++i) ++counts.at(rng.below(bound));
    double chi_square = 0;
    const double expected = static_cast<double>(draws) / static_cast<double>(bound);
    for (const int count : counts) chi_square += (count - expected) * (count - expected) / expected;
    // Mean bound-1, variance 2(bound-1); four deviations, and a little for the skew of small ones.
    const double freedom = static_cast<double>(bound - 1);
    EXPECT_LT(chi_square, freedom + 4 * std::sqrt(2 * freedom) + 4) << bound;
  }
}

// Three quarters of all words lie below this bound, so a biased method would show at once: the
// lower half would come up twice as often.
TEST(Rng, BelowIsFairForHugeBounds) {
  Rng rng = Rng::stream(1, "huge");
  const std::uint64_t bound = 3ULL << 62;
  int low = 0;
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t draw = rng.below(bound);
    ASSERT_LT(draw, bound);
    low += draw < bound / 2 ? 1 : 0;
  }
  EXPECT_NEAR(low, draws / 2, 4 * 500);
  EXPECT_EQ(rng.below(1), 0U);
  EXPECT_THROW(rng.below(0), InternalError);
}

TEST(Rng, ChanceHitsItsProbability) {
  Rng rng = Rng::stream(1, "chance");
  int hits = 0;
  for (int i = 0; i < draws; ++i) hits += rng.chance(Ratio(0.1)) ? 1 : 0;
  EXPECT_NEAR(hits, 100'000, 4 * 300);
  EXPECT_FALSE(rng.chance(Ratio(0)));
  EXPECT_TRUE(rng.chance(Ratio(1)));
}

// The oracle below is the C library at 64 bits of mantissa: 2000 times finer than our claims.

double relative_error(double got, long double exact) {
  return static_cast<double>(std::abs((static_cast<long double>(got) - exact) / exact));
}

TEST(PortableLog, IsWithin4e16Everywhere) {
  Rng rng = Rng::stream(2, "log");
  double worst = 0;
  for (int i = 0; i < draws; ++i) {
    // All magnitudes, the neighbourhood of 1, and what exponential() feeds in.
    const double wide = std::ldexp(1 + rng.uniform(), static_cast<int>(rng.below(2046)) - 1022);
    const double close = 1 + (rng.uniform() - 0.5) * std::ldexp(1.0, -static_cast<int>(i % 50));
    for (const double x : {wide, close, rng.uniform_positive()}) {
      if (x != 1) worst = std::max(worst, relative_error(portable_log(x), std::log(0.0L + x)));
    }
  }
  EXPECT_LT(worst, 4e-16);
}

TEST(PortableLog, IsExactAtOneAndTakesTheSmallestNumbers) {
  EXPECT_EQ(portable_log(1), 0);
  const double tiny = std::numeric_limits<double>::denorm_min();
  EXPECT_LT(relative_error(portable_log(tiny), std::log(0.0L + tiny)), 4e-16);
  EXPECT_THROW((void)portable_log(0), InternalError);
  EXPECT_THROW((void)portable_log(-1), InternalError);
  EXPECT_THROW((void)portable_log(std::numeric_limits<double>::infinity()), InternalError);
  EXPECT_THROW((void)portable_log(std::numeric_limits<double>::quiet_NaN()), InternalError);
}

TEST(PortableExp, IsWithin1e15Everywhere) {
  Rng rng = Rng::stream(2, "exp");
  double worst = 0;
  for (int i = 0; i < draws; ++i) {
    for (const double x : {(rng.uniform() - 0.5) * 1399, rng.uniform() - 0.5}) {
      worst = std::max(worst, relative_error(portable_exp(x), std::exp(0.0L + x)));
    }
  }
  EXPECT_LT(worst, 1e-15);
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_THROW((void)portable_exp(700), InternalError);
  EXPECT_THROW((void)portable_exp(-700), InternalError);
}

TEST(PortablePow, AgreesWithTheLibraryAsFarAsTheExponentLets) {
  Rng rng = Rng::stream(2, "pow");
  for (int i = 0; i < draws; ++i) {
    const double x = 1e-3 + 10 * rng.uniform();
    const double y = 20 * (rng.uniform() - 0.5);
    // exp turns the rounding of y log x, at most 70, into a relative error.
    ASSERT_LT(relative_error(portable_pow(x, y), std::pow(0.0L + x, 0.0L + y)), 4e-14);
  }
}

TEST(PortableSin, IsWithin1e14UpToAMillion) {
  Rng rng = Rng::stream(2, "sin");
  double worst = 0;
  for (int i = 0; i < draws; ++i) {
    for (const double x : {(rng.uniform() - 0.5) * 2e6, (rng.uniform() - 0.5) * 10}) {
      worst = std::max(worst, static_cast<double>(std::abs(portable_sin(x) - std::sin(0.0L + x))));
    }
  }
  EXPECT_LT(worst, 1e-14);
  EXPECT_EQ(portable_sin(0), 0);
}

}  // namespace
}  // namespace hoplab::sim
