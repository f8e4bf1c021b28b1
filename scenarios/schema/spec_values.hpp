// What every part of a specification is made of: units, places in files, distributions.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/diagnostic.hpp"
#include "sim/units.hpp"

namespace hoplab::scenarios {

using sim::Bytes;
using sim::BytesPerSecond;
using sim::CpuUnits;
using sim::Duration;
using sim::PerSecond;
using sim::Ratio;
using sim::SourceMark;
using sim::WallTime;

/// How long something takes, drawn anew each time.
struct Distribution {
  enum class Kind { constant, exponential, normal, lognormal, erlang, pareto, bimodal, empirical };
  Kind kind = Kind::constant;
  Duration mean{};                ///< Of all kinds but bimodal and empirical.
  Duration sd{};                  ///< normal (cut at 0).
  double cv = 0;                  ///< lognormal.
  std::uint32_t k = 1;            ///< erlang.
  double alpha = 0;               ///< pareto, > 1.
  Duration fast{};                ///< bimodal.
  Duration slow{};                ///< bimodal.
  Ratio slow_share;               ///< bimodal.
  std::vector<Duration> samples;  ///< empirical, each equally likely.
};

/// The mean of a distribution; for empirical, the mean of its samples.
[[nodiscard]] Duration mean_of(const Distribution& distribution);

}  // namespace hoplab::scenarios
