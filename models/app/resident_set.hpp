// The memory of an application's process.
#pragma once

#include "models/ec2/memory.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"
#include "sim/units.hpp"

namespace hoplab::models::app {

/// What a process holds: a constant, and what it has leaked, at once or so much a second. What has
/// leaked stays: a new version heals code, not a heap. When it reaches the limit of its control
/// group, the kernel is told (once); when the machine is full, it may be the one that dies.
///
///   at rest --leaks--> growing --from 90 % of the limit--> slow --the limit--> killed
///
/// Near the limit of its group, or of the machine, its work takes longer: pages are reclaimed and
/// read again, a heap collects garbage ever more often.
///
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst, "memory.max", "memory.pressure".
/// Limits: how much slower is assumed (scenarios::MemoryPressure). A process that is above its
///         limit from the start lives until it leaks: it has been running, after all.
class ResidentSet {
 public:
  struct Spec {
    sim::Bytes base{0};
    sim::Bytes limit{0};
    sim::Callback on_limit;  ///< From an event of its own.
    scenarios::MemoryPressure pressure;
    ec2::HostMemory* host = nullptr;
    sim::Callback on_host_full;  ///< The kernel has chosen this process.
  };

  ResidentSet(sim::Engine& engine, const Spec& spec);
  ~ResidentSet() { release(); }
  ResidentSet(const ResidentSet&) = delete;
  ResidentSet& operator=(const ResidentSet&) = delete;

  [[nodiscard]] sim::Bytes held() const;
  [[nodiscard]] sim::Bytes limit() const { return spec_.limit; }
  /// How many times as long the process's work takes now; 1 unless memory is short.
  [[nodiscard]] double slowdown() const;
  /// It leaks so much more (or less) in each second from now on.
  void change_rate(double bytes_per_second);
  /// The rate that would take it from here to the limit in `time` > 0.
  [[nodiscard]] double rate_to_limit(sim::Duration time) const;
  void leak(sim::Bytes size);
  /// So much of what it has leaked is free again.
  void give_back(sim::Bytes size);
  /// All of it is: a child that held it has died.
  void forget_leaks();
  /// The process is gone: it holds nothing and leaks nothing.
  void release();

 private:
  [[nodiscard]] double leaked() const;
  void settle();
  void watch();

  sim::Engine& engine_;
  Spec spec_;
  ec2::HostMemory::ProcessId process_;
  bool is_released_ = false;
  double rate_ = 0;    ///< Bytes a second.
  double leaked_ = 0;  ///< Bytes, up to `since_`.
  sim::SimTime since_{};
  sim::EventId due_;
};

}  // namespace hoplab::models::app
