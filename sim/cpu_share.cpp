#include "sim/cpu_share.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/diagnostic.hpp"

namespace hoplab::sim {
namespace {

constexpr double period_ns = 100e6;
constexpr double never = std::numeric_limits<double>::infinity();
/// Work below a hundredth of a nanosecond is rounding: jobs that close to their end have ended.
constexpr double rounding = 0.01;

struct LaterEnd {
  template <typename Entry>
  bool operator()(const Entry& left, const Entry& right) const {
    return left.end != right.end ? left.end > right.end : left.sequence > right.sequence;
  }
};

/// Shares `capacity` by weight among those that can use at most `cap` each: who cannot use its
/// share leaves the rest to the others. `member(i)` gives {weight, cap, rate&}.
template <typename Member>
void water_fill(const std::vector<std::uint32_t>& who, double capacity, Member member) {
  double demand = 0;
  for (const std::uint32_t index : who) demand += member(index).cap;
  if (demand <= capacity) {
    for (const std::uint32_t index : who) member(index).rate = member(index).cap;
    return;
  }
  // Smallest cap per weight first: once one is not filled, none after it is.
  std::vector<std::uint32_t> rising = who;
  std::ranges::stable_sort(rising, [&](std::uint32_t left, std::uint32_t right) {
    return member(left).cap * member(right).weight < member(right).cap * member(left).weight;
  });
  double weights = 0;
  for (const std::uint32_t index : rising) weights += member(index).weight;
  for (const std::uint32_t index : rising) {
    auto&& one = member(index);
    one.rate = std::min(one.cap, capacity * one.weight / weights);
    capacity -= one.rate;
    weights -= one.weight;
  }
}

struct Claim {
  double weight;
  double cap;
  double& rate;
};

}  // namespace

CpuShare::CpuShare(Engine& engine, CpuUnits capacity)
    : engine_(engine), capacity_(static_cast<double>(capacity.count()) / 1024.0) {
  HOPLAB_ASSERT(capacity.count() > 0, "a machine without CPU");
}

CpuShare::GroupId CpuShare::add_group(GroupSpec spec) {
  Group group;
  group.weight = static_cast<double>(spec.weight.count());
  group.quota = static_cast<double>(spec.quota.count()) / 1024.0 * period_ns;
  groups_.push_back(std::move(group));
  return {static_cast<std::uint32_t>(groups_.size() - 1)};
}

CpuShare::ContainerId CpuShare::add_container(ContainerSpec spec) {
  Container container;
  container.group = spec.group.index;
  container.weight = static_cast<double>(spec.weight.count());
  container.threads_max = static_cast<double>(spec.threads_max);
  containers_.push_back(std::move(container));
  const auto index = static_cast<std::uint32_t>(containers_.size() - 1);
  groups_.at(spec.group.index).containers.push_back(index);
  return {index};
}

// --- Jobs -------------------------------------------------------------------------------------

CpuShare::JobId CpuShare::add_job(ContainerId container, Callback done, bool endless) {
  std::uint32_t slot = 0;
  if (free_jobs_.empty()) {
    slot = static_cast<std::uint32_t>(jobs_.size());
    jobs_.emplace_back();
  } else {
    slot = free_jobs_.back();
    free_jobs_.pop_back();
  }
  Job& job = jobs_[slot];
  job.container = container.index;
  job.running = true;
  job.endless = endless;
  job.done = done;
  ++containers_[container.index].jobs;
  return {slot, job.generation};
}

CpuShare::JobId CpuShare::start(ContainerId container, Duration work, Callback done) {
  HOPLAB_ASSERT(work >= Duration::zero(), "a job with negative work");
  advance();
  const JobId id = add_job(container, done, false);
  Container& home = containers_.at(container.index);
  home.heap.push_back({home.clock + static_cast<double>(work.count()), sequence_++, id.slot});
  std::ranges::push_heap(home.heap, LaterEnd{});
  share_out();
  return id;
}

CpuShare::JobId CpuShare::start_endless(ContainerId container) {
  advance();
  const JobId id = add_job(container, {}, true);
  share_out();
  return id;
}

void CpuShare::end_job(std::uint32_t slot) {
  Job& job = jobs_[slot];
  job.running = false;
  ++job.generation;
  --containers_[job.container].jobs;
  // The slot of a job with an entry in a heap is free again when that entry surfaces.
  if (job.endless) free_jobs_.push_back(slot);
}

void CpuShare::cancel(JobId id) {
  if (!id.is_set() || id.slot >= jobs_.size()) return;
  const Job& job = jobs_[id.slot];
  if (!job.running || job.generation != id.generation) return;
  advance();
  end_job(id.slot);
  share_out();
}

void CpuShare::cancel_all(ContainerId container) {
  advance();
  for (std::uint32_t slot = 0; slot < jobs_.size(); ++slot) {
    if (jobs_[slot].running && jobs_[slot].container == container.index) end_job(slot);
  }
  share_out();
}

void CpuShare::drop_stale(Container& container) {
  while (!container.heap.empty() && !jobs_[container.heap.front().slot].running) {
    std::ranges::pop_heap(container.heap, LaterEnd{});
    free_jobs_.push_back(container.heap.back().slot);
    container.heap.pop_back();
  }
  if (container.heap.empty()) container.clock = 0;
}

// --- Time -------------------------------------------------------------------------------------

// Brings every account up to now, at the rates that held since the last change.
void CpuShare::advance() {
  const std::int64_t now = now_ns();
  const auto span = static_cast<double>(now - advanced_to_);
  if (span > 0) {
    for (Container& container : containers_) {
      if (container.jobs == 0) continue;
      container.clock += span * container.rate / container.jobs;
      container.used += span * container.rate;
    }
    for (Group& group : groups_) roll_periods(group, advanced_to_, now);
  }
  advanced_to_ = now;
}

// Every instant at which a quota runs out or a throttled group's period ends is an event of ours,
// so within one span a group either runs at one rate or stands still.
void CpuShare::roll_periods(Group& group, std::int64_t from, std::int64_t to) {
  if (group.quota <= 0 || !group.period_runs) return;
  if (group.throttled) group.throttled_for += static_cast<double>(to - from);
  const auto length = static_cast<std::int64_t>(period_ns);
  if (to < group.period_start + length) {
    group.spent += static_cast<double>(to - from) * group.rate;
    return;
  }
  group.period_start += (to - group.period_start) / length * length;
  group.spent = static_cast<double>(to - std::max(from, group.period_start)) * group.rate;
  group.throttled = false;
}

void CpuShare::share_out() {
  order_.clear();
  for (std::uint32_t index = 0; index < groups_.size(); ++index) {
    Group& group = groups_[index];
    group.cap = 0;
    group.rate = 0;
    for (const std::uint32_t member : group.containers) {
      const Container& container = containers_[member];
      group.cap += std::min(static_cast<double>(container.jobs), container.threads_max);
    }
    if (group.quota > 0) {
      const bool is_busy = group.cap > 0;
      if (is_busy && !group.period_runs) {
        group.period_start = now_ns();
        group.spent = 0;
      }
      // An idle group's period runs out; a burst within it still sees what was spent.
      const bool is_over = now_ns() >= group.period_start + static_cast<std::int64_t>(period_ns);
      group.period_runs = is_busy || (group.period_runs && !is_over);
      group.throttled = group.period_runs && group.spent >= group.quota - rounding;
      if (group.throttled) group.cap = 0;
    }
    if (group.cap > 0) order_.push_back(index);
  }
  water_fill(order_, capacity_, [this](std::uint32_t index) {
    return Claim{groups_[index].weight, groups_[index].cap, groups_[index].rate};
  });
  for (Group& group : groups_) share_out_group(group);
  plan_next();
}

void CpuShare::share_out_group(Group& group) {
  const auto cap_of = [this](std::uint32_t index) {
    return std::min(static_cast<double>(containers_[index].jobs), containers_[index].threads_max);
  };
  if (group.rate >= group.cap) {
    for (const std::uint32_t index : group.containers) {
      containers_[index].rate = group.rate > 0 ? cap_of(index) : 0;
    }
    return;
  }
  water_fill(group.containers, group.rate, [&](std::uint32_t index) {
    return Claim{containers_[index].weight, cap_of(index), containers_[index].rate};
  });
}

/// Until the group's quota is used up or its standstill ends; never, where neither can come first.
double CpuShare::next_in(const Group& group) const {
  if (group.quota <= 0 || !group.period_runs) return never;
  const double period_left =
      static_cast<double>(group.period_start + static_cast<std::int64_t>(period_ns) - now_ns());
  if (group.throttled) return period_left;
  if (group.rate <= 0) return never;
  // A group that cannot use up a whole quota in a whole period is never stopped in a later one.
  const double runs_out = (group.quota - group.spent) / group.rate;
  if (runs_out < period_left) return runs_out;
  return group.rate * period_ns > group.quota ? period_left : never;
}

void CpuShare::plan_next() {
  double wait = never;
  for (Container& container : containers_) {
    drop_stale(container);
    if (container.heap.empty() || container.rate <= 0) continue;
    const double left = container.heap.front().end - container.clock;
    wait = std::min(wait, std::max(0.0, left - rounding) * container.jobs / container.rate);
  }
  for (const Group& group : groups_) wait = std::min(wait, next_in(group));
  if (wait == never) {
    engine_.cancel(std::exchange(next_event_, {}));
    return;
  }
  const std::int64_t due = now_ns() + static_cast<std::int64_t>(std::ceil(wait));
  if (next_event_.is_set() && next_time_ == due) return;
  engine_.cancel(next_event_);
  next_time_ = due;
  next_event_ = engine_.at(SimTime(Duration(due)), call<&CpuShare::on_due>(*this));
}

void CpuShare::on_due() {
  next_event_ = {};
  advance();
  std::vector<Callback> ended = std::exchange(ended_, {});
  for (std::uint32_t index = 0; index < containers_.size(); ++index) finish_due(index, ended);
  share_out();
  // Only now: a callback may start jobs.
  for (const Callback& done : ended) done();
  ended.clear();
  ended_ = std::move(ended);
}

void CpuShare::finish_due(std::uint32_t index, std::vector<Callback>& ended) {
  Container& container = containers_[index];
  while (true) {
    drop_stale(container);
    if (container.heap.empty() || container.heap.front().end > container.clock + rounding) return;
    const std::uint32_t slot = container.heap.front().slot;
    ended.push_back(jobs_[slot].done);
    end_job(slot);
  }
}

// --- Accounts ---------------------------------------------------------------------------------

Duration CpuShare::used(ContainerId container) {
  advance();
  return Duration(static_cast<std::int64_t>(containers_.at(container.index).used + 0.5));
}

std::size_t CpuShare::jobs(ContainerId container) const {
  return containers_.at(container.index).jobs;
}

Duration CpuShare::throttled(GroupId group) {
  advance();
  return Duration(static_cast<std::int64_t>(groups_.at(group.index).throttled_for + 0.5));
}

}  // namespace hoplab::sim
