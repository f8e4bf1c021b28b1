#include "models/ec2/stress.hpp"

namespace hoplab::models::ec2 {
namespace {

constexpr sim::Duration slice = std::chrono::milliseconds(10);

}  // namespace

Stress::Stress(sim::Engine& engine, sim::CpuShare& cpu, Spec spec)
    : engine_(engine),
      cpu_(cpu),
      container_(cpu.add_container({.group = spec.group})),
      busy_(slice * spec.percent / 100),
      idle_(slice - busy_) {
  for (int worker = 0; worker < spec.workers; ++worker) {
    if (idle_ == sim::Duration::zero()) {
      cpu_.start_endless(container_);
    } else {
      start_busy_part();
    }
  }
}

void Stress::start_busy_part() {
  if (is_stopped_) return;
  cpu_.start(container_, busy_, sim::call<&Stress::end_busy_part>(*this));
}

void Stress::end_busy_part() {
  if (is_stopped_) return;
  engine_.after(idle_, sim::call<&Stress::start_busy_part>(*this));
}

void Stress::stop() {
  is_stopped_ = true;
  cpu_.cancel_all(container_);
}

}  // namespace hoplab::models::ec2
