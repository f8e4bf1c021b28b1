// The memory of one machine, and whom the kernel kills when there is none left.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine.hpp"
#include "sim/units.hpp"

namespace hoplab::models::ec2 {

/// Processes hold memory and may grow at a rate. When they hold all there is, the kernel kills the
/// one with the largest score, whoever asked for more: that is how a neighbour dies.
///
///   fits --they grow, and all is held--> full --the largest is killed--> fits
///
/// The score is what a process holds, and its oom_score_adj in thousandths of the machine's memory.
///
/// Source: Linux mm/oom_kill.c (oom_badness), proc(5) on oom_score_adj.
/// Limits: no swap, as on ECS's images; what starts fits, since ECS places by reservation: only
///         growth makes a machine full.
class HostMemory {
 public:
  /// Names a process that lives. Default-constructed: none.
  struct ProcessId {
    std::uint32_t slot = ~std::uint32_t{0};
    std::uint32_t generation = 0;
    [[nodiscard]] bool is_set() const { return slot != ~std::uint32_t{0}; }
  };
  struct ProcessSpec {
    sim::Bytes held{0};
    int oom_score_adj = 0;  ///< -1000 to 1000.
    sim::Callback on_kill;  ///< From an event; the process is gone by then.
  };

  /// `capacity`: what processes may hold, without the kernel's own.
  HostMemory(sim::Engine& engine, sim::Bytes capacity);
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;

  [[nodiscard]] ProcessId add(ProcessSpec spec);
  /// It holds `bytes` now and grows by `bytes_per_second`. Harmless for one that is gone.
  void set(ProcessId id, double bytes, double bytes_per_second);
  /// It has ended. Harmless for one that is gone.
  void remove(ProcessId id);

  [[nodiscard]] sim::Bytes capacity() const { return capacity_; }
  [[nodiscard]] sim::Bytes used() const;
  /// used / capacity.
  [[nodiscard]] double usage() const { return used_now() / static_cast<double>(capacity_.count()); }

 private:
  struct Process {
    std::uint32_t generation = 0;
    bool lives = false;
    double held = 0;  ///< At `since`.
    double rate = 0;
    sim::SimTime since{};
    double adjustment = 0;  ///< Bytes added to its score.
    sim::Callback on_kill;
  };

  [[nodiscard]] Process* find(ProcessId id);
  [[nodiscard]] double held_by(const Process& process) const;
  [[nodiscard]] double used_now() const;
  void account();
  void watch();
  void on_full();

  sim::Engine& engine_;
  sim::Bytes capacity_;
  std::vector<Process> processes_;
  std::vector<std::uint32_t> free_;
  double used_ = 0;  ///< Of all, at `since_`.
  double rate_ = 0;
  sim::SimTime since_{};
  sim::EventId due_;
};

}  // namespace hoplab::models::ec2
