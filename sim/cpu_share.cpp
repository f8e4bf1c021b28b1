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
    : engine_(engine),
      cores_(static_cast<double>(capacity.count()) / 1024.0),
      capacity_(cores_),
      calm_max_(static_cast<std::uint32_t>(capacity_)),
      calm_jobs_(calm_max_) {
  HOPLAB_ASSERT(capacity.count() > 0, "a machine has some CPU");
}

void CpuShare::set_capacity(CpuUnits capacity) {
  HOPLAB_ASSERT(capacity.count() > 0, "a machine has some CPU");
  leave_calm_mode();
  settle_all();
  capacity_ = static_cast<double>(capacity.count()) / 1024.0;
  calm_max_ = static_cast<std::uint32_t>(capacity_);
  calm_jobs_.resize(calm_max_);
  rates_stand_ = false;
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
  container.threads_max = spec.threads_max;
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

std::uint32_t CpuShare::add_job(std::uint32_t container, bool endless, Callback done) {
  std::uint32_t slot = 0;
  if (free_jobs_.empty()) {
    slot = static_cast<std::uint32_t>(jobs_.size());
    jobs_.emplace_back();
  } else {
    slot = free_jobs_.back();
    free_jobs_.pop_back();
  }
  jobs_[slot] = {container, true, endless, done};
  ++containers_[container].jobs;
  if (endless) ++containers_[container].endless;
  ++jobs_running_;
  return slot;
}

void CpuShare::start(ContainerId container, Duration work, void (*done)(void*, std::uint64_t),
                     void* object, std::uint64_t argument) {
  HOPLAB_ASSERT(work >= Duration::zero(), "a job has no negative work");
  Container& home = at(container);
  const std::int64_t now = now_ns();
  if (join_calmly(home, now, work)) {
    const std::int64_t ends_at = now + work.count();
    EventId event;
    if (done != nullptr) event = engine_.add(SimTime(Duration(ends_at)), done, object, argument);
    return add_calm({ends_at, event, container.index});
  }
  leave_calm_mode();
  settle_all();
  const std::uint32_t slot = add_job(container.index, false, {done, object, argument});
  add_to_heap(home, static_cast<double>(work.count()), slot);
  share_out();
}

void CpuShare::start_endless(ContainerId container) {
  (void)at(container);
  leave_calm_mode();
  settle_all();
  add_job(container.index, true, {});
  share_out();
}

void CpuShare::end_job(std::uint32_t slot) {
  Job& job = jobs_[slot];
  job.running = false;
  --containers_[job.container].jobs;
  --jobs_running_;
  if (!job.endless) return;  // The slot is free again when its entry in the heap surfaces.
  --containers_[job.container].endless;
  free_jobs_.push_back(slot);
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
  for (Container& container : containers_) {
    if (container.rate > 0) settle(container, now);
  }
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

bool CpuShare::has_endless(const Group& group) const {
  return std::ranges::any_of(
      group.containers, [this](std::uint32_t member) { return containers_[member].endless > 0; });
}

/// Would what its containers have in their heaps take more than is left of the period's quota?
bool CpuShare::can_run_out(const Group& group) {
  if (has_endless(group)) return true;
  double left = 0;
  for (const std::uint32_t member : group.containers) {
    Container& container = containers_[member];
    for (const HeapEntry& entry : container.heap.all()) {
      if (jobs_[entry.slot()].running) left += entry.end - container.clock;
    }
  }
  return group.spent + left > group.quota;
}

/// The common case, and most of the speed: when one more job finds a core of its own and takes
/// nothing from others, only its own container and group are touched.
bool CpuShare::join_calmly(Container& home, std::int64_t now, Duration work) {
  if (!calm_) return false;
  retire(now);
  if (jobs_running_ >= calm_max_ || home.jobs >= home.threads_max) return false;
  Group& group = groups_[home.group];
  if (group.quota > 0 && !join_quota_calmly(group, now, work)) return false;
  home.promised += work.count();
  ++home.jobs;
  ++jobs_running_;
  return true;
}

/// What is promised fits into this period's quota, however much of it falls into the next; or the
/// jobs could go on for ever.
bool CpuShare::join_quota_calmly(Group& group, std::int64_t now, Duration work) {
  begin_period_calmly(group, now);
  if (static_cast<double>(group.promised + work.count()) > group.quota) {
    std::uint32_t jobs = 1;
    for (const std::uint32_t member : group.containers) jobs += containers_[member].jobs;
    const auto spent = static_cast<double>(group.promised - left_to_do(group, now));
    if (!is_safe(group, spent, jobs, now)) return false;
  }
  if (group.period_start < 0) group.period_start = now;
  group.promised += work.count();
  return true;
}

/// Of the group's calm jobs that end after `now`.
std::int64_t CpuShare::left_to_do(const Group& group, std::int64_t now) const {
  std::int64_t left = 0;
  for (const CalmJob& job : calm_jobs()) {
    if (&groups_[containers_[job.container].group] != &group) continue;
    left += std::max<std::int64_t>(0, job.ends_at - now);
  }
  return left;
}

/// The quota is whole again where a period has ended; who runs now has run since its start.
void CpuShare::begin_period_calmly(Group& group, std::int64_t now) const {
  if (group.period_start < 0 || now < group.period_start + period) [[likely]]
    return;
  group.period_start += (now - group.period_start) / period * period;
  group.promised = left_to_do(group, group.period_start);
}

void CpuShare::add_calm(const CalmJob& job) {
  // Few, and nearly always one that ends after the others.
  std::size_t place = calm_count_++;
  for (; place > 0 && calm_jobs_[place - 1].ends_at <= job.ends_at; --place) {
    calm_jobs_[place] = calm_jobs_[place - 1];
  }
  calm_jobs_[place] = job;
}

/// Forgets the jobs that have ended. One that ends at this instant has done so when its event has
/// run.
void CpuShare::retire(std::int64_t now) {
  while (calm_count_ > 0 && has_ended(calm_jobs_[calm_count_ - 1], now)) {
    const CalmJob& job = calm_jobs_[calm_count_ - 1];
    Container& home = containers_[job.container];
    Group& group = groups_[home.group];
    if (group.quota > 0) begin_period_calmly(group, job.ends_at);  // It takes its part of that.
    --home.jobs;
    --jobs_running_;
    --calm_count_;
  }
}

/// What runs goes into the heaps, and the accounts are settled. The caller shares out.
void CpuShare::leave_calm_mode() {
  if (!calm_) return;
  const std::int64_t now = now_ns();
  retire(now);
  calm_ = false;
  for (std::uint32_t index = 0; index < containers_.size(); ++index) {
    Container& container = containers_[index];
    container.used += static_cast<double>(calm_used(index, now));
    container.promised = 0;
    container.settled_at = now;
  }
  for (Group& group : groups_) {
    if (group.quota <= 0) continue;
    begin_period_calmly(group, now);
    group.spent = static_cast<double>(group.promised - left_to_do(group, now));
    group.settled_at = now;
  }
  // In the order of their ends: those of one instant stay in the order in which they came.
  while (calm_count_ > 0) {
    const CalmJob& job = calm_jobs_[--calm_count_];
    --containers_[job.container].jobs;
    --jobs_running_;
    const std::uint32_t slot = add_job(job.container, false, engine_.take_back(job.event));
    add_to_heap(containers_[job.container], static_cast<double>(job.ends_at - now), slot);
  }
}

/// Nobody is in anybody's way any more: ends are known, and the heaps are empty.
void CpuShare::enter_calm_mode() {
  const std::int64_t now = now_ns();
  engine_.cancel(std::exchange(next_event_, {}));
  calm_since_ = now;
  for (Group& group : groups_) group.promised = static_cast<std::int64_t>(group.spent + 0.5);
  for (std::uint32_t index = 0; index < containers_.size(); ++index) {
    Container& container = containers_[index];
    // In the order of their ends: of two that round to one instant, the first stays the first.
    entering_.assign(container.heap.all().begin(), container.heap.all().end());
    std::ranges::sort(entering_, {}, &HeapEntry::rank);
    for (const HeapEntry& entry : entering_) {
      Job& job = jobs_[entry.slot()];
      free_jobs_.push_back(entry.slot());
      if (!std::exchange(job.running, false)) continue;
      const std::int64_t left = round_up(std::max(0.0, entry.end - container.clock - rounding));
      EventId event;
      if (job.done.function != nullptr) event = engine_.after(Duration(left), job.done);
      add_calm({now + left, event, index});
      container.promised += left;
      groups_[container.group].promised += left;
    }
    container.heap.clear();
    container.clock = 0;
  }
}

// --- Contention -------------------------------------------------------------------------------

/// Who may use how many cores now. Rates follow from that, so they stand where nothing of it has
/// changed; and a container in which many wait wants the whole machine, whether one more comes or
/// goes. Also decides on the calm mode.
void CpuShare::count_caps() {
  const std::int64_t now = now_ns();
  calm_ = jobs_running_ <= calm_max_;
  for (Group& group : groups_) {
    double group_cap = 0;
    for (const std::uint32_t member : group.containers) {
      Container& container = containers_[member];
      const std::uint32_t threads = std::min(container.jobs, container.threads_max);
      const double cap = std::min(static_cast<double>(threads), capacity_);
      rates_stand_ = rates_stand_ && cap == container.cap;
      container.cap = cap;
      calm_ = calm_ && container.jobs <= container.threads_max;
      group_cap += cap;
    }
    group.cap = group_cap;
    if (group.quota <= 0) continue;
    if (group.cap > 0 && group.period_start < 0) group.period_start = now;
    const bool throttled = group.period_start >= 0 && group.spent >= group.quota - rounding;
    rates_stand_ = rates_stand_ && throttled == group.throttled_rates;
    group.throttled = group.throttled_rates = throttled;
    calm_ = calm_ && !throttled &&
            (!can_run_out(group) ||
             (is_safe(group, group.spent, group.cap, now) && !has_endless(group)));
    if (throttled && group.cap > 0 &&
        std::exchange(group.counted_period, group.period_start) != group.period_start) {
      ++group.throttled_periods;
    }
  }
}

/// Everybody's rate anew, where it is not what it was. Requires that all accounts are settled.
void CpuShare::share_out() {
  if (is_telling_) return;  // Once, at the end of it.
  count_caps();
  if (!std::exchange(rates_stand_, true)) set_rates();
  for (Container& container : containers_) {
    if (container.rate > 0) container.speed = container.rate / container.jobs;
  }
  if (calm_) {
    enter_calm_mode();
  } else {
    plan_next();
  }
}

void CpuShare::set_rates() {
  const std::int64_t now = now_ns();
  for (Container& container : containers_) {
    container.rate = container.speed = 0;
    container.settled_at = now;
  }
  sharers_.clear();
  for (std::uint32_t index = 0; index < groups_.size(); ++index) {
    Group& group = groups_[index];
    group.rate = 0;
    if (group.cap > 0 && !group.throttled) sharers_.push_back(index);
  }
  water_fill(groups_, sharers_, capacity_, rising_);
  for (const std::uint32_t index : sharers_) {
    water_fill(containers_, groups_[index].containers, groups_[index].rate, rising_);
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
    if (container.heap.empty()) continue;
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
  for (Container& container : containers_) {
    if (!container.heap.empty()) finish_due(container);
  }
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
  return container.used + static_cast<double>(calm_used(index, now));
}

/// In the calm mode that lasts: ns.
std::int64_t CpuShare::calm_used(std::uint32_t index, std::int64_t now) const {
  const Container& container = containers_[index];
  std::int64_t used = container.promised + container.endless * (now - calm_since_);
  for (const CalmJob& job : calm_jobs()) {
    if (job.container == index) used -= std::max<std::int64_t>(0, job.ends_at - now);
  }
  return used;
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
  const auto is_over = [&](const CalmJob& job) {
    return job.container == container.index && has_ended(job, now_ns());
  };
  return containers_[container.index].jobs -
         static_cast<std::size_t>(std::ranges::count_if(calm_jobs(), is_over));
}

// As used_ns(), it looks and settles nothing. In the calm mode nobody stands still.
Duration CpuShare::throttled(GroupId group) const {
  HOPLAB_ASSERT(group.index < groups_.size(), "a group of this machine");
  const Group& one = groups_[group.index];
  double throttled = one.throttled_for;
  if (!calm_ && one.throttled && one.cap > 0) {
    throttled += static_cast<double>(now_ns() - one.settled_at);
  }
  return Duration(static_cast<std::int64_t>(throttled + 0.5));
}

std::uint64_t CpuShare::throttled_periods(GroupId group) const {
  HOPLAB_ASSERT(group.index < groups_.size(), "a group of this machine");
  return groups_[group.index].throttled_periods;
}

}  // namespace hoplab::sim
