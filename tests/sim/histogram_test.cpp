#include "sim/histogram.hpp"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/diagnostic.hpp"
#include "sim/random.hpp"

namespace hoplab::sim {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, IsExactBelow512Nanoseconds) {
  for (std::int64_t ns = 0; ns < 512; ++ns) {
    Histogram one;
    one.add(Duration(ns));
    EXPECT_EQ(one.quantile(Ratio(0.5)), Duration(ns));
    EXPECT_EQ(Histogram::bucket_range(one.buckets().front().first),
              std::make_pair(Duration(ns), Duration(ns + 1)));
  }
}

TEST(Histogram, HasBucketsThatTileTheAxisAndAreNarrow) {
  Duration end{0};
  for (std::uint32_t i = 0; i < 14'336; ++i) {
    const auto [low, high] = Histogram::bucket_range(i);
    ASSERT_EQ(low, end) << i;
    ASSERT_GT(high, low) << i;
    const double half = static_cast<double>((high - low).count() - 1) / 2;
    ASSERT_LE(half, 0.002 * static_cast<double>(low.count())) << i;
    end = high;
  }
  EXPECT_EQ(end, Duration::max());
  EXPECT_THROW((void)Histogram::bucket_range(14'336), InternalError);
}

TEST(Histogram, TakesTheLongestDuration) {
  Histogram one;
  one.add(Duration::max());
  EXPECT_EQ(one.quantile(Ratio(1)), Duration::max());
  EXPECT_THROW(one.add(1ns), InternalError) << "the sum would not fit";
}

TEST(Histogram, GivesNearestRanksWithinTwoPerMilleOfTheSortedSamples) {
  Rng rng = Rng::stream(5, "samples");
  std::vector<Duration> samples;
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    const Duration sample(static_cast<std::int64_t>(portable_exp(6 + 14 * rng.uniform())));
    samples.push_back(sample);
    histogram.add(sample);
  }
  std::sort(samples.begin(), samples.end());
  for (int permille = 1; permille <= 1000; ++permille) {
    // Nearest rank in whole numbers: the ceil(p n)-th sample.
    const std::size_t rank = (static_cast<std::size_t>(permille) * samples.size() + 999) / 1000;
    const double exact = static_cast<double>(samples[rank - 1].count());
    const Duration got = histogram.quantile(Ratio(permille / 1000.0));
    ASSERT_NEAR(static_cast<double>(got.count()), exact, 0.002 * exact + 0.5) << permille;
  }
  EXPECT_EQ(histogram.min(), samples.front());
  EXPECT_EQ(histogram.max(), samples.back());
}

TEST(Histogram, RanksAreNotMovedByBinaryFractions) {
  Histogram histogram;  // 1 ns .. 100 ns: the p-quantile is p * 100 ns exactly.
  for (int ns = 1; ns <= 100; ++ns) histogram.add(Duration(ns));
  for (int percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram.quantile(Ratio(percent / 100.0)), Duration(percent));
  }
}

TEST(Histogram, KeepsExactSumAndMeanRoundedDown) {
  Histogram histogram;
  histogram.add(10ns);
  histogram.add(11ns, 2);
  histogram.add(5ns, 0);
  EXPECT_EQ(histogram.sum(), 32ns);
  EXPECT_EQ(histogram.mean(), 10ns);
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.min(), 10ns);
}

TEST(Histogram, MergesToWhatOneHistogramWouldHold) {
  Histogram whole;
  Histogram left;
  Histogram right;
  for (std::int64_t i = 0; i < 1000; ++i) {
    const Duration sample(i * i * i);
    whole.add(sample);
    (i % 3 == 0 ? left : right).add(sample);
  }
  left.merge(right);
  left.merge(Histogram{});
  EXPECT_EQ(left.buckets(), whole.buckets());
  EXPECT_EQ(left.count(), whole.count());
  EXPECT_EQ(left.sum(), whole.sum());
  EXPECT_EQ(left.min(), whole.min());
  EXPECT_EQ(left.max(), whole.max());
}

TEST(Histogram, RestoresFromItsBuckets) {
  Histogram histogram;
  for (std::int64_t i = 1; i < 100; ++i) histogram.add(Duration(i * 1'000'003));
  const Histogram copy =
      Histogram::restore(histogram.buckets(), histogram.min(), histogram.max(), histogram.sum());
  EXPECT_EQ(copy.buckets(), histogram.buckets());
  EXPECT_EQ(copy.count(), histogram.count());
  EXPECT_EQ(copy.quantile(Ratio(0.99)), histogram.quantile(Ratio(0.99)));
  EXPECT_EQ(copy.mean(), histogram.mean());
  EXPECT_TRUE(Histogram::restore({}, 0ns, 0ns, 0ns).empty());
}

TEST(Histogram, RefusesNegativeSamplesAndQuantilesOfNothing) {
  Histogram histogram;
  EXPECT_THROW(histogram.add(-1ns), InternalError);
  EXPECT_THROW((void)histogram.quantile(Ratio(0.5)), InternalError);
  EXPECT_THROW((void)histogram.mean(), InternalError);
}

}  // namespace
}  // namespace hoplab::sim
