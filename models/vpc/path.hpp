// Paths between hosts that are no perfect lines: they lose packets, take now longer and now
// shorter, or are narrower than the hosts' own links.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/engine.hpp"
#include "sim/random.hpp"

namespace hoplab::models::vpc {

/// What a path did to the segments of one message.
struct SegmentLoss {
  std::uint32_t lost = 0;
  /// At least three segments came after the last one that was lost: their acknowledgements tell.
  bool is_noticed_at_once = false;

  /// Of what got through here, another place lost some.
  [[nodiscard]] SegmentLoss and_then(SegmentLoss later) const {
    if (lost == 0) return later;
    if (later.lost == 0) return *this;
    return {lost + later.lost, is_noticed_at_once && later.is_noticed_at_once};
  }
};

/// Each of so many segments is lost or not by itself.
[[nodiscard]] SegmentLoss lose_each(std::uint32_t segments, sim::Ratio loss, sim::Rng& rng);

/// One direction between two hosts. Draws from a stream of its own.
///
/// Limits: every packet is lost or not by itself (no bursts); acknowledgements are never lost,
/// since
///         the next one makes up for it.
class Path {
 public:
  Path(sim::Engine& engine, sim::Rng rng) : engine_(engine), rng_(rng) {}

  void set_jitter(sim::Duration jitter) { jitter_ = jitter; }
  /// Several narrow places in a row: the narrowest counts.
  void add_bandwidth(sim::BytesPerSecond bandwidth) { bandwidths_.push_back(bandwidth); }
  void remove_bandwidth(sim::BytesPerSecond bandwidth);
  /// Several losses at a time each take their share of what the others leave.
  void add_loss(sim::Ratio loss);
  void remove_loss(sim::Ratio loss);

  [[nodiscard]] bool is_lossy() const { return !losses_.empty(); }
  /// Nothing is left of what set it apart, as after the last loss was healed.
  [[nodiscard]] bool is_perfect() const {
    return losses_.empty() && jitter_ == sim::Duration::zero() && bandwidths_.empty();
  }
  [[nodiscard]] SegmentLoss lose(std::uint32_t segments);
  /// When a message that would be there at `plain` is there: narrow paths are taken in turn.
  [[nodiscard]] sim::SimTime arrival(sim::SimTime plain, sim::Bytes size);
  /// When its first `head` bytes are there, were it sent now; jitter aside.
  [[nodiscard]] sim::SimTime head_arrival(sim::SimTime plain, sim::Bytes head) const;

 private:
  sim::Engine& engine_;
  sim::Rng rng_;
  sim::Duration jitter_{};
  std::vector<sim::BytesPerSecond> bandwidths_;
  sim::SimTime free_{};
  std::vector<sim::Ratio> losses_;
};

class Paths {
 public:
  explicit Paths(sim::Engine& engine) : engine_(engine) {}

  /// Null for a perfect line, also where it was none before.
  [[nodiscard]] Path* find(sim::HostId from, sim::HostId to) {
    if (paths_.empty()) return nullptr;
    const auto known = paths_.find({from, to});
    if (known == paths_.end() || known->second->is_perfect()) return nullptr;
    return known->second.get();
  }
  /// Made if need be, as a perfect line; stays good.
  [[nodiscard]] Path& at(sim::HostId from, sim::HostId to);

 private:
  sim::Engine& engine_;
  std::map<std::pair<sim::HostId, sim::HostId>, std::unique_ptr<Path>> paths_;
};

}  // namespace hoplab::models::vpc
