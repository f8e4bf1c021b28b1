#include "models/workload/arrivals.hpp"

#include <algorithm>
#include <cmath>

#include "sim/random.hpp"

namespace hoplab::models::workload {
namespace {

constexpr double day = 86'400;
constexpr double pi = 3.14159265358979323846;
constexpr double turn = 2 * pi / day;  // Radians a second.

/// Monday is 0; the first of January 1970 was a Thursday.
std::size_t weekday_of(std::int64_t days_since_1970) {
  return static_cast<std::size_t>((days_since_1970 + 3) % 7);
}

}  // namespace

Arrivals::Arrivals(const scenarios::Load& load, sim::Duration length, sim::WallTime begins)
    : rate_(load.rate.value()),
      diurnal_(load.diurnal),
      first_day_(std::chrono::floor<std::chrono::days>(begins.time_since_epoch()).count()),
      begins_(sim::in_seconds(begins.time_since_epoch() - std::chrono::days(first_day_))) {
  if (load.ramp_to && length > sim::Duration::zero()) {
    slope_ = (load.ramp_to->value() - rate_) / sim::in_seconds(length);
  }
}

std::optional<sim::Duration> Arrivals::wait_for(double requests, sim::Duration since) const {
  const double from = sim::in_seconds(since);
  const std::optional<double> wait =
      diurnal_ ? wait_in_days(requests, from) : wait_on_line(requests, from);
  constexpr double run_max = 366 * day;
  if (!wait || *wait > run_max) return std::nullopt;
  return sim::seconds_to_duration(*wait);
}

// rate x wait + slope x wait^2 / 2 = requests, without the difference of nearly equal numbers.
std::optional<double> Arrivals::wait_on_line(double requests, double since) const {
  const double rate = std::max(rate_ + slope_ * since, 0.0);
  const double square = rate * rate + 2 * slope_ * requests;
  if (square < 0) return std::nullopt;  // A falling ramp ends before.
  const double divisor = rate + std::sqrt(square);
  if (divisor <= 0) return std::nullopt;
  return 2 * requests / divisor;
}

/// The integral over `span` seconds of 1 + amplitude x cos(turn x (second of day - peak)).
double Arrivals::wave(double second_of_day, double span) const {
  const double angle = turn * (second_of_day + span / 2 - sim::in_seconds(diurnal_->peak));
  const double cosine = sim::portable_sin(angle + pi / 2);
  return span +
         diurnal_->amplitude.value() * 2 / turn * cosine * sim::portable_sin(turn * span / 2);
}

double Arrivals::wait_in_days(double requests, double since) const {
  double wait = 0;
  double left = requests;
  constexpr double run_max = 366 * day;
  while (wait <= run_max) {
    const double now = begins_ + since + wait;
    const auto days = static_cast<std::int64_t>(now / day);
    const double second = now - static_cast<double>(days) * day;
    const double rate = rate_ * diurnal_->weekday[weekday_of(first_day_ + days)];
    const double rest_of_day = day - second;
    const double due_today = rate * wave(second, rest_of_day);
    if (left <= due_today) return wait + wait_in_day(left / rate, second);
    left -= due_today;
    wait += rest_of_day;
  }
  return wait;
}

/// Newton's steps, kept within the bracket that shrinks with each of them.
double Arrivals::wait_in_day(double requests, double second_of_day) const {
  constexpr int steps_max = 100;
  constexpr double precision = 1e-10;
  double low = 0;
  double high = day - second_of_day;
  double guess = std::min(requests, high);
  for (int step = 0; step < steps_max && high - low > precision; ++step) {
    const double error = wave(second_of_day, guess) - requests;
    (error < 0 ? low : high) = guess;
    const double angle = turn * (second_of_day + guess - sim::in_seconds(diurnal_->peak));
    const double slope = 1 + diurnal_->amplitude.value() * sim::portable_sin(angle + pi / 2);
    const double next = slope > 0 ? guess - error / slope : low;
    if (std::abs(next - guess) < precision) return std::clamp(next, low, high);
    guess = next > low && next < high ? next : low + (high - low) / 2;
  }
  return guess;
}

}  // namespace hoplab::models::workload
