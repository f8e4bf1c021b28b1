// Works out an expression; what its functions share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/cloudwatch/math_value.hpp"

namespace hoplab::models::cloudwatch {

/// What a function gives; a figure that is not finite stands for a point that is dropped.
using MathFunction = std::function<double(double)>;
using MathOperator = std::function<double(double, double)>;

[[nodiscard]] bool is_finite(double value);

class MathMachine {
 public:
  using Result = std::optional<MathValue>;
  /// How many series an array may hold, as GetMetricData answers; and how many points.
  static constexpr std::size_t series_max = 500;
  static constexpr std::size_t points_max = 20'000'000;

  MathMachine(const MathExpression& expression, const MathContext& context,
              sim::Diagnostics& diagnostics)
      : expression_(expression), context_(context), diagnostics_(diagnostics) {}

  [[nodiscard]] Result value(const MathNode& node);
  [[nodiscard]] const MathContext& context() const { return context_; }
  [[nodiscard]] const MathExpression& expression() const { return expression_; }
  [[nodiscard]] sim::Diagnostics& diagnostics() { return diagnostics_; }
  [[nodiscard]] sim::SourceMark mark_of(const MathNode& node) const;

  /// Reports what does not fit; the result is nothing.
  std::nullopt_t refuse(const MathNode& node, const std::string& message,
                        const std::string& hint = "");
  /// What an argument must be; reports what it is instead.
  [[nodiscard]] std::optional<TimeSeries> series_at(const MathNode& call, std::size_t index);
  [[nodiscard]] std::optional<SeriesList> list_at(const MathNode& call, std::size_t index);
  [[nodiscard]] std::optional<double> number_at(const MathNode& call, std::size_t index);
  /// One of some words, such as ASC and DESC.
  [[nodiscard]] std::optional<std::string> word_at(const MathNode& call, std::size_t index,
                                                   const std::vector<std::string>& words);

 private:
  [[nodiscard]] Result list_value(const MathNode& node);
  /// False when the array has become too large, which is reported.
  [[nodiscard]] bool fits(const SeriesList& list, const MathNode& node);
  [[nodiscard]] Result id_value(const MathNode& node);
  [[nodiscard]] Result binary_value(const MathNode& node);
  [[nodiscard]] Result call_value(const MathNode& node);

  const MathExpression& expression_;
  const MathContext& context_;
  sim::Diagnostics& diagnostics_;
};

/// A documented function.
struct MathFunctionRow {
  std::string_view name;
  std::size_t arguments_min;
  std::size_t arguments_max;
  std::string_view usage;  ///< "FILL(m1, 0)"
  MathMachine::Result (*call)(MathMachine& machine, const MathNode& node);
};
/// Sorted by name.
[[nodiscard]] const std::vector<MathFunctionRow>& math_functions();

// The functions by their subject; each is a part of the table.
[[nodiscard]] std::vector<MathFunctionRow> pointwise_functions();
[[nodiscard]] std::vector<MathFunctionRow> summing_functions();
[[nodiscard]] std::vector<MathFunctionRow> time_functions();
[[nodiscard]] std::vector<MathFunctionRow> array_functions();

/// Each point's figure; points without one are dropped.
[[nodiscard]] TimeSeries each_point(const TimeSeries& series, const MathFunction& function);
/// Points of both, where one is missing with 0 in its place.
[[nodiscard]] TimeSeries each_pair(const TimeSeries& left, const TimeSeries& right,
                                   const MathOperator& function);
/// The timestamps at which one of them has a point, sorted.
[[nodiscard]] std::vector<WallTime> timestamps_of(const SeriesList& list);
/// Every `period` of the range.
[[nodiscard]] std::vector<WallTime> timestamps_of(TimeRange range, Period period);
[[nodiscard]] const DataPoint* point_at(const TimeSeries& series, WallTime at);

}  // namespace hoplab::models::cloudwatch
