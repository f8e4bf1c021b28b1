// What the tests against closed forms share: a file of scenarios/theory run with a seed, and cells:
// a figure of ten runs with fixed seeds against its closed form.
//
// A correct simulator misses one cell in a hundred (99 % confidence intervals); at least 97 % must
// hold.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/run_scenario.hpp"

namespace hoplab::test {

using Samples = std::vector<MemorySink::RequestSample>;

inline constexpr int runs_per_group = 10;

inline scenarios::Scenario theory_scenario(const std::string& file) {
  sim::Diagnostics diagnostics;
  auto scenario = scenarios::load_scenario(HOPLAB_ROOT "/scenarios/theory/" + file + ".yaml",
                                           models::faults::catalogue(), diagnostics);
  if (!scenario) throw std::runtime_error(file + " does not load");
  scenario->telemetry = false;
  return *std::move(scenario);
}

/// Whether the closed form lies in the 99 % confidence interval of the runs' mean.
inline bool holds(const std::string& what, const std::vector<double>& values, double expected) {
  constexpr double student_t_99_df9 = 3.2498;  // Two-sided 99 %, nine degrees of freedom.
  const double n = runs_per_group;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half_width = student_t_99_df9 * std::sqrt(squares / (n - 1) / n);
  if (std::abs(mean - expected) <= half_width) return true;
  std::printf("outside: %s: %.4f, expected %.4f +- %.4f\n", what.c_str(), mean, expected,
              half_width);
  return false;
}

inline double mean_seconds(const Samples& samples) {
  const double sum = std::accumulate(
      samples.begin(), samples.end(), 0.0,
      [](double total, const auto& sample) { return total + sim::in_seconds(sample.took); });
  return sum / static_cast<double>(samples.size());
}

inline double failed_share(const Samples& samples) {
  const auto failed =
      std::count_if(samples.begin(), samples.end(), [](const auto& one) { return one.failed; });
  return static_cast<double>(failed) / static_cast<double>(samples.size());
}

}  // namespace hoplab::test
