#include "models/ecs/health_check.hpp"

#include <utility>

namespace hoplab::models::ecs {

HealthCheck::HealthCheck(sim::Engine& engine, const scenarios::HealthCheck& spec,
                         HealthCheckUser& user)
    : engine_(engine), spec_(spec), user_(user) {}

void HealthCheck::start() {
  stop();
  state_ = Health::unknown;
  failures_ = 0;
  has_passed_ = false;
  started_ = engine_.now();
  next_ = engine_.after(spec_.interval, sim::call<&HealthCheck::probe>(*this));
}

void HealthCheck::resume(sim::Duration phase) {
  state_ = Health::healthy;
  has_passed_ = true;
  next_ = engine_.after(phase, sim::call<&HealthCheck::probe>(*this));
}

void HealthCheck::stop() {
  engine_.cancel(next_);
  next_ = {};
  if (std::exchange(is_probing_, false)) user_.abandon_probe(*this);
}

void HealthCheck::probe() {
  ++number_;
  is_probing_ = true;
  next_ = engine_.after(spec_.timeout, sim::call<&HealthCheck::time_out>(*this));
  user_.begin_probe(*this, number_);
}

void HealthCheck::answer(std::uint64_t number, bool has_passed) {
  if (!is_probing_ || number != number_) return;
  engine_.cancel(next_);
  conclude(has_passed);
}

void HealthCheck::time_out() {
  user_.abandon_probe(*this);
  conclude(false);
}

bool HealthCheck::failures_count() const {
  return has_passed_ || engine_.now() - started_ >= spec_.start_period;
}

void HealthCheck::conclude(bool has_passed) {
  is_probing_ = false;
  next_ = engine_.after(spec_.interval, sim::call<&HealthCheck::probe>(*this));
  const Health before = state_;
  if (has_passed) {
    has_passed_ = true;
    failures_ = 0;
    state_ = Health::healthy;
  } else if (failures_count() && ++failures_ >= spec_.retries) {
    state_ = Health::unhealthy;
  }
  if (state_ != before) user_.on_health_changed(*this);
}

}  // namespace hoplab::models::ecs
