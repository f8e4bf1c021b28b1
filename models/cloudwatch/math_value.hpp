// What metric math computes with, and what it needs from outside.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/cloudwatch/expression.hpp"
#include "models/cloudwatch/metric.hpp"

namespace hoplab::models::cloudwatch {

using SeriesList = std::vector<TimeSeries>;
/// A number, a series, or several.
using MathValue = std::variant<double, TimeSeries, SeriesList>;

/// "a number", "a time series", "an array of time series".
[[nodiscard]] std::string_view kind_name(const MathValue& value);

/// A result that an expression may name.
struct NamedValue {
  std::string id;
  MathValue value;
  bool is_metric = false;  ///< METRICS() has it, PERIOD() takes it.
};

/// What an expression is computed from.
struct MathContext {
  std::vector<NamedValue> values;  ///< In the order of the request.
  TimeRange range;
  Period period{60};  ///< Of TIME_SERIES().
  /// The series that SEARCH finds; throws nothing, reports to the diagnostics.
  std::function<SeriesList(std::string_view query, std::string_view statistic, Period period,
                           const sim::SourceMark& mark, sim::Diagnostics& diagnostics)>
      search;
  /// Upper and lower edge around a series, k standard deviations away, learned from what `what` was
  /// before; empty series without a model. Without the function there are no bands.
  std::function<SeriesList(const MathExpression& expression, const MathNode& what,
                           const TimeSeries& series, double k)>
      band;
};

/// The value of an expression; nothing when a part does not fit, which `diagnostics` then tells.
/// What CloudWatch drops (a division by zero, a logarithm of nothing) has no point.
///
/// Source: CloudWatch User Guide, "Using metric math".
/// Limits: there are no Contributor Insights rules, Lambda functions, database insights and service
///         quotas to ask. STDDEV divides by the number of points. Series of different periods meet
///         where their timestamps are equal.
[[nodiscard]] std::optional<MathValue> evaluate(const MathExpression& expression,
                                                const MathContext& context,
                                                sim::Diagnostics& diagnostics);
/// The same where the result must be one that GetMetricData returns: no number.
[[nodiscard]] std::optional<SeriesList> evaluate_series(const MathExpression& expression,
                                                        const MathContext& context,
                                                        sim::Diagnostics& diagnostics);

}  // namespace hoplab::models::cloudwatch
