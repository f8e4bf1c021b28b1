#include "models/envoy/log_linear.hpp"

#include <algorithm>

namespace hoplab::models::envoy {
namespace {

struct Bounds {
  double left = 0;
  double width = 0;
};

/// In the library's own arithmetic: two digits, a tenth, times a power of ten. So the last digits
/// of what is printed are its own, too.
Bounds bounds_of(std::uint32_t bin) {
  constexpr std::uint32_t tens = 10;
  constexpr std::uint32_t decade = 90;
  if (bin == 0) return {};
  if (bin < tens) return {(bin * 10.0) / 10.0, 0.1};
  double power = 10;
  for (; bin >= tens + decade; bin -= decade) power *= 10;
  return {(static_cast<double>(bin) / 10.0) * power, power / 10.0};
}

}  // namespace

void LogLinearBins::make_room(std::uint32_t low, std::uint32_t high) {
  if (counts_.empty()) {
    first_ = low;
    counts_.resize(high - low + std::size_t{1});
    return;
  }
  if (low < first_) {
    counts_.insert(counts_.begin(), first_ - low, 0);
    first_ = low;
  }
  if (const std::size_t size = high - first_ + std::size_t{1}; size > counts_.size()) {
    counts_.resize(size);
  }
}

void LogLinearBins::add_outside(std::uint32_t bin) {
  make_room(bin, bin);
  ++counts_[bin - first_];
}

void LogLinearBins::add(const LogLinearBins& other) {
  if (other.counts_.empty()) return;
  make_room(other.first_, other.first_ + static_cast<std::uint32_t>(other.counts_.size()) - 1);
  for (std::size_t place = 0; place < other.counts_.size(); ++place) {
    counts_[other.first_ - first_ + place] += other.counts_[place];
  }
}

std::uint64_t LogLinearBins::count() const {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts_) total += count;
  return total;
}

double LogLinearBins::sum() const {
  double total = 0;
  for (std::size_t place = 0; place < counts_.size(); ++place) {
    const Bounds bounds = bounds_of(first_ + static_cast<std::uint32_t>(place));
    total += (bounds.left + bounds.width / 2.0) * static_cast<double>(counts_[place]);
  }
  return total;
}

std::uint64_t LogLinearBins::count_below(double limit) const {
  std::uint64_t total = 0;
  for (std::size_t place = 0; place < counts_.size(); ++place) {
    const Bounds bounds = bounds_of(first_ + static_cast<std::uint32_t>(place));
    if (bounds.left + bounds.width > limit) break;
    total += counts_[place];
  }
  return total;
}

void LogLinearBins::quantiles(std::span<const double> shares, std::span<double> values) const {
  const auto total = static_cast<double>(count());
  std::size_t place = 0;
  while (place + 1 < counts_.size() && counts_[place] == 0) ++place;
  Bounds bounds = bounds_of(first_ + static_cast<std::uint32_t>(place));
  double lower = 0;
  auto upper = static_cast<double>(counts_[place]);
  std::size_t last = counts_.size() - 1;
  while (last > place && counts_[last] == 0) --last;
  for (std::size_t index = 0; index < shares.size(); ++index) {
    const double wanted = total * shares[index];
    while (place < last && upper < wanted) {
      // Bins that were never hit are none of the library's.
      while (counts_[++place] == 0) {
      }
      bounds = bounds_of(first_ + static_cast<std::uint32_t>(place));
      lower = upper;
      upper = lower + static_cast<double>(counts_[place]);
    }
    if (lower == wanted) {
      values[index] = bounds.left;
    } else if (upper == wanted) {
      values[index] = bounds.left + bounds.width;
    } else {
      values[index] = bounds.left + (wanted - lower) / (upper - lower) * bounds.width;
    }
  }
}

}  // namespace hoplab::models::envoy
