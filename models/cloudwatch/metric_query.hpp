// Queries as GetMetricData takes them: statistics of metrics, and expressions over them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/cloudwatch/anomaly_band.hpp"
#include "models/cloudwatch/expression.hpp"
#include "models/cloudwatch/math_value.hpp"
#include "models/cloudwatch/metric_store.hpp"

namespace hoplab::models::cloudwatch {

struct MetricStat {
  MetricId metric;
  Statistic statistic;
  Period period{60};
  std::string unit{};  ///< Data of another unit do not count; "" for all.
};

/// A MetricDataQuery: it has a `stat` or an `expression`.
struct MetricQuery {
  std::string id;
  std::optional<MetricStat> stat;
  std::string expression;
  std::optional<std::string> label;
  bool returns_data = true;
};

/// What a query came to.
struct QueryResult {
  std::string id;
  SeriesList series;
  bool returns_data = true;
};

/// Models of bands that were learned already; they are learned again each hour.
class BandModels {
 public:
  /// Left out of what is learned.
  std::vector<TimeRange> excluded;

  struct Entry {
    WallTime trained_until;
    AnomalyModel model;
  };
  std::map<std::string, Entry> by_expression;
};

/// Several queries that belong together.
///
/// A band is learned from the two weeks before the full hour in or before which the range begins.
/// Source: CloudWatch API reference, GetMetricData, MetricDataQuery.
class MetricRequest {
 public:
  /// Checks ids, references and expressions; nothing after a mistake. Columns of each expression
  /// are counted from `mark`, whose file is followed by the id when there are several. `otherwise`
  /// is the period of a request without a metric.
  [[nodiscard]] static std::optional<MetricRequest> make(std::vector<MetricQuery> queries,
                                                         const sim::SourceMark& mark,
                                                         sim::Diagnostics& diagnostics,
                                                         Period otherwise = Period(60));

  /// The results of all queries, in their order; nothing when an expression does not work out.
  /// Periods begin at `range.from`; those of a SEARCH, which has its own, at multiples of theirs.
  [[nodiscard]] std::optional<std::vector<QueryResult>> run(const MetricStore& store,
                                                            TimeRange range, BandModels& models,
                                                            sim::Diagnostics& diagnostics) const;

  [[nodiscard]] const std::vector<MetricQuery>& queries() const { return queries_; }
  /// Of the metrics: the longest; without metrics what make() was told.
  [[nodiscard]] Period period() const;
  /// Whether an expression learns a band.
  [[nodiscard]] bool has_band() const;

 private:
  [[nodiscard]] MathContext context_of(const MetricStore& store, TimeRange range) const;
  [[nodiscard]] bool add_results(const MetricStore& store, TimeRange range, BandModels* models,
                                 MathContext& context, sim::Diagnostics& diagnostics) const;
  [[nodiscard]] SeriesList band(const MetricStore& store, TimeRange range, BandModels& models,
                                const MathExpression& expression, const MathNode& what,
                                const TimeSeries& series, double k) const;
  [[nodiscard]] const AnomalyModel& model(const MetricStore& store, TimeRange range,
                                          BandModels& models, const MathExpression& expression,
                                          const MathNode& what) const;

  std::vector<MetricQuery> queries_;
  std::vector<std::optional<MathExpression>> expressions_;  ///< By query.
  std::vector<std::size_t> order_;                          ///< What is named comes first.
  Period otherwise_{60};
};

/// Whether a metric's data are of the unit that is asked for; all are where their own is not known.
/// Limits: a metric has the unit of its first datum.
[[nodiscard]] bool is_of_unit(const MetricStore& store, const MetricStat& stat);

/// The beginning of the period of that length since 1970 in which the instant is.
[[nodiscard]] WallTime period_start(WallTime instant, Period period);

/// As GetMetricData takes periods: 1, 5, 10, 20, 30 or a multiple of 60, in seconds.
[[nodiscard]] bool is_period(std::int64_t seconds);

}  // namespace hoplab::models::cloudwatch
