#include "models/app/resident_set.hpp"

#include <algorithm>

namespace hoplab::models::app {

ResidentSet::ResidentSet(sim::Engine& engine, sim::Bytes base, sim::Bytes limit,
                         sim::Callback on_limit)
    : engine_(engine), base_(base), limit_(limit), on_limit_(on_limit) {}

double ResidentSet::leaked() const {
  return leaked_ + rate_ * sim::in_seconds(engine_.now() - since_);
}

sim::Bytes ResidentSet::held() const {
  if (is_released_) return sim::Bytes(0);
  return base_ + sim::Bytes(static_cast<std::int64_t>(leaked()));
}

double ResidentSet::rate_to_limit(sim::Duration time) const {
  const auto left = static_cast<double>((limit_ - held()).count());
  return std::max(left, 0.0) / sim::in_seconds(time);
}

void ResidentSet::change_rate(double bytes_per_second) {
  leaked_ = leaked();
  since_ = engine_.now();
  // Taking away what was added may round to just below nothing.
  rate_ = std::max(rate_ + bytes_per_second, 0.0);
  watch();
}

void ResidentSet::leak(sim::Bytes size) {
  leaked_ += static_cast<double>(size.count());
  watch();
}

void ResidentSet::watch() {
  engine_.cancel(due_);
  due_ = {};
  if (is_released_) return;
  const double left = static_cast<double>((limit_ - base_).count()) - leaked();
  if (left <= 0) {
    due_ = engine_.after(sim::Duration::zero(), on_limit_);
  } else if (rate_ > 0) {
    // Later than any run: no event.
    constexpr double seconds_max = 4e8;
    const double seconds = left / rate_;
    if (seconds < seconds_max) due_ = engine_.after(sim::seconds_to_duration(seconds), on_limit_);
  }
}

void ResidentSet::release() {
  is_released_ = true;
  rate_ = 0;
  watch();
}

}  // namespace hoplab::models::app
