// What a metric is to CloudWatch: a name with dimensions, and datapoints in time.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/units.hpp"

namespace hoplab::models::cloudwatch {

using sim::WallTime;
using Period = std::chrono::seconds;

struct Dimension {
  std::string name;
  std::string value;
  auto operator<=>(const Dimension&) const = default;
};

/// Each set of dimensions is a metric of its own; nothing is summed up over them.
struct MetricId {
  std::string name_space;
  std::string name;
  std::vector<Dimension> dimensions;  ///< Sorted by name.
  auto operator<=>(const MetricId&) const = default;
};
/// "AWS/EC2 CPUUtilization InstanceId=i-1".
[[nodiscard]] std::string to_string(const MetricId& metric);

/// A value, in the metric's unit, and how often it came.
struct Sample {
  double value = 0;
  double count = 0;
};

/// A statistic as somebody else worked it out: {"Average", 5.3}, {"p99", 88}.
struct GivenStatistic {
  std::string name;
  double value = 0;
};

/// A MetricDatum of PutMetricData.
struct MetricDatum {
  MetricId metric;
  WallTime at;       ///< `Timestamp`: the start of what it covers.
  std::string unit;  ///< "Percent"; "" for none.
  double samples = 0;
  double sum = 0;
  double minimum = 0;
  double maximum = 0;
  /// `Value`, or `Values` with `Counts`; empty when only a statistic set was sent.
  std::vector<Sample> values;
  /// When not empty, all that is known, and the figures above say nothing: what
  /// GetMetricStatistics answered for a period.
  std::vector<GivenStatistic> given;
};

/// Reads a MetricDatum with its `Namespace`, as a line of cloudwatch/metrics.jsonl has it. Nothing
/// when it is no such document: no JSON, no name, no instant, or no figure.
[[nodiscard]] std::optional<MetricDatum> parse_metric_datum(std::string_view json);

struct DataPoint {
  WallTime at;  ///< The start of its period.
  double value = 0;
};

/// At most one point a period, in the order of time; a period without a point has none.
struct TimeSeries {
  std::string label;
  std::string unit;
  Period period{60};
  std::vector<DataPoint> points;
};

/// From `from` on, up to but not including `to`.
struct TimeRange {
  WallTime from;
  WallTime to;
};

}  // namespace hoplab::models::cloudwatch
