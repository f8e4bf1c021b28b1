#include "models/app/resident_set.hpp"

#include <algorithm>

namespace hoplab::models::app {

ResidentSet::ResidentSet(sim::Engine& engine, const Spec& spec) : engine_(engine), spec_(spec) {
  if (spec_.host == nullptr) return;
  process_ = spec_.host->add({.held = spec_.base, .on_kill = spec_.on_host_full});
}

double ResidentSet::leaked() const {
  return leaked_ + rate_ * sim::in_seconds(engine_.now() - since_);
}

sim::Bytes ResidentSet::held() const {
  if (is_released_) return sim::Bytes(0);
  return spec_.base + sim::Bytes(static_cast<std::int64_t>(leaked()));
}

double ResidentSet::slowdown() const {
  double usage = (static_cast<double>(spec_.base.count()) + leaked()) /
                 static_cast<double>(spec_.limit.count());
  if (spec_.host != nullptr) usage = std::max(usage, spec_.host->usage());
  const double from = spec_.pressure.from.value();
  if (usage <= from || from >= 1) return 1;
  return 1 + (spec_.pressure.slowdown - 1) * std::min((usage - from) / (1 - from), 1.0);
}

double ResidentSet::rate_to_limit(sim::Duration time) const {
  const auto left = static_cast<double>((spec_.limit - held()).count());
  return std::max(left, 0.0) / sim::in_seconds(time);
}

void ResidentSet::settle() {
  leaked_ = leaked();
  since_ = engine_.now();
}

void ResidentSet::change_rate(double bytes_per_second) {
  settle();
  // Taking away what was added may round to just below nothing.
  rate_ = std::max(rate_ + bytes_per_second, 0.0);
  watch();
}

void ResidentSet::leak(sim::Bytes size) {
  leaked_ += static_cast<double>(size.count());
  watch();
}

void ResidentSet::give_back(sim::Bytes size) {
  settle();
  leaked_ = std::max(leaked_ - static_cast<double>(size.count()), 0.0);
  watch();
}

void ResidentSet::forget_leaks() {
  settle();
  leaked_ = 0;
  watch();
}

void ResidentSet::watch() {
  engine_.cancel(due_);
  due_ = {};
  if (is_released_) return;
  if (spec_.host != nullptr) {
    spec_.host->set(process_, static_cast<double>(spec_.base.count()) + leaked(), rate_);
  }
  const double left = static_cast<double>((spec_.limit - spec_.base).count()) - leaked();
  if (left <= 0) {
    due_ = engine_.after(sim::Duration::zero(), spec_.on_limit);
  } else if (rate_ > 0) {
    // Later than any run: no event.
    constexpr double seconds_max = 4e8;
    const double seconds = left / rate_;
    if (seconds < seconds_max) {
      due_ = engine_.after(sim::seconds_to_duration(seconds), spec_.on_limit);
    }
  }
}

void ResidentSet::release() {
  if (is_released_) return;
  is_released_ = true;
  rate_ = 0;
  watch();
  if (spec_.host != nullptr) spec_.host->remove(process_);
}

}  // namespace hoplab::models::app
