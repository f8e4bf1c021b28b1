// A log-linear histogram of durations: 256 buckets per power of two, so a reported value is within
// 0.2 % of the true one. Mergeable; the same samples in any order give the same histogram.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/units.hpp"

namespace hoplab::sim {

class Histogram {
 public:
  /// Adds one sample. Negative spans are a broken invariant. O(1), allocates on first use only.
  void add(Duration sample);
  void add(Duration sample, std::uint64_t times);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  /// Exact, not from buckets.
  [[nodiscard]] Duration min() const { return min_; }
  [[nodiscard]] Duration max() const { return max_; }
  [[nodiscard]] Duration sum() const { return sum_; }
  /// Exact sum over count, rounded down. Requires !empty().
  [[nodiscard]] Duration mean() const;
  /// Nearest rank: the ceil(p*n)-th smallest sample, as the middle of its bucket, clamped to
  /// [min, max]. Requires !empty() and p in [0, 1].
  [[nodiscard]] Duration quantile(Ratio p) const;

  /// Non-empty buckets as (index, count), ascending: the form that is written to hops.json.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint64_t>> buckets() const;
  /// The inverse: rebuilds from buckets and the exact figures.
  [[nodiscard]] static Histogram restore(
      const std::vector<std::pair<std::uint32_t, std::uint64_t>>& buckets, Duration min,
      Duration max, Duration sum);
  /// The half-open range of durations that bucket `index` holds.
  [[nodiscard]] static std::pair<Duration, Duration> bucket_range(std::uint32_t index);

 private:
  std::uint64_t& bucket(Duration sample);

  std::vector<std::uint64_t> buckets_;  ///< Grown to the largest index seen.
  std::uint64_t count_ = 0;
  Duration min_ = Duration::max();
  Duration max_ = Duration::zero();
  Duration sum_ = Duration::zero();
};

}  // namespace hoplab::sim
