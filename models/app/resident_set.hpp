// The memory of an application's process.
#pragma once

#include "sim/engine.hpp"
#include "sim/units.hpp"

namespace hoplab::models::app {

/// What a process holds: a constant, and what it has leaked, at once or so much a second. What has
/// leaked stays: a new version heals code, not a heap. When it reaches the limit of its control
/// group, the kernel is told (once).
///
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst, "memory.max".
/// Limits: nothing gets slower near the limit (no reclaim, no garbage collection). A process that
///         is above its limit from the start lives until it leaks: it has been running, after all.
class ResidentSet {
 public:
  /// `on_limit` runs from an event of its own.
  ResidentSet(sim::Engine& engine, sim::Bytes base, sim::Bytes limit, sim::Callback on_limit);
  ResidentSet(const ResidentSet&) = delete;
  ResidentSet& operator=(const ResidentSet&) = delete;

  [[nodiscard]] sim::Bytes held() const;
  [[nodiscard]] sim::Bytes limit() const { return limit_; }
  /// It leaks so much more (or less) in each second from now on.
  void change_rate(double bytes_per_second);
  /// The rate that would take it from here to the limit in `time` > 0.
  [[nodiscard]] double rate_to_limit(sim::Duration time) const;
  void leak(sim::Bytes size);
  /// The process is gone: it holds nothing and leaks nothing.
  void release();

 private:
  [[nodiscard]] double leaked() const;
  void watch();

  sim::Engine& engine_;
  sim::Bytes base_;
  sim::Bytes limit_;
  sim::Callback on_limit_;
  bool is_released_ = false;
  double rate_ = 0;    ///< Bytes a second.
  double leaked_ = 0;  ///< Bytes, up to `since_`.
  sim::SimTime since_{};
  sim::EventId due_;
};

}  // namespace hoplab::models::app
