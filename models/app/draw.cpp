#include "models/app/draw.hpp"

#include <algorithm>
#include <cmath>

namespace hoplab::models::app {
namespace {

using scenarios::Distribution;

double erlang(double mean, std::uint32_t stages, sim::Rng& rng) {
  double sum = 0;
  for (std::uint32_t stage = 0; stage < stages; ++stage) {
    sum += rng.exponential(mean / static_cast<double>(stages));
  }
  return sum;
}

/// Mean m and coefficient of variation c: sigma^2 = ln(1 + c^2), mu = ln m - sigma^2 / 2.
double lognormal(double mean, double cv, sim::Rng& rng) {
  const double variance = sim::portable_log(1 + cv * cv);
  const double location = sim::portable_log(mean) - variance / 2;
  return sim::portable_exp(location + std::sqrt(variance) * rng.standard_normal());
}

/// Mean m and shape a > 1: the smallest value is m (a - 1) / a.
double pareto(double mean, double alpha, sim::Rng& rng) {
  const double smallest = mean * (alpha - 1) / alpha;
  return smallest * sim::portable_exp(-sim::portable_log(rng.uniform_positive()) / alpha);
}

}  // namespace

sim::Duration draw(const Distribution& distribution, sim::Rng& rng) {
  const double mean = sim::in_seconds(distribution.mean);
  switch (distribution.kind) {
    case Distribution::Kind::constant:
      return distribution.mean;
    case Distribution::Kind::exponential:
      return sim::seconds_to_duration(rng.exponential(mean));
    case Distribution::Kind::normal:
      return sim::seconds_to_duration(
          std::max(0.0, mean + sim::in_seconds(distribution.sd) * rng.standard_normal()));
    case Distribution::Kind::lognormal:
      return sim::seconds_to_duration(lognormal(mean, distribution.cv, rng));
    case Distribution::Kind::erlang:
      return sim::seconds_to_duration(erlang(mean, distribution.k, rng));
    case Distribution::Kind::pareto:
      // A day is longer than any run; a heavier tail would overflow the clock.
      return sim::seconds_to_duration(std::min(86'400.0, pareto(mean, distribution.alpha, rng)));
    case Distribution::Kind::bimodal:
      return rng.chance(distribution.slow_share) ? distribution.slow : distribution.fast;
    case Distribution::Kind::empirical:
      return distribution.samples[rng.below(distribution.samples.size())];
  }
  HOPLAB_ASSERT(false, "a distribution of no known kind");
}

}  // namespace hoplab::models::app
