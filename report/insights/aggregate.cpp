#include "report/insights/aggregate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace hoplab::report::insights {

std::optional<AggregateKind> aggregate_kind(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, AggregateKind>, 13> names = {{
      {"avg", AggregateKind::average},
      {"count", AggregateKind::count},
      {"count_distinct", AggregateKind::count_distinct},
      {"earliest", AggregateKind::earliest},
      {"latest", AggregateKind::latest},
      {"max", AggregateKind::maximum},
      {"min", AggregateKind::minimum},
      {"pct", AggregateKind::percentile},
      {"percentile", AggregateKind::percentile},
      {"sortsfirst", AggregateKind::sorts_first},
      {"sortslast", AggregateKind::sorts_last},
      {"stddev", AggregateKind::deviation},
      {"sum", AggregateKind::sum},
  }};
  const auto* const found =
      std::find_if(names.begin(), names.end(), [&](const auto& row) { return row.first == name; });
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

void SumState::add(double number) {
  ++count;
  const double next = sum + number;
  lost += std::fabs(sum) >= std::fabs(number) ? (sum - next) + number : (number - next) + sum;
  sum = next;
}

Accumulator::Accumulator(AggregateKind kind) : kind_(kind) {
  switch (kind) {
    case AggregateKind::count:
      break;
    case AggregateKind::average:
    case AggregateKind::sum:
      state_ = Sum{};
      break;
    case AggregateKind::deviation:
      state_ = Moments{};
      break;
    case AggregateKind::percentile:
      state_ = std::make_unique<Quantiles>();
      break;
    case AggregateKind::count_distinct:
      state_ = std::make_unique<DistinctCount>();
      break;
    case AggregateKind::earliest:
    case AggregateKind::latest:
    case AggregateKind::maximum:
    case AggregateKind::minimum:
    case AggregateKind::sorts_first:
    case AggregateKind::sorts_last:
      state_ = Extreme{};
      break;
  }
}

void Accumulator::add(const Value& value, const Sighting& sighting) {
  if (value.is_missing()) return;
  switch (kind_) {
    case AggregateKind::count:
      return count_one();
    case AggregateKind::count_distinct: {
      auto& distinct = *std::get<Distinct>(state_);
      return value.kind == Kind::text ? distinct.add(value.text) : distinct.add(shown(value));
    }
    case AggregateKind::average:
    case AggregateKind::sum:
    case AggregateKind::deviation:
    case AggregateKind::percentile:
      break;
    default:
      return take_extreme(value, sighting);
  }
  const auto number = number_of(value);
  if (!number) return;
  if (auto* const sum = std::get_if<Sum>(&state_)) return sum->add(*number);
  if (auto* const quantiles = std::get_if<Percentile>(&state_)) return (*quantiles)->add(*number);
  auto& moments = std::get<Moments>(state_);
  ++moments.count;
  const double distance = *number - moments.mean;
  moments.mean += distance / static_cast<double>(moments.count);
  moments.squares += distance * (*number - moments.mean);
}

bool Accumulator::is_better(const Value& value, const Sighting& sighting,
                            const Extreme& extreme) const {
  if (extreme.best.kind == Kind::missing) return true;
  const Value best = extreme.best.view();
  switch (kind_) {
    case AggregateKind::earliest:
      return sighting < extreme.sighting;
    case AggregateKind::latest:
      return sighting > extreme.sighting;
    case AggregateKind::sorts_first:
      return compare_for_sort(value, best) < 0;
    case AggregateKind::sorts_last:
      return compare_for_sort(value, best) > 0;
    default:
      break;
  }
  // Numbers come last in the order of `sort`, so any number is a better maximum than a text.
  const bool is_number = number_of(value).has_value();
  const bool best_is_number = number_of(best).has_value();
  if (is_number != best_is_number) return is_number;
  const int order = compare_for_sort(value, best);
  return kind_ == AggregateKind::maximum ? order > 0 : order < 0;
}

void Accumulator::take_extreme(const Value& value, const Sighting& sighting) {
  auto& extreme = std::get<Extreme>(state_);
  if (!is_better(value, sighting, extreme)) return;
  extreme.best.kind = value.kind;
  extreme.best.number = value.number;
  extreme.best.text.assign(value.text);
  extreme.sighting = sighting;
}

void Accumulator::merge(const Accumulator& other) {
  if (auto* const count = std::get_if<Count>(&state_)) {
    count->count += std::get<Count>(other.state_).count;
  } else if (auto* const sum = std::get_if<Sum>(&state_)) {
    const auto& more = std::get<Sum>(other.state_);
    const std::uint64_t total = sum->count + more.count;
    sum->add(more.sum);
    sum->add(more.lost);
    sum->count = total;
  } else if (auto* const moments = std::get_if<Moments>(&state_)) {
    const auto& more = std::get<Moments>(other.state_);
    if (more.count == 0) return;
    const double distance = more.mean - moments->mean;
    const auto ours = static_cast<double>(moments->count);
    const auto theirs = static_cast<double>(more.count);
    moments->mean += distance * theirs / (ours + theirs);
    moments->squares += more.squares + distance * distance * ours * theirs / (ours + theirs);
    moments->count += more.count;
  } else if (auto* const quantiles = std::get_if<Percentile>(&state_)) {
    (*quantiles)->merge(*std::get<Percentile>(other.state_));
  } else if (auto* const distinct = std::get_if<Distinct>(&state_)) {
    (*distinct)->merge(*std::get<Distinct>(other.state_));
  } else {
    const auto& extreme = std::get<Extreme>(other.state_);
    if (extreme.best.kind != Kind::missing) take_extreme(extreme.best.view(), extreme.sighting);
  }
}

Value Accumulator::result(double percent) {
  if (const auto* const count = std::get_if<Count>(&state_)) {
    return number_value(static_cast<double>(count->count));
  }
  if (const auto* const sum = std::get_if<Sum>(&state_)) {
    if (sum->count == 0) return {};
    const bool is_sum = kind_ == AggregateKind::sum;
    return number_value(is_sum ? sum->total() : sum->total() / static_cast<double>(sum->count));
  }
  if (const auto* const moments = std::get_if<Moments>(&state_)) {
    if (moments->count == 0) return {};
    return number_value(std::sqrt(moments->squares / static_cast<double>(moments->count)));
  }
  if (auto* const quantiles = std::get_if<Percentile>(&state_)) {
    return (*quantiles)->count() == 0 ? Value() : number_value((*quantiles)->percentile(percent));
  }
  if (const auto* const distinct = std::get_if<Distinct>(&state_)) {
    return number_value(static_cast<double>((*distinct)->count()));
  }
  return std::get<Extreme>(state_).best.view();
}

}  // namespace hoplab::report::insights
