// Counts of what one party wrote down in one span of time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sim/histogram.hpp"
#include "sim/units.hpp"

namespace hoplab::report::expectations {

using sim::Duration;
using sim::Ratio;

/// Whole milliseconds as a log has them, each value with its count: quantiles are exact.
/// Memory: one entry per distinct value.
class MillisecondCounts {
 public:
  void add(std::int64_t milliseconds) {
    ++counts_[milliseconds];
    ++total_;
  }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] const std::map<std::int64_t, std::uint64_t>& counts() const { return counts_; }
  /// Nearest rank: the ceil(p*n)-th smallest value. Requires total() > 0.
  [[nodiscard]] Duration quantile(Ratio p) const;
  [[nodiscard]] Duration mean() const;
  [[nodiscard]] Duration min() const;
  [[nodiscard]] Duration max() const;

 private:
  std::map<std::int64_t, std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

struct Tally {
  std::uint64_t lines = 0;
  std::map<int, std::uint64_t> codes;          ///< HTTP status by count; 0: no response was begun.
  std::map<std::string, std::uint64_t> notes;  ///< Response flags, streams, task states.
  MillisecondCounts whole;                     ///< DURATION of Envoy's lines.
  sim::Histogram fine;                         ///< The app's own measure.

  /// Of whichever of the two has samples; nothing when neither has.
  [[nodiscard]] std::optional<Duration> quantile(Ratio p) const;
};

/// The rank that nearest-rank quantiles mean: ceil(p*n), at least 1. Requires n > 0.
[[nodiscard]] std::uint64_t nearest_rank(Ratio p, std::uint64_t n);

}  // namespace hoplab::report::expectations
