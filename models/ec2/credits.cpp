#include "models/ec2/credits.hpp"

#include <algorithm>

namespace hoplab::models::ec2 {
namespace {

constexpr double seconds_per_minute = 60;
constexpr double seconds_per_hour = 3600;
/// A balance is never looked at more often than this, nor less often than the next.
constexpr sim::Duration check_min = std::chrono::milliseconds(100);
constexpr sim::Duration check_max = std::chrono::seconds(60);

double minutes(sim::Duration span) { return sim::in_seconds(span) / seconds_per_minute; }

}  // namespace

CpuCredits::CpuCredits(sim::Engine& engine, sim::CpuShare& cpu, Spec spec)
    : engine_(engine), cpu_(cpu), spec_(spec), balance_(spec.balance) {
  check();
}

void CpuCredits::settle() {
  const sim::Duration used = cpu_.used();
  const double spent = minutes(used - used_);
  const double earned =
      spec_.plan.per_hour * sim::in_seconds(engine_.now() - settled_at_) / seconds_per_hour;
  used_ = used;
  settled_at_ = engine_.now();
  spent_ += spent;
  balance_ = std::min(balance_ + earned - spent, spec_.plan.maximum);
  if (spec_.is_unlimited && balance_ < -spec_.plan.maximum) {
    charged_ += -spec_.plan.maximum - balance_;
    balance_ = -spec_.plan.maximum;
  }
}

/// Looks again no later than the balance could be used up.
void CpuCredits::check() {
  settle();
  const auto vcpus = static_cast<double>(spec_.cpu.count()) / 1024;
  if (!spec_.is_unlimited && is_throttled_ != (balance_ <= 0)) {
    is_throttled_ = !is_throttled_;
    const std::int64_t share = is_throttled_ ? spec_.plan.baseline_percent : 100;
    cpu_.set_capacity(sim::CpuUnits(spec_.cpu.count() * share / 100));
  }
  const double earned_a_minute = spec_.plan.per_hour * seconds_per_minute / seconds_per_hour;
  const double minutes_left = std::max(balance_, 0.0) / std::max(vcpus - earned_a_minute, 0.01);
  const double seconds_left =
      std::min(minutes_left * seconds_per_minute, sim::in_seconds(check_max));
  const sim::Duration wait = std::max(sim::seconds_to_duration(seconds_left), check_min);
  engine_.after(spec_.is_unlimited ? check_max : wait, sim::call<&CpuCredits::check>(*this));
}

double CpuCredits::balance() {
  settle();
  return std::max(balance_, 0.0);
}

double CpuCredits::surplus() {
  settle();
  return spec_.is_unlimited ? std::max(-balance_, 0.0) : 0;
}

double CpuCredits::charged() {
  settle();
  return charged_;
}

double CpuCredits::spent() {
  settle();
  return spent_;
}

}  // namespace hoplab::models::ec2
