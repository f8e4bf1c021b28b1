#include "report/expectations/comparison.hpp"

#include <fmt/format.h>

namespace hoplab::report::expectations {
namespace {

using Aggregate = Comparison::Aggregate;
using Operator = Comparison::Operator;

constexpr const char* no_samples = "no samples";

template <typename Value>
bool compare(Operator op, Value measured, Value expected) {
  switch (op) {
    case Operator::less:
      return measured < expected;
    case Operator::less_equal:
      return measured <= expected;
    case Operator::greater:
      return measured > expected;
    case Operator::greater_equal:
      return measured >= expected;
    case Operator::equal:
      return measured == expected;
    case Operator::not_equal:
      return measured != expected;
    case Operator::about: {
      const Value distance = measured < expected ? expected - measured : measured - expected;
      return distance * 20 <= expected;
    }
  }
  return false;
}

Verdict judge_duration(const Comparison& comparison, Duration measured) {
  if (!comparison.is_duration) return {false, "a duration, which wants a unit"};
  return {holds(comparison, measured), sim::format_rounded(measured)};
}

template <typename Samples>
Verdict judge_any_samples(const Comparison& comparison, const Samples& samples,
                          std::uint64_t count) {
  if (comparison.aggregate == Aggregate::count) return judge_count(comparison, count);
  if (count == 0) return {false, no_samples};
  switch (comparison.aggregate) {
    case Aggregate::quantile:
      return judge_duration(comparison, samples.quantile(comparison.quantile));
    case Aggregate::average:
      return judge_duration(comparison, samples.mean());
    case Aggregate::minimum:
      return judge_duration(comparison, samples.min());
    case Aggregate::maximum:
      return judge_duration(comparison, samples.max());
    case Aggregate::rate:
    case Aggregate::count:
    case Aggregate::value:
      break;
  }
  return {false, "durations, which want p(N), avg, min or max"};
}

}  // namespace

bool holds(const Comparison& comparison, Duration measured) {
  return compare(comparison.op, measured, comparison.duration);
}

bool holds(const Comparison& comparison, double measured) {
  return compare(comparison.op, measured, comparison.number);
}

Verdict judge_share(const Comparison& comparison, std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {false, no_samples};
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  return {holds(comparison, share), fmt::format("{:.4g} ({} of {})", share, part, whole)};
}

Verdict judge_count(const Comparison& comparison, std::uint64_t count) {
  return {holds(comparison, static_cast<double>(count)), fmt::format("{}", count)};
}

Verdict judge_samples(const Comparison& comparison, const sim::Histogram& samples) {
  return judge_any_samples(comparison, samples, samples.count());
}

Verdict judge_samples(const Comparison& comparison, const MillisecondCounts& samples) {
  return judge_any_samples(comparison, samples, samples.total());
}

Verdict judge_requests(const Comparison& comparison, std::string_view metric,
                       const recording::RequestFigures& figures, Duration span) {
  const std::uint64_t count = figures.all.count();
  if (metric == "http_req_failed") {
    if (comparison.aggregate == Aggregate::count) return judge_count(comparison, figures.failed);
    return judge_share(comparison, figures.failed, count);
  }
  if (metric == "http_reqs") {
    if (comparison.aggregate != Aggregate::rate) return judge_count(comparison, count);
    if (count == 0) return {false, no_samples};
    const double rate = static_cast<double>(count) / sim::in_seconds(span);
    return {holds(comparison, rate), fmt::format("{:.4g}/s ({})", rate, count)};
  }
  return judge_samples(comparison, figures.all);
}

Verdict judge_hop(const Comparison& comparison, const recording::HopFigures& figures) {
  if (comparison.aggregate == Aggregate::rate) {
    const std::uint64_t failed = figures.failed.count();
    return judge_share(comparison, failed, failed + figures.crossed.count());
  }
  return judge_samples(comparison, figures.crossed);
}

}  // namespace hoplab::report::expectations
