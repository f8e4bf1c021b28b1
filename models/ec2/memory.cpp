#include "models/ec2/memory.hpp"

#include <utility>

#include "sim/diagnostic.hpp"

namespace hoplab::models::ec2 {
namespace {

/// Later than any run: no event.
constexpr double seconds_max = 4e8;

}  // namespace

HostMemory::HostMemory(sim::Engine& engine, sim::Bytes capacity)
    : engine_(engine), capacity_(capacity) {
  HOPLAB_ASSERT(capacity.count() > 0, "a machine has some memory");
}

HostMemory::Process* HostMemory::find(ProcessId id) {
  if (!id.is_set()) return nullptr;
  Process& process = processes_[id.slot];
  return process.lives && process.generation == id.generation ? &process : nullptr;
}

double HostMemory::held_by(const Process& process) const {
  return process.held + process.rate * sim::in_seconds(engine_.now() - process.since);
}

double HostMemory::used_now() const {
  return used_ + rate_ * sim::in_seconds(engine_.now() - since_);
}

sim::Bytes HostMemory::used() const { return sim::Bytes(static_cast<std::int64_t>(used_now())); }

/// Brings the account of all up to now.
void HostMemory::account() {
  used_ = used_now();
  since_ = engine_.now();
}

HostMemory::ProcessId HostMemory::add(ProcessSpec spec) {
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(processes_.size());
    processes_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Process& process = processes_[slot];
  process.lives = true;
  process.held = static_cast<double>(spec.held.count());
  process.rate = 0;
  process.since = engine_.now();
  process.adjustment = static_cast<double>(capacity_.count()) / 1000 * spec.oom_score_adj;
  process.on_kill = spec.on_kill;
  account();
  used_ += process.held;
  return {slot, process.generation};
}

void HostMemory::set(ProcessId id, double bytes, double bytes_per_second) {
  Process* process = find(id);
  if (process == nullptr) return;
  account();
  const bool grows = bytes > held_by(*process) || bytes_per_second > 0;
  used_ += bytes - held_by(*process);
  rate_ += bytes_per_second - process->rate;
  process->held = bytes;
  process->rate = bytes_per_second;
  process->since = engine_.now();
  if (grows || due_.is_set()) watch();
}

void HostMemory::remove(ProcessId id) {
  Process* process = find(id);
  if (process == nullptr) return;
  account();
  used_ -= held_by(*process);
  rate_ -= process->rate;
  process->lives = false;
  ++process->generation;
  free_.push_back(id.slot);
  if (due_.is_set()) watch();
}

/// When all of it will be held.
void HostMemory::watch() {
  engine_.cancel(std::exchange(due_, {}));
  const double left = static_cast<double>(capacity_.count()) - used_now();
  double seconds = 0;
  if (left > 0) seconds = rate_ > 0 ? left / rate_ : seconds_max;
  if (seconds >= seconds_max) return;
  due_ = engine_.after(sim::seconds_to_duration(seconds), sim::call<&HostMemory::on_full>(*this));
}

void HostMemory::on_full() {
  due_ = {};
  const Process* victim = nullptr;
  double score_max = 0;
  for (const Process& process : processes_) {
    const double score = held_by(process) + process.adjustment;
    if (!process.lives || score <= score_max) continue;
    victim = &process;
    score_max = score;
  }
  if (victim == nullptr) return;
  const auto slot = static_cast<std::uint32_t>(victim - processes_.data());
  const sim::Callback on_kill = victim->on_kill;
  remove({slot, victim->generation});
  on_kill();
  watch();
}

}  // namespace hoplab::models::ec2
