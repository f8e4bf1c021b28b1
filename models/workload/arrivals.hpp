// When the requests of an open loop are due.
#pragma once

#include <cstdint>
#include <optional>

#include "scenarios/schema/spec.hpp"
#include "sim/units.hpp"

namespace hoplab::models::workload {

/// The rate of a load over its time, inverted: after how long so many more requests are due. With
/// one request each time arrivals are evenly spaced (in a ramp: ever closer); with an exponential
/// amount of mean 1 they are a Poisson process of that rate, exactly.
///
/// A constant rate and a ramp have a closed form. A day's wave is solved day by day, since the
/// weekday's factor jumps at midnight (UTC), to a tenth of a nanosecond.
class Arrivals {
 public:
  /// `length`: when a ramp is at its end; `begins`: true wall time of the load's start.
  Arrivals(const scenarios::Load& load, sim::Duration length, sim::WallTime begins);

  /// From `since` after the load's start. None: so many are never due.
  [[nodiscard]] std::optional<sim::Duration> wait_for(double requests, sim::Duration since) const;

 private:
  [[nodiscard]] std::optional<double> wait_on_line(double requests, double since) const;
  [[nodiscard]] double wait_in_days(double requests, double since) const;
  [[nodiscard]] double wait_in_day(double requests, double second_of_day) const;
  [[nodiscard]] double wave(double second_of_day, double span) const;

  double rate_;       ///< At the start, or the mean of a day.
  double slope_ = 0;  ///< Of a ramp, per second.
  std::optional<scenarios::Diurnal> diurnal_;
  std::int64_t first_day_;  ///< Since 1970.
  double begins_;           ///< Seconds since its midnight.
};

}  // namespace hoplab::models::workload
