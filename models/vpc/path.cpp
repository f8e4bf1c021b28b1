#include "models/vpc/path.hpp"

#include <algorithm>

#include "sim/diagnostic.hpp"

namespace hoplab::models::vpc {
namespace {

SegmentLoss lose_but(std::uint32_t segments, sim::Ratio passing, sim::Rng& rng) {
  constexpr std::uint32_t duplicates_wanted = 3;
  SegmentLoss result;
  for (std::uint32_t segment = 0; segment < segments; ++segment) {
    if (rng.chance(passing)) continue;
    ++result.lost;
    result.is_noticed_at_once = segments - segment > duplicates_wanted;
  }
  return result;
}

}  // namespace

void Path::add_loss(sim::Ratio loss) { losses_.push_back(loss); }

void Path::remove_loss(sim::Ratio loss) {
  const auto known = std::ranges::find(losses_, loss);
  HOPLAB_ASSERT(known != losses_.end(), "a loss is taken away that was never added");
  losses_.erase(known);
}

void Path::remove_bandwidth(sim::BytesPerSecond bandwidth) {
  const auto known = std::ranges::find(bandwidths_, bandwidth);
  HOPLAB_ASSERT(known != bandwidths_.end(), "a narrow place is widened that was never there");
  bandwidths_.erase(known);
}

SegmentLoss Path::lose(std::uint32_t segments) {
  double passing = 1;
  for (const sim::Ratio loss : losses_) passing *= 1 - loss.value();
  return lose_but(segments, sim::Ratio(passing), rng_);
}

SegmentLoss lose_each(std::uint32_t segments, sim::Ratio loss, sim::Rng& rng) {
  return lose_but(segments, sim::Ratio(1 - loss.value()), rng);
}

sim::SimTime Path::arrival(sim::SimTime plain, sim::Bytes size) {
  sim::SimTime arrival = plain;
  if (!bandwidths_.empty()) {
    free_ = std::max(free_, plain) + size / *std::ranges::min_element(bandwidths_);
    arrival = free_;
  }
  if (jitter_ > sim::Duration::zero()) {
    const double swing = (2 * rng_.uniform() - 1) * sim::in_seconds(jitter_);
    arrival = std::max(arrival + sim::seconds_to_duration(swing), engine_.now());
  }
  return arrival;
}

sim::SimTime Path::head_arrival(sim::SimTime plain, sim::Bytes head) const {
  if (bandwidths_.empty()) return plain;
  return std::max(free_, plain) + head / *std::ranges::min_element(bandwidths_);
}

Path& Paths::at(sim::HostId from, sim::HostId to) {
  std::unique_ptr<Path>& path = paths_[{from, to}];
  if (!path) {
    const std::string name =
        "path/" + engine_.platform().name(from) + "->" + engine_.platform().name(to);
    path = std::make_unique<Path>(engine_, sim::Rng::stream(engine_.seed(), name));
  }
  return *path;
}

}  // namespace hoplab::models::vpc
