#include "models/ec2/memory_stress.hpp"

#include <utility>

namespace hoplab::models::ec2 {
namespace {

/// What systemd gives the SSM agent's slice.
constexpr sim::CpuUnits system_shares{1024};
/// Assumed: what one core writes to fresh pages.
constexpr double bytes_per_second = 1024.0 * 1024 * 1024;
constexpr int oom_score_adj = 1000;
constexpr sim::Duration restart = std::chrono::milliseconds(100);

}  // namespace

MemoryStress::MemoryStress(sim::Engine& engine, HostMemory& memory, sim::CpuShare& cpu, Spec spec)
    : engine_(engine),
      memory_(memory),
      cpu_(cpu),
      spec_(spec),
      container_(cpu.add_container({.group = cpu.add_group({.weight = system_shares})})) {
  for (int worker = 0; worker < spec_.workers; ++worker) cpu_.start_endless(container_);
  fill();
}

void MemoryStress::fill() {
  next_ = {};
  if (is_stopped_) return;
  process_ = memory_.add({.held = sim::Bytes(0),
                          .oom_score_adj = oom_score_adj,
                          .on_kill = sim::call<&MemoryStress::on_kill>(*this)});
  const double rate = bytes_per_second * spec_.workers;
  const double share = static_cast<double>(memory_.capacity().count()) / 100 * spec_.percent;
  memory_.set(process_, 0, rate);
  next_ =
      engine_.after(sim::seconds_to_duration(share / rate), sim::call<&MemoryStress::hold>(*this));
}

void MemoryStress::hold() {
  next_ = {};
  memory_.set(process_, static_cast<double>(memory_.capacity().count()) / 100 * spec_.percent, 0);
}

void MemoryStress::on_kill() {
  engine_.cancel(next_);
  next_ = engine_.after(restart, sim::call<&MemoryStress::fill>(*this));
}

void MemoryStress::stop() {
  is_stopped_ = true;
  engine_.cancel(std::exchange(next_, {}));
  memory_.remove(process_);
  cpu_.cancel_all(container_);
}

}  // namespace hoplab::models::ec2
