// Holding a measured value against what a scenario says of it.
#pragma once

#include <cstdint>
#include <string>

#include "report/expectations/tally.hpp"
#include "report/recording/hop_book.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::expectations {

using scenarios::Comparison;

/// One judgement: did it hold, and what was measured, as people read it.
struct Verdict {
  bool held = false;
  std::string measured;
};

/// `~` is within 5 % of the expected value; everything else is exact.
[[nodiscard]] bool holds(const Comparison& comparison, Duration measured);
[[nodiscard]] bool holds(const Comparison& comparison, double measured);

/// `part` of `whole`. Nothing to take a share of fails.
[[nodiscard]] Verdict judge_share(const Comparison& comparison, std::uint64_t part,
                                  std::uint64_t whole);
/// An explicit count: zero is a count like any other.
[[nodiscard]] Verdict judge_count(const Comparison& comparison, std::uint64_t count);
/// A quantile, mean, minimum, maximum or count of samples. Zero samples fail, but for the count.
[[nodiscard]] Verdict judge_samples(const Comparison& comparison, const sim::Histogram& samples);
[[nodiscard]] Verdict judge_samples(const Comparison& comparison, const MillisecondCounts& samples);

/// `metric` is http_req_failed, http_req_duration or http_reqs, as k6 defines them; `span` is what
/// a rate of requests is taken over.
[[nodiscard]] Verdict judge_requests(const Comparison& comparison, std::string_view metric,
                                     const recording::RequestFigures& figures, Duration span);
/// Quantiles, mean and extremes are of crossings; `rate` is the share that failed; `count` counts
/// crossings.
[[nodiscard]] Verdict judge_hop(const Comparison& comparison, const recording::HopFigures& figures);

}  // namespace hoplab::report::expectations
