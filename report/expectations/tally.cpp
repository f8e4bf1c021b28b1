#include "report/expectations/tally.hpp"

#include <algorithm>

#include "sim/diagnostic.hpp"

namespace hoplab::report::expectations {

std::uint64_t nearest_rank(Ratio p, std::uint64_t n) {
  const double exact = p.value() * static_cast<double>(n);
  auto rank = static_cast<std::uint64_t>(exact);
  // 0.95 * 20 is 19.000000000000004 or so in binary: a hair above a whole number is that number.
  if (exact - static_cast<double>(rank) > 1e-9 * static_cast<double>(n)) ++rank;
  return std::clamp<std::uint64_t>(rank, 1, n);
}

Duration MillisecondCounts::quantile(Ratio p) const {
  HOPLAB_ASSERT(total_ > 0, "a quantile needs samples");
  std::uint64_t left = nearest_rank(p, total_);
  for (const auto& [value, count] : counts_) {
    if (left <= count) return std::chrono::milliseconds(value);
    left -= count;
  }
  return max();
}

Duration MillisecondCounts::mean() const {
  HOPLAB_ASSERT(total_ > 0, "a mean needs samples");
  std::int64_t sum = 0;
  for (const auto& [value, count] : counts_) sum += value * static_cast<std::int64_t>(count);
  return Duration(sum * 1'000'000 / static_cast<std::int64_t>(total_));
}

Duration MillisecondCounts::min() const {
  return std::chrono::milliseconds(counts_.begin()->first);
}
Duration MillisecondCounts::max() const {
  return std::chrono::milliseconds(counts_.rbegin()->first);
}

std::optional<Duration> Tally::quantile(Ratio p) const {
  if (whole.total() > 0) return whole.quantile(p);
  if (!fine.empty()) return fine.quantile(p);
  return std::nullopt;
}

}  // namespace hoplab::report::expectations
