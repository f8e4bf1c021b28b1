// Who gets the CPU of one machine: weights under contention, a quota per group, one core per job.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/engine.hpp"
#include "sim/quad_heap.hpp"
#include "sim/units.hpp"

namespace hoplab::sim {

/// The CPU of one machine, shared by containers that stand in groups (control groups).
///
/// Sharing is generalised processor sharing in two levels: groups share the machine by weight,
/// containers share their group by weight, jobs of one container share equally. No job runs on
/// more than one core; a container runs on at most `threads_max` cores at once. What one cannot
/// use goes to the others (water-filling).
///
/// A group may have a quota: CPU time per period of 100 ms. When it is used up, every job of the
/// group stands still until the period ends. So 120 ms of work under 25 ms per 100 ms takes 420 ms,
/// not 480: a stop-and-go, as the kernel does it, not a mean slow-down. The first period starts
/// when the group is first busy; the others follow without a gap, whether it is busy or not.
///
/// Two modes. While every job has a core of its own and no quota can run out (calm), a job's end is
/// a known instant: `done` is the engine's own event there, and the accounts follow when somebody
/// looks next. Else (contended) jobs wait in a heap per container on its virtual clock, and one
/// event of the machine is planned for whatever comes first.
///
/// Errors: unknown ids and negative work are broken invariants.
/// Cost:   calm, O(jobs that run), which are no more than cores, and the engine's own; contended, a
///         start, end or cancel is O(log jobs of the container + containers of the machine);
///         cancel_all() is O(as many jobs as the machine ever had at once).
/// Source: Linux CFS bandwidth control (Documentation/scheduler/sched-bwc.rst), cpu.shares.
/// Limits: no cache or SMT effects, no wake-up latency, no slack-slice carry-over between periods.
class CpuShare {
 public:
  struct GroupId {
    std::uint32_t index = 0;
  };
  struct ContainerId {
    std::uint32_t index = 0;
  };
  struct GroupSpec {
    CpuUnits weight{1024};
    CpuUnits quota{0};  ///< 1024 = one core's worth per period; 0 = no quota.
  };
  struct ContainerSpec {
    GroupId group;
    CpuUnits weight{2};  ///< Docker's minimum, which ECS gives a container with cpu 0.
    std::uint32_t threads_max = 1024;
  };

  /// `capacity`: 1024 units per core of the machine.
  CpuShare(Engine& engine, CpuUnits capacity);
  CpuShare(const CpuShare&) = delete;
  CpuShare& operator=(const CpuShare&) = delete;

  /// The machine has so much from now on (a hypervisor takes some of it, or gives it back). Quotas
  /// stay what they were.
  void set_capacity(CpuUnits capacity);
  GroupId add_group(GroupSpec spec);
  ContainerId add_container(ContainerSpec spec);

  /// `work`: time on one core of its own. `done` runs when it has been given that much.
  /// Zero work is done at once, from an event at this instant. A callback without a function tells
  /// nobody.
  void start(ContainerId container, Duration work, Callback done) {
    start(container, work, done.function, done.object, done.argument);
  }
  /// A job that never ends by itself (an infinite loop, a stress process).
  void start_endless(ContainerId container);
  /// Stops every job of the container where it is, untold (its process was killed).
  void cancel_all(ContainerId container);

  /// CPU time that the container has used up to now.
  [[nodiscard]] Duration used(ContainerId container) const;
  /// The same of all containers of a group.
  [[nodiscard]] Duration used(GroupId group) const;
  /// CPU time that all containers together have used up to now.
  [[nodiscard]] Duration used() const;
  [[nodiscard]] std::size_t jobs(ContainerId container) const;
  /// How long the group stood still because its quota was used up, up to now.
  [[nodiscard]] Duration throttled(GroupId group) const;
  /// In how many periods it did so while it had work to do (the kernel's nr_throttled).
  [[nodiscard]] std::uint64_t throttled_periods(GroupId group) const;

 private:
  static constexpr int slot_bits = 24;

  /// A job in its container's heap: ends when the container's virtual clock reaches `end`.
  struct HeapEntry {
    double end;         ///< Not negative, so its bits are in its order.
    std::uint64_t key;  ///< Sequence in the upper 40 bits, slot in the lower 24.
    [[nodiscard]] Rank rank() const { return make_rank(std::bit_cast<std::uint64_t>(end), key); }
    [[nodiscard]] std::uint32_t slot() const {
      return static_cast<std::uint32_t>(key & ((1U << slot_bits) - 1));
    }
  };
  /// Of the contended mode, and the endless ones of both.
  struct Job {
    std::uint32_t container = 0;
    bool running = false;
    bool endless = false;
    Callback done;
  };
  /// A job of the calm mode that has an end.
  struct CalmJob {
    std::int64_t ends_at = 0;
    EventId event;  ///< Not set: it tells nobody.
    std::uint32_t container = 0;
  };
  struct Container {
    std::uint32_t group = 0;
    double weight = 2;
    std::uint32_t threads_max = 1;
    std::uint32_t jobs = 0;
    double cap = 0;               ///< Cores that its jobs could use, now.
    double rate = 0;              ///< Cores that they have.
    double speed = 0;             ///< Cores that each of them has.
    double clock = 0;             ///< Virtual time: ns of work that each job has been given.
    double used = 0;              ///< CPU time in ns.
    std::int64_t settled_at = 0;  ///< Up to when `clock` and `used` are told, in contended mode.
    std::int64_t promised = 0;    ///< ns to all calm jobs since the calm mode began.
    std::uint32_t endless = 0;    ///< Of `jobs`.
    QuadHeap<HeapEntry> heap;     ///< Ended and cancelled jobs are dropped when they surface.
  };
  struct Group {
    double weight = 1024;
    double quota = 0;                ///< ns per period; 0 = none.
    double cap = 0;                  ///< Cores its containers could use, now.
    double rate = 0;                 ///< Cores that they have.
    double spent = 0;                ///< Of the quota, in this period.
    std::int64_t period_start = -1;  ///< Of the period that runs; -1 before the first.
    std::int64_t settled_at = 0;
    bool throttled = false;
    bool throttled_rates = false;  ///< When rates were shared out last.
    double throttled_for = 0;      ///< ns
    std::uint64_t throttled_periods = 0;
    std::int64_t counted_period = -1;  ///< Start of the last one of them.
    /// Of the calm mode, in ns of this period: what its jobs have used and will use until they end.
    std::int64_t promised = 0;
    std::vector<std::uint32_t> containers;
  };

  [[nodiscard]] std::int64_t now_ns() const { return engine_.now().time_since_epoch().count(); }
  Container& at(ContainerId id);
  [[nodiscard]] double used_ns(std::uint32_t index) const;
  [[nodiscard]] std::int64_t calm_used(std::uint32_t index, std::int64_t now) const;
  /// By its parts, as Engine::add.
  void start(ContainerId container, Duration work, void (*done)(void*, std::uint64_t), void* object,
             std::uint64_t argument);
  std::uint32_t add_job(std::uint32_t container, bool endless, Callback done);
  void end_job(std::uint32_t slot);
  void add_to_heap(Container& container, double work, std::uint32_t slot);
  void drop_stale(Container& container);

  void settle(Container& container, std::int64_t now);
  void settle(Group& group, std::int64_t now);
  void settle_all();

  // Half of a request's events start a job, so these three are worth a place in each caller.
  [[gnu::always_inline]] inline bool join_calmly(Container& home, std::int64_t now, Duration work);
  bool join_quota_calmly(Group& group, std::int64_t now, Duration work);
  void begin_period_calmly(Group& group, std::int64_t now) const;
  [[nodiscard]] std::int64_t left_to_do(const Group& group, std::int64_t now) const;
  [[nodiscard]] bool has_endless(const Group& group) const;
  [[gnu::always_inline]] inline void add_calm(const CalmJob& job);
  [[nodiscard]] std::span<const CalmJob> calm_jobs() const {
    return std::span(calm_jobs_).first(calm_count_);
  }
  [[nodiscard]] bool has_ended(const CalmJob& job, std::int64_t now) const {
    return job.ends_at < now || (job.ends_at == now && !engine_.is_pending(job.event));
  }
  [[gnu::always_inline]] inline void retire(std::int64_t now);
  void leave_calm_mode();
  void enter_calm_mode();
  [[nodiscard]] static bool is_safe(const Group& group, double spent, double rate,
                                    std::int64_t now);
  [[nodiscard]] bool can_run_out(const Group& group);
  void count_caps();
  void share_out();
  void set_rates();

  [[nodiscard]] static double wait_of(Container& container);
  [[nodiscard]] static double wait_of(const Group& group, std::int64_t now);
  void plan_next();
  void plan_at(std::int64_t time);
  void on_due();
  void finish_due(Container& container);

  Engine& engine_;
  double cores_;     ///< Of the whole machine.
  double capacity_;  ///< Cores that it has now.
  std::uint32_t jobs_running_ = 0;
  std::uint32_t calm_max_;  ///< So many jobs have a core of their own.
  bool calm_ = true;        ///< Every job has a core of its own, and no quota can run out.
  std::int64_t calm_since_ = 0;
  bool is_telling_ = false;  ///< The callbacks of ended jobs run, in contended mode.
  std::uint64_t sequence_ = 0;
  EventId next_event_;
  std::int64_t next_time_ = 0;
  std::vector<Group> groups_;
  std::vector<Container> containers_;
  std::vector<Job> jobs_;
  std::vector<std::uint32_t> free_jobs_;
  bool rates_stand_ = false;        ///< The machine has not changed since they were shared out.
  std::vector<CalmJob> calm_jobs_;  ///< The next to end is the last of calm_count_.
  std::size_t calm_count_ = 0;
  std::vector<Callback> ended_;  ///< Reused between events, as are the next three.
  std::vector<HeapEntry> entering_;
  std::vector<std::uint32_t> sharers_;
  std::vector<std::uint32_t> rising_;
};

}  // namespace hoplab::sim
