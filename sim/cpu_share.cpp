#include "sim/cpu_share.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/diagnostic.hpp"

namespace hoplab::sim {
namespace {

constexpr std::int64_t period = 100'000'000;
constexpr double never = std::numeric_limits<double>::infinity();
/// Work below a hundredth of a nanosecond is rounding: jobs that close to their end have ended.
constexpr double rounding = 0.01;
/// A virtual clock beyond this is set back, so that its last bit stays far below `rounding`.
constexpr double clock_max = 1e12;

/// Sets the rates of those `members` that `who` names: `capacity` is shared by weight among those
/// that can use at most `cap` each; who cannot use its share leaves the rest to the others.
template <typename Member>
void water_fill(std::vector<Member>& members, const std::vector<std::uint32_t>& who,
                double capacity, std::vector<std::uint32_t>& rising) {
  double demand = 0;
  for (const std::uint32_t index : who) demand += members[index].cap;
  if (demand <= capacity) {
    for (const std::uint32_t index : who) members[index].rate = members[index].cap;
    return;
  }
  // Smallest cap per weight first: once one is not filled, none after it is.
  rising = who;
  std::ranges::sort(rising, [&](std::uint32_t i, std::uint32_t j) {
    const double left = members[i].cap * members[j].weight;
    const double right = members[j].cap * members[i].weight;
    return left != right ? left < right : i < j;
  });
  double weights = 0;
  for (const std::uint32_t index : rising) weights += members[index].weight;
  for (const std::uint32_t index : rising) {
    Member& one = members[index];
    one.rate = std::min(one.cap, capacity * one.weight / weights);
    capacity -= one.rate;
    weights -= one.weight;
  }
}

/// The next whole number; waits are far below 2^63.
std::int64_t round_up(double wait) {
  const auto whole = static_cast<std::int64_t>(wait);
  return static_cast<double>(whole) < wait ? whole + 1 : whole;
}

}  // namespace

CpuShare::CpuShare(Engine& engine, CpuUnits capacity)
    : engine_(engine), cores_(static_cast<double>(capacity.count()) / 1024.0), capacity_(cores_) {
  HOPLAB_ASSERT(capacity.count() > 0, "a machine has some CPU");
}

void CpuShare::set_capacity(CpuUnits capacity) {
  HOPLAB_ASSERT(capacity.count() > 0, "a machine has some CPU");
  leave_calm_mode();
  settle_all();
  capacity_ = static_cast<double>(capacity.count()) / 1024.0;
  share_out();
}

CpuShare::GroupId CpuShare::add_group(GroupSpec spec) {
  HOPLAB_ASSERT(spec.weight.count() > 0 && spec.quota.count() >= 0, "shares are positive");
  Group group;
  group.weight = static_cast<double>(spec.weight.count());
  group.quota = static_cast<double>(spec.quota.count()) / 1024.0 * static_cast<double>(period);
  // The whole machine is no limit; saying so here keeps such a group on the fast path. A machine
  // that has less for a while is whole again later.
  if (group.quota >= cores_ * static_cast<double>(period)) group.quota = 0;
  groups_.push_back(std::move(group));
  return {static_cast<std::uint32_t>(groups_.size() - 1)};
}

CpuShare::ContainerId CpuShare::add_container(ContainerSpec spec) {
  HOPLAB_ASSERT(spec.group.index < groups_.size(), "a group of this machine");
  HOPLAB_ASSERT(spec.weight.count() > 0 && spec.threads_max > 0, "shares are positive");
  Container container;
  container.group = spec.group.index;
  container.weight = static_cast<double>(spec.weight.count());
  container.threads_max = static_cast<double>(spec.threads_max);
  containers_.push_back(std::move(container));
  const auto index = static_cast<std::uint32_t>(containers_.size() - 1);
  groups_[spec.group.index].containers.push_back(index);
  return {index};
}

CpuShare::Container& CpuShare::at(ContainerId id) {
  HOPLAB_ASSERT(id.index < containers_.size(), "a container of this machine");
  return containers_[id.index];
}

// --- Jobs -------------------------------------------------------------------------------------

CpuShare::JobId CpuShare::add_job(ContainerId container, bool endless) {
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
  job.done = {};
  ++containers_[container.index].jobs;
  ++jobs_running_;
  return {slot, job.generation};
}

CpuShare::JobId CpuShare::start(ContainerId container, Duration work,
                                void (*done)(void*, std::uint64_t), void* object,
                                std::uint64_t argument) {
  HOPLAB_ASSERT(work >= Duration::zero(), "a job has no negative work");
  Container& home = at(container);
  const bool tells = done != nullptr;
  if (join_calmly(home, work)) {
    const std::int64_t ends_at = now_ns() + work.count();
    if (!tells) {
      ++home.jobs;
      ++jobs_running_;
      add_quiet(container.index, ends_at);
      return {};
    }
    const JobId id = add_job(container, false);
    jobs_[id.slot].done = {done, object, argument};
    start_calmly(ends_at, id.slot);
    return id;
  }
  leave_calm_mode();
  settle_all();
  const JobId id = add_job(container, false);
  jobs_[id.slot].done = {done, object, argument};
  add_to_heap(home, static_cast<double>(work.count()), id.slot);
  share_out();
  return tells ? id : JobId{};
}

CpuShare::JobId CpuShare::start_endless(ContainerId container) {
  (void)at(container);
  leave_calm_mode();
  settle_all();
  const JobId id = add_job(container, true);
  share_out();
  return id;
}

void CpuShare::end_job(std::uint32_t slot) {
  Job& job = jobs_[slot];
  job.running = false;
  ++job.generation;
  --containers_[job.container].jobs;
  --jobs_running_;
  // The slot of a job with an entry in a heap is free again when that entry surfaces.
  if (job.endless) free_jobs_.push_back(slot);
}

void CpuShare::cancel(JobId id) {
  if (!id.is_set() || id.slot >= jobs_.size()) return;
  const Job& job = jobs_[id.slot];
  if (!job.running || job.generation != id.generation) return;
  leave_calm_mode();
  settle_all();
  end_job(id.slot);
  share_out();
}

void CpuShare::cancel_all(ContainerId container) {
  (void)at(container);
  leave_calm_mode();
  settle_all();
  for (std::uint32_t slot = 0; slot < jobs_.size(); ++slot) {
    if (jobs_[slot].running && jobs_[slot].container == container.index) end_job(slot);
  }
  share_out();
}

void CpuShare::add_to_heap(Container& container, double work, std::uint32_t slot) {
  HOPLAB_ASSERT(slot >> slot_bits == 0, "a machine has fewer than 2^24 jobs");
  container.heap.push({container.clock + work, sequence_++ << slot_bits | slot});
}

void CpuShare::drop_stale(Container& container) {
  while (!container.heap.empty() && !jobs_[container.heap.first().slot()].running) {
    free_jobs_.push_back(container.heap.take().slot());
  }
  if (container.heap.empty()) {
    container.clock = 0;
  } else if (container.clock > clock_max) {
    for (HeapEntry& entry : container.heap.all())
      entry.end = std::max(0.0, entry.end - container.clock);
    container.clock = 0;
  }
}

// --- Time -------------------------------------------------------------------------------------

/// Brings an account up to now, at the rates that held since it was settled last.
void CpuShare::settle(Container& container, std::int64_t now) {
  const auto span = static_cast<double>(now - container.settled_at);
  container.settled_at = now;
  container.clock += span * container.speed;
  container.used += span * container.rate;
}

// A quota that runs out and a standstill that ends are events of ours, so since it was settled last
// a group either ran at one rate or stood still.
void CpuShare::settle(Group& group, std::int64_t now) {
  const std::int64_t from = std::exchange(group.settled_at, now);
  if (group.period_start < 0) return;
  if (group.throttled && group.cap > 0) group.throttled_for += static_cast<double>(now - from);
  if (now < group.period_start + period) {
    group.spent += static_cast<double>(now - from) * group.rate;
    return;
  }
  group.period_start += (now - group.period_start) / period * period;
  group.spent = static_cast<double>(now - std::max(from, group.period_start)) * group.rate;
  group.throttled = false;
}

void CpuShare::settle_all() {
  if (is_telling_) return;  // All are settled, at this instant.
  const std::int64_t now = now_ns();
  for (Container& container : containers_) settle(container, now);
  for (Group& group : groups_) {
    if (group.quota > 0) settle(group, now);
  }
}

/// Could the group, which has used `spent` of this period's quota, run at `rate` for ever, and for
/// the rest of the period, within its quota?
bool CpuShare::is_safe(const Group& group, double spent, double rate, std::int64_t now) {
  if (group.quota <= 0) return true;
  if (rate * static_cast<double>(period) > group.quota) return false;
  if (group.period_start < 0) return true;
  const auto period_left = static_cast<double>(group.period_start + period - now);
  return spent + rate * period_left <= group.quota;
}

// --- The calm mode ----------------------------------------------------------------------------

/// Would what its containers have in their heaps take more than is left of the period's quota?
bool CpuShare::can_run_out(const Group& group) {
  double left = 0;
  for (const std::uint32_t member : group.containers) {
    Container& container = containers_[member];
    std::uint32_t ending = 0;
    for (const HeapEntry& entry : container.heap.all()) {
      if (!jobs_[entry.slot()].running) continue;
      ++ending;
      left += entry.end - container.clock;
    }
    if (ending < container.jobs) return true;  // One has no end.
  }
  return group.spent + left > group.quota;
}

/// The common case, and most of the speed: when one more job finds a core of its own and takes
/// nothing from others, only its own container and group are touched.
bool CpuShare::join_calmly(Container& home, Duration work) {
  if (!calm_) return false;
  const std::int64_t now = now_ns();
  retire(now);
  if (jobs_running_ + 1 > capacity_ || home.jobs + 1 > home.threads_max) return false;
  Group& group = groups_[home.group];
  if (group.quota > 0) {
    begin_period_calmly(group, now);
    // What runs ends, and needs no more than is left of this period's quota; or it could go on for
    // ever.
    const auto spent = static_cast<double>(group.calm_spent + group.running * now);
    const auto left = static_cast<double>(group.ends - group.ending * now + work.count());
    const bool fits = group.running == group.ending && spent + left <= group.quota;
    if (!fits && !is_safe(group, spent, static_cast<double>(group.running) + 1, now)) return false;
    if (group.period_start < 0) group.period_start = now;
    group.calm_spent -= now;
  }
  ++group.running;
  home.calm_used -= now;
  return true;
}

/// The quota is whole again where a period has ended; who runs now has run since its start.
void CpuShare::begin_period_calmly(Group& group, std::int64_t now) {
  if (group.period_start < 0 || now < group.period_start + period) return;
  group.period_start += (now - group.period_start) / period * period;
  group.calm_spent = -group.running * group.period_start;
}

void CpuShare::leave_calmly(std::uint32_t container, std::int64_t ended_at) {
  Container& home = containers_[container];
  Group& group = groups_[home.group];
  if (group.quota > 0) {
    begin_period_calmly(group, ended_at);
    group.calm_spent += ended_at;
  }
  --group.running;
  --group.ending;
  group.ends -= ended_at;
  home.calm_used += ended_at;
  --home.jobs;
  --jobs_running_;
}

void CpuShare::count_end(std::uint32_t container, std::int64_t ends_at) {
  Group& group = groups_[containers_[container].group];
  ++group.ending;
  group.ends += ends_at;
}

void CpuShare::start_calmly(std::int64_t ends_at, std::uint32_t slot) {
  Job& job = jobs_[slot];
  count_end(job.container, ends_at);
  job.ends_at = ends_at;
  job.place = static_cast<std::uint32_t>(calm_jobs_.size());
  calm_jobs_.push_back(slot);
  job.event = engine_.at(SimTime(Duration(ends_at)), call<&CpuShare::on_calm_end>(*this, slot));
}

void CpuShare::on_calm_end(std::uint64_t word) {
  const auto slot = static_cast<std::uint32_t>(word);
  const std::int64_t now = now_ns();
  retire(now);
  Job& job = jobs_[slot];
  jobs_[calm_jobs_.back()].place = job.place;
  calm_jobs_[job.place] = calm_jobs_.back();
  calm_jobs_.pop_back();
  job.running = false;
  ++job.generation;
  free_jobs_.push_back(slot);
  leave_calmly(job.container, now);
  const Callback done = job.done;  // It may start jobs, and so move this one.
  done();
}

void CpuShare::add_quiet(std::uint32_t container, std::int64_t ends_at) {
  count_end(container, ends_at);
  // Few, and nearly always one that ends after the others.
  const auto place =
      std::ranges::find_if(quiet_, [&](const QuietJob& other) { return other.ends_at <= ends_at; });
  quiet_.insert(place, {ends_at, container});
}

/// Ends the jobs that told nobody, each at its own time.
void CpuShare::retire(std::int64_t now) {
  while (!quiet_.empty() && quiet_.back().ends_at <= now) {
    const QuietJob job = quiet_.back();
    quiet_.pop_back();
    leave_calmly(job.container, job.ends_at);
  }
}

/// What runs goes into the heaps, and the accounts are settled. The caller shares out.
void CpuShare::leave_calm_mode() {
  if (!calm_) return;
  const std::int64_t now = now_ns();
  retire(now);
  calm_ = false;
  for (Container& container : containers_) {
    container.used +=
        static_cast<double>(std::exchange(container.calm_used, 0) + container.jobs * now);
    container.settled_at = now;
  }
  for (Group& group : groups_) {
    group.ending = group.ends = 0;
    if (group.quota <= 0) continue;
    begin_period_calmly(group, now);
    group.spent = static_cast<double>(group.calm_spent + group.running * now);
    group.settled_at = now;
  }
  for (const std::uint32_t slot : calm_jobs_) {
    Job& job = jobs_[slot];
    engine_.cancel(std::exchange(job.event, {}));
    add_to_heap(containers_[job.container], static_cast<double>(job.ends_at - now), slot);
  }
  calm_jobs_.clear();
  for (const QuietJob& quiet : quiet_) {
    --containers_[quiet.container].jobs;
    --jobs_running_;
    const JobId id = add_job({quiet.container}, false);
    add_to_heap(containers_[quiet.container], static_cast<double>(quiet.ends_at - now), id.slot);
  }
  quiet_.clear();
}

/// Nobody is in anybody's way any more: ends are known, and the heaps are empty.
void CpuShare::enter_calm_mode() {
  const std::int64_t now = now_ns();
  engine_.cancel(std::exchange(next_event_, {}));
  for (Group& group : groups_) group.running = 0;
  for (Container& container : containers_) {
    container.calm_used = -(container.jobs * now);
    groups_[container.group].running += container.jobs;
  }
  for (Group& group : groups_) {
    if (group.quota <= 0) continue;
    group.calm_spent = static_cast<std::int64_t>(group.spent + 0.5) - group.running * now;
  }
  for (std::uint32_t index = 0; index < containers_.size(); ++index) {
    Container& container = containers_[index];
    for (const HeapEntry& entry : container.heap.all()) {
      Job& job = jobs_[entry.slot()];
      const std::int64_t ends_at =
          now + round_up(std::max(0.0, entry.end - container.clock - rounding));
      if (job.running && job.done.function != nullptr) {
        start_calmly(ends_at, entry.slot());
        continue;
      }
      if (job.running) {
        job.running = false;
        ++job.generation;
        add_quiet(index, ends_at);
      }
      free_jobs_.push_back(entry.slot());
    }
    container.heap.clear();
    container.clock = 0;
  }
}

// --- Contention -------------------------------------------------------------------------------

/// Everybody's rate anew. Requires that all accounts are settled.
void CpuShare::share_out() {
  if (is_telling_) return;  // Once, at the end of it.
  const std::int64_t now = now_ns();
  calm_ = jobs_running_ <= capacity_;
  sharers_.clear();
  for (std::uint32_t index = 0; index < groups_.size(); ++index) {
    Group& group = groups_[index];
    group.cap = 0;
    group.rate = 0;
    for (const std::uint32_t member : group.containers) {
      Container& container = containers_[member];
      container.cap = std::min(static_cast<double>(container.jobs), container.threads_max);
      container.rate = container.speed = 0;
      calm_ = calm_ && container.jobs <= container.threads_max;
      group.cap += container.cap;
    }
    if (group.quota > 0) {
      if (group.cap > 0 && group.period_start < 0) group.period_start = now;
      group.throttled = group.period_start >= 0 && group.spent >= group.quota - rounding;
      calm_ = calm_ && !group.throttled &&
              (is_safe(group, group.spent, group.cap, now) || !can_run_out(group));
      if (group.throttled && group.cap > 0 &&
          std::exchange(group.counted_period, group.period_start) != group.period_start) {
        ++group.throttled_periods;
      }
    }
    if (group.cap > 0 && !group.throttled) sharers_.push_back(index);
  }
  water_fill(groups_, sharers_, capacity_, rising_);
  for (const std::uint32_t index : sharers_) share_out_group(groups_[index]);
  if (calm_) {
    enter_calm_mode();
  } else {
    plan_next();
  }
}

void CpuShare::share_out_group(Group& group) {
  water_fill(containers_, group.containers, group.rate, rising_);
  for (const std::uint32_t index : group.containers) {
    Container& container = containers_[index];
    container.speed = container.jobs > 0 ? container.rate / container.jobs : 0;
  }
}

// --- The one event ----------------------------------------------------------------------------

/// Until the container's next job ends. What needs no more work ends even while all stand still.
double CpuShare::wait_of(Container& container) {
  if (container.heap.empty()) return never;
  const double left = container.heap.first().end - container.clock - rounding;
  if (left <= 0) return 0;
  return container.speed > 0 ? left / container.speed : never;
}

/// Until the group's quota is used up or its standstill ends; never, where neither can come first.
double CpuShare::wait_of(const Group& group, std::int64_t now) {
  if (group.quota <= 0 || group.period_start < 0) return never;
  const auto period_left = static_cast<double>(group.period_start + period - now);
  if (group.throttled) return period_left;
  if (is_safe(group, group.spent, group.rate, now)) return never;
  return std::min(period_left, (group.quota - group.spent) / group.rate);
}

void CpuShare::plan_next() {
  const std::int64_t now = now_ns();
  double wait = never;
  for (Container& container : containers_) {
    drop_stale(container);
    wait = std::min(wait, wait_of(container));
  }
  for (const Group& group : groups_) wait = std::min(wait, wait_of(group, now));
  if (wait == never) {
    engine_.cancel(std::exchange(next_event_, {}));
  } else {
    plan_at(now + round_up(wait));
  }
}

void CpuShare::plan_at(std::int64_t time) {
  if (next_event_.is_set() && next_time_ == time) return;
  engine_.cancel(next_event_);
  next_time_ = time;
  next_event_ = engine_.at(SimTime(Duration(time)), call<&CpuShare::on_due>(*this));
}

/// Those who are told most often start the next job at once, so the CPU is shared out when all have
/// been told: no time passes in between.
void CpuShare::on_due() {
  next_event_ = {};
  settle_all();
  for (Container& container : containers_) finish_due(container);
  // Not from the member: nobody knows what a callback does.
  std::vector<Callback> ended = std::exchange(ended_, {});
  is_telling_ = true;
  for (const Callback& done : ended) done();
  is_telling_ = false;
  share_out();
  ended.clear();
  ended_ = std::move(ended);
}

void CpuShare::finish_due(Container& container) {
  while (true) {
    drop_stale(container);
    if (container.heap.empty() || container.heap.first().end > container.clock + rounding) return;
    const std::uint32_t slot = container.heap.first().slot();
    if (jobs_[slot].done.function != nullptr) ended_.push_back(jobs_[slot].done);
    end_job(slot);
  }
}

// --- Accounts ---------------------------------------------------------------------------------

// Looks without settling: to settle rounds, and to look must not change what happens next.
double CpuShare::used_ns(std::uint32_t index) const {
  const Container& container = containers_[index];
  const std::int64_t now = now_ns();
  if (!calm_) {
    return container.used + container.rate * static_cast<double>(now - container.settled_at);
  }
  std::int64_t used = container.calm_used + container.jobs * now;
  for (const QuietJob& quiet : quiet_) {
    if (quiet.container == index && quiet.ends_at < now) used -= now - quiet.ends_at;
  }
  return container.used + static_cast<double>(used);
}

Duration CpuShare::used(ContainerId container) const {
  HOPLAB_ASSERT(container.index < containers_.size(), "a container of this machine");
  return Duration(static_cast<std::int64_t>(used_ns(container.index) + 0.5));
}

Duration CpuShare::used(GroupId group) const {
  HOPLAB_ASSERT(group.index < groups_.size(), "a group of this machine");
  double all = 0;
  for (const std::uint32_t container : groups_[group.index].containers) all += used_ns(container);
  return Duration(static_cast<std::int64_t>(all + 0.5));
}

Duration CpuShare::used() const {
  double all = 0;
  for (std::uint32_t index = 0; index < containers_.size(); ++index) all += used_ns(index);
  return Duration(static_cast<std::int64_t>(all + 0.5));
}

std::size_t CpuShare::jobs(ContainerId container) const {
  HOPLAB_ASSERT(container.index < containers_.size(), "a container of this machine");
  const auto has_ended = [&](const QuietJob& quiet) {
    return quiet.container == container.index && quiet.ends_at <= now_ns();
  };
  return containers_[container.index].jobs -
         static_cast<std::size_t>(std::ranges::count_if(quiet_, has_ended));
}

Duration CpuShare::throttled(GroupId group) {
  HOPLAB_ASSERT(group.index < groups_.size(), "a group of this machine");
  Group& one = groups_[group.index];
  if (!calm_) settle(one, now_ns());  // In the calm mode nobody stands still.
  return Duration(static_cast<std::int64_t>(one.throttled_for + 0.5));
}

std::uint64_t CpuShare::throttled_periods(GroupId group) const {
  HOPLAB_ASSERT(group.index < groups_.size(), "a group of this machine");
  return groups_[group.index].throttled_periods;
}

}  // namespace hoplab::sim
