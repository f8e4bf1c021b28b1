// A metric's datapoint as PutMetricData has it, and the arithmetic of counters that are read each
// minute.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "models/telemetry/sink.hpp"
#include "models/vpc/interface.hpp"

namespace hoplab::models::ecs {

/// Of the samples of a period.
struct Statistic {
  std::uint64_t count = 0;
  double sum = 0;
  double minimum = 0;
  double maximum = 0;

  void add(double value);
  [[nodiscard]] static Statistic of(double value) { return {1, value, value, value}; }
};

struct MetricName {
  const char* space;
  const char* name;
  const char* unit = "Percent";
};

/// {"Name":"ClusterName","Value":"hoplab"}
[[nodiscard]] std::string dimension(const char* name, const std::string& value);

/// Two decimals: what a percentage or a number of CPU units is worth.
[[nodiscard]] std::string rounded(double value);

/// One datapoint; nothing where there are no samples. `dimensions`: those of one set, separated by
/// commas.
void write_metric(telemetry::Sink& sink, MetricName name, const std::string& dimensions,
                  const Statistic& statistic, sim::WallTime period_start);

/// CPU units that were busy on average.
[[nodiscard]] double cpu_units(sim::Duration used, sim::Duration span);

/// What a counter has grown by since it was told last. A container that was started anew counts
/// from nothing; a nanosecond less is rounding.
[[nodiscard]] sim::Duration growth(sim::Duration& told, sim::Duration used);
/// What has gone through an interface since it was told last.
[[nodiscard]] vpc::InterfaceTraffic growth(vpc::InterfaceTraffic& told,
                                           const vpc::InterfaceTraffic& now);

/// Of a counter's growth over a time.
[[nodiscard]] double per_second(std::uint64_t amount, sim::Duration span);

}  // namespace hoplab::models::ecs
