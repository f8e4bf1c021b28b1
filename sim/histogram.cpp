#include "sim/histogram.hpp"

#include <algorithm>
#include <bit>

#include "sim/diagnostic.hpp"

namespace hoplab::sim {
namespace {

constexpr std::uint32_t per_octave = 256;
constexpr int octave_bits = 8;
// The last octave is 2^62 ns: the longest Duration is just below 2^63.
constexpr std::uint32_t bucket_count = per_octave + (62 - octave_bits + 1) * per_octave;

/// Below 256 ns each nanosecond has its bucket; above, the eight bits after the leading one choose.
std::uint32_t bucket_of(std::int64_t ns) {
  const auto value = static_cast<std::uint64_t>(ns);
  if (value < per_octave) return static_cast<std::uint32_t>(value);
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - octave_bits;
  return per_octave * static_cast<std::uint32_t>(shift) +
         static_cast<std::uint32_t>(value >> shift);
}

}  // namespace

std::uint64_t& Histogram::bucket(Duration sample) {
  HOPLAB_ASSERT(sample >= Duration::zero(), "a duration sample is not negative");
  const std::uint32_t index = bucket_of(sample.count());
  // Whole octaves: a slowly rising maximum must not grow the vector sample by sample.
  if (index >= buckets_.size()) buckets_.resize(index - index % per_octave + per_octave);
  return buckets_[index];
}

void Histogram::add(Duration sample) {
  ++bucket(sample);
  ++count_;
  min_ = std::min(min_, sample);
  max_ = std::max(max_, sample);
  std::int64_t sum = 0;
  const bool overflow = __builtin_add_overflow(sum_.count(), sample.count(), &sum);
  HOPLAB_ASSERT(!overflow, "samples add up to less than 292 years");
  sum_ = Duration(sum);
}

void Histogram::add(Duration sample, std::uint64_t times) {
  if (times == 0) return;
  bucket(sample) += times;
  count_ += times;
  min_ = std::min(min_, sample);
  max_ = std::max(max_, sample);
  std::int64_t product = 0;
  std::int64_t sum = 0;
  const bool overflow = __builtin_mul_overflow(sample.count(), times, &product) ||
                        __builtin_add_overflow(sum_.count(), product, &sum);
  HOPLAB_ASSERT(!overflow, "samples add up to less than 292 years");
  sum_ = Duration(sum);
}

void Histogram::merge(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  std::int64_t sum = 0;
  HOPLAB_ASSERT(!__builtin_add_overflow(sum_.count(), other.sum_.count(), &sum),
                "samples add up to less than 292 years");
  sum_ = Duration(sum);
}

Duration Histogram::mean() const {
  HOPLAB_ASSERT(!empty(), "no samples, no mean");
  return Duration(static_cast<std::int64_t>(static_cast<std::uint64_t>(sum_.count()) / count_));
}

Duration Histogram::quantile(Ratio p) const {
  HOPLAB_ASSERT(!empty(), "no samples, no quantile");
  HOPLAB_ASSERT(p.value() >= 0 && p.value() <= 1, "a quantile is asked for p in [0, 1]");
  // 0.07 * 100 is a hair above 7 in binary, and its rank must be 7: hence the last factor.
  const double exact = p.value() * static_cast<double>(count_) * (1 - 0x1p-51);
  auto rank = static_cast<std::uint64_t>(exact);
  if (static_cast<double>(rank) < exact) ++rank;
  rank = std::clamp<std::uint64_t>(rank, 1, count_);
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen < rank) continue;
    const auto [low, high] = bucket_range(i);
    return std::clamp(low + (high - low - Duration(1)) / 2, min_, max_);
  }
  return max_;
}

std::vector<std::pair<std::uint32_t, std::uint64_t>> Histogram::buckets() const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> result;
  for (std::uint32_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] > 0) result.emplace_back(i, buckets_[i]);
  }
  return result;
}

Histogram Histogram::restore(const std::vector<std::pair<std::uint32_t, std::uint64_t>>& buckets,
                             Duration min, Duration max, Duration sum) {
  Histogram result;
  for (const auto& [index, count] : buckets) {
    HOPLAB_ASSERT(index < bucket_count, "a bucket index of this histogram");
    if (index >= result.buckets_.size()) {
      result.buckets_.resize(index - index % per_octave + per_octave);
    }
    result.buckets_[index] += count;
    result.count_ += count;
  }
  if (result.count_ == 0) return {};
  result.min_ = min;
  result.max_ = max;
  result.sum_ = sum;
  return result;
}

std::pair<Duration, Duration> Histogram::bucket_range(std::uint32_t index) {
  HOPLAB_ASSERT(index < bucket_count, "a bucket index of this histogram");
  if (index < 2 * per_octave) return {Duration(index), Duration(index + std::int64_t{1})};
  const std::uint32_t shift = index / per_octave - 1;
  const std::uint64_t low = std::uint64_t{per_octave + index % per_octave} << shift;
  const std::uint64_t high = low + (std::uint64_t{1} << shift);
  // The end of the very last bucket is one more than a Duration can hold.
  const auto limit = static_cast<std::uint64_t>(Duration::max().count());
  return {Duration(static_cast<std::int64_t>(low)),
          Duration(static_cast<std::int64_t>(std::min(high, limit)))};
}

}  // namespace hoplab::sim
