#include "report/xray/statistics.hpp"

#include <algorithm>
#include <cmath>

#include "sim/diagnostic.hpp"

namespace hoplab::report::xray {
namespace {

/// Puts equal times together. Requires that they are in order.
void merge(std::vector<TimeHistogram::Bin>& bins) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (kept > 0 && bins[kept - 1].first == bins[i].first) {
      bins[kept - 1].second += bins[i].second;
    } else {
      bins[kept++] = bins[i];
    }
  }
  bins.resize(kept);
}

}  // namespace

void TimeHistogram::add(sim::Duration time, std::uint64_t count) {
  if (count == 0) return;
  bins_.emplace_back(time, count);
  count_ += count;
  is_ordered_ = false;
}

const std::vector<TimeHistogram::Bin>& TimeHistogram::bins() const {
  if (!is_ordered_) {
    std::sort(bins_.begin(), bins_.end());
    merge(bins_);
    is_ordered_ = true;
  }
  return bins_;
}

std::vector<TimeHistogram::Bin> TimeHistogram::in_milliseconds() const {
  std::vector<Bin> rounded = bins();
  for (Bin& bin : rounded) bin.first = std::chrono::round<std::chrono::milliseconds>(bin.first);
  merge(rounded);
  return rounded;
}

sim::Duration TimeHistogram::quantile(double q) const {
  HOPLAB_ASSERT(count_ > 0 && q > 0 && q <= 1, "a quantile is of something");
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t below = 0;
  for (const Bin& bin : bins()) {
    below += bin.second;
    if (below >= rank) return bin.first;
  }
  return bins().back().first;
}

void Statistics::add(const Segment& segment) {
  if (segment.is_in_progress) return;
  if (segment.has_fault) {
    ++faults;
  } else if (segment.has_throttle) {
    ++throttled;
  } else if (segment.has_error) {
    ++other_errors;
  } else {
    ++ok;
  }
  const sim::Duration room = sim::Duration::max() - total_time;
  total_time += std::min(room, segment.duration());
  times.add(segment.duration());
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace hoplab::report::xray
