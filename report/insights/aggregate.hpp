// What `stats` makes of the values of many events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "report/insights/distinct_count.hpp"
#include "report/insights/log_store.hpp"
#include "report/insights/node.hpp"
#include "report/insights/quantiles.hpp"
#include "report/insights/value.hpp"

namespace hoplab::report::insights {

enum class AggregateKind : std::uint8_t {
  average,
  count,           ///< Of the events that have the field.
  count_distinct,  ///< See DistinctCount.
  earliest,        ///< The value of the event with the lowest @timestamp.
  latest,
  maximum,  ///< Of the numbers; where there are none, of the texts in the order of `sort`.
  minimum,
  percentile,   ///< See Quantiles.
  sorts_first,  ///< In the order of `sort`.
  sorts_last,
  deviation,  ///< Of the population (Assumed: the service does not say).
  sum
};

/// Nothing for a name, in lower case, that is no aggregate.
[[nodiscard]] std::optional<AggregateKind> aggregate_kind(std::string_view name);

struct AggregateSpec {
  AggregateKind kind = AggregateKind::count;
  NodePtr argument;  ///< Absent: count(*).
};

/// When and where a value was seen.
struct Sighting {
  std::int64_t timestamp_ms = 0;
  EventPlace place;
  auto operator<=>(const Sighting&) const = default;
};

// What an accumulator holds.
struct CountState {
  std::uint64_t count = 0;
};
/// With what rounding lost (Neumaier's sum).
struct SumState {
  std::uint64_t count = 0;
  double sum = 0;
  double lost = 0;
  void add(double number);
  [[nodiscard]] double total() const { return sum + lost; }
};
struct MomentsState {
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;  ///< Of the distances from the mean.
};
struct ExtremeState {
  OwnedValue best;
  Sighting sighting;
};

/// One aggregate of one group. Missing values, and for sums, averages, deviations and percentiles
/// what is no number, are passed over.
class Accumulator {
 public:
  explicit Accumulator(AggregateKind kind);

  void add(const Value& value, const Sighting& sighting);
  void count_one() { ++std::get<Count>(state_).count; }
  void merge(const Accumulator& other);
  /// `percent` is of a percentile. A text is valid as long as the accumulator.
  [[nodiscard]] Value result(double percent);

 private:
  using Count = CountState;
  using Sum = SumState;
  using Moments = MomentsState;
  using Extreme = ExtremeState;
  using Percentile = std::unique_ptr<Quantiles>;
  using Distinct = std::unique_ptr<DistinctCount>;

  [[nodiscard]] bool is_better(const Value& value, const Sighting& sighting,
                               const Extreme& best) const;
  void take_extreme(const Value& value, const Sighting& sighting);

  AggregateKind kind_;
  std::variant<Count, Sum, Moments, Extreme, Percentile, Distinct> state_;
};

}  // namespace hoplab::report::insights
