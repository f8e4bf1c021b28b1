#include "report/insights/quantiles.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hoplab::report::insights {
namespace {

constexpr int mantissa_bits = 52;
constexpr int bin_bits = 8;

/// The upper bits of a double, so that larger values have larger keys: exponent and first bits of
/// the mantissa, negated below 0.
int key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(std::fabs(value));
  const int key = static_cast<int>(bits >> (mantissa_bits - bin_bits));
  return value < 0 ? -1 - key : key;
}

/// The middle of the values that have a key.
double middle_of(int key) {
  const bool is_negative = key < 0;
  const auto low = static_cast<std::uint64_t>(is_negative ? -1 - key : key);
  if (low == 0) return 0;
  const double from = std::bit_cast<double>(low << (mantissa_bits - bin_bits));
  const double to = std::bit_cast<double>((low + 1) << (mantissa_bits - bin_bits));
  const double middle = from + (to - from) / 2;
  return is_negative ? -middle : middle;
}

}  // namespace

void Quantiles::add(double value) {
  ++count_;
  smallest_ = std::min(smallest_, value);
  largest_ = std::max(largest_, value);
  if (!is_exact_) return count_in_bin(value);
  values_.push_back(value);
  is_sorted_ = false;
  if (values_.size() > exact_max) use_bins();
}

void Quantiles::count_in_bin(double value) {
  const int key = key_of(value);
  const int power = key >> bin_bits;
  auto& bins = bins_[power];
  if (!bins) bins = std::make_unique<Bins>();
  ++(*bins)[static_cast<std::size_t>(key - power * static_cast<int>(bins_per_power))];
}

void Quantiles::use_bins() {
  is_exact_ = false;
  for (const double value : values_) count_in_bin(value);
  values_ = {};
}

void Quantiles::merge(const Quantiles& other) {
  count_ += other.count_;
  smallest_ = std::min(smallest_, other.smallest_);
  largest_ = std::max(largest_, other.largest_);
  if (is_exact_ && other.is_exact_ && count_ <= exact_max) {
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
    is_sorted_ = false;
    return;
  }
  if (is_exact_) use_bins();
  for (const double value : other.values_) count_in_bin(value);
  for (const auto& [power, from] : other.bins_) {
    auto& bins = bins_[power];
    if (!bins) bins = std::make_unique<Bins>();
    for (std::size_t i = 0; i < bins_per_power; ++i) (*bins)[i] += (*from)[i];
  }
}

double Quantiles::value_at(std::uint64_t rank) {
  if (is_exact_) return values_[rank];
  if (rank == 0) return smallest_;
  if (rank + 1 >= count_) return largest_;
  for (const auto& [power, bins] : bins_) {
    for (std::size_t i = 0; i < bins_per_power; ++i) {
      const std::uint64_t here = (*bins)[i];
      if (rank < here) {
        const int key = power * static_cast<int>(bins_per_power) + static_cast<int>(i);
        return std::clamp(middle_of(key), smallest_, largest_);
      }
      rank -= here;
    }
  }
  return 0;
}

double Quantiles::percentile(double percent) {
  if (is_exact_ && !is_sorted_) {
    std::sort(values_.begin(), values_.end());
    is_sorted_ = true;
  }
  const double rank = percent / 100 * static_cast<double>(count_ - 1);
  const auto below = static_cast<std::uint64_t>(rank);
  const double low = value_at(below);
  const double share = rank - static_cast<double>(below);
  if (share == 0) return low;
  return low + (value_at(below + 1) - low) * share;
}

}  // namespace hoplab::report::insights
