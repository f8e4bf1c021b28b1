// Statistics of the data of one period: Average, p99, TM(10%:90%) and the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/cloudwatch/metric.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::models::cloudwatch {

/// What came in during one period.
class PeriodData {
 public:
  void add(const MetricDatum& datum);
  [[nodiscard]] bool is_empty() const { return samples_ == 0 && given_data_ == 0; }
  [[nodiscard]] double samples() const { return samples_; }
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] double minimum() const { return minimum_; }
  [[nodiscard]] double maximum() const { return maximum_; }
  /// Each value, sorted; nothing when some of them are not known (a statistic set of several
  /// values was sent) or one is negative.
  [[nodiscard]] const std::vector<Sample>* values() const;
  /// Whether others worked out the statistics, so that those and no others can be told.
  [[nodiscard]] bool is_given() const { return given_data_ > 0; }
  /// One of those, where all data of the period have it and what they have adds up to one of the
  /// whole period: sums, counts, extremes, and an average with its counts.
  [[nodiscard]] std::optional<double> given(std::string_view name) const;

 private:
  void add_given(const std::vector<GivenStatistic>& given);

  double samples_ = 0;
  double sum_ = 0;
  double minimum_ = 0;
  double maximum_ = 0;
  bool is_whole_ = true;  ///< All values are known.
  mutable bool is_sorted_ = false;
  mutable std::vector<Sample> values_;
  std::size_t given_data_ = 0;
  std::vector<GivenStatistic> given_;
};

/// One statistic.
///
/// Source: CloudWatch User Guide, "CloudWatch statistics definitions".
/// A percentile is a value that came: p99 is the largest of what is left when the largest 1 % are
/// left out, tm99 the mean of the same, tc99 their number; of n values ceil(0.99 n) are left, and a
/// lower bound of 10 % leaves out ceil(0.1 n). Bounds without % are values: the lower one is left
/// out, the upper one is in.
/// Limits: how CloudWatch places a percentile between two values is not documented; it keeps
///         sparse histograms, so that its answers differ by their bins.
class Statistic {
 public:
  /// Reads "Average", "p99.9", "tm90", "TM(10%:90%)", "PR(:300)", "IQM", ... What is wrong goes to
  /// `diagnostics` with its column, counted from `mark`.
  [[nodiscard]] static std::optional<Statistic> parse(std::string_view text,
                                                      const sim::SourceMark& mark,
                                                      sim::Diagnostics& diagnostics);

  /// What the value of a period is to those of its parts, as far as they tell.
  enum class Fold : std::uint8_t { mean, sum, minimum, maximum };
  [[nodiscard]] Fold fold() const;

  /// Nothing when the period's data cannot tell.
  [[nodiscard]] std::optional<double> of(const PeriodData& data) const;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Of percentiles alone: 99.9.
  [[nodiscard]] std::optional<double> percentile() const;

 private:
  enum class Kind {
    average,
    sum,
    minimum,
    maximum,
    sample_count,
    percentile,
    trimmed_mean,
    trimmed_count,
    trimmed_sum,
    winsorized_mean,
    percentile_rank,
  };
  struct Bound {
    double at = 0;
    bool is_percent = false;
  };
  friend class StatisticReader;
  [[nodiscard]] std::optional<double> of_values(const std::vector<Sample>& values,
                                                double samples) const;

  std::string name_;
  Kind kind_ = Kind::average;
  std::optional<Bound> lower_;
  std::optional<Bound> upper_;
};

/// Every name that needs no figure, and an example of those that do.
[[nodiscard]] std::vector<std::string> statistic_examples();

}  // namespace hoplab::models::cloudwatch
