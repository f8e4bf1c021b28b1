// Counts and times of requests, as X-Ray's SummaryStatistics and histograms have them.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "report/xray/segment.hpp"
#include "sim/units.hpp"

namespace hoplab::report::xray {

/// Times and how often each occurred.
class TimeHistogram {
 public:
  using Bin = std::pair<sim::Duration, std::uint64_t>;

  void add(sim::Duration time, std::uint64_t count = 1);
  /// Ordered by time, each time once.
  [[nodiscard]] const std::vector<Bin>& bins() const;
  /// The same with times rounded to whole milliseconds, as the API gives them.
  [[nodiscard]] std::vector<Bin> in_milliseconds() const;
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  /// Nearest rank. Requires that it is not empty and 0 < q <= 1.
  [[nodiscard]] sim::Duration quantile(double q) const;

 private:
  mutable std::vector<Bin> bins_;  ///< In disorder until somebody asks.
  mutable bool is_ordered_ = true;
  std::uint64_t count_ = 0;
};

/// Of completed requests; each is one of ok, error and fault (a fault that is an error, too, is a
/// fault; a throttled one is an error). Source: X-Ray API reference, ServiceStatistics.
struct Statistics {
  std::uint64_t ok = 0;
  std::uint64_t throttled = 0;
  std::uint64_t other_errors = 0;
  std::uint64_t faults = 0;
  sim::Duration total_time{};
  TimeHistogram times;

  [[nodiscard]] std::uint64_t errors() const { return throttled + other_errors; }
  [[nodiscard]] std::uint64_t total() const { return ok + errors() + faults; }
  void add(const Segment& segment);
};

/// 0 of nothing is 0.
[[nodiscard]] double share(std::uint64_t part, std::uint64_t whole);

}  // namespace hoplab::report::xray
