// The range of time that SOURCE names.
#pragma once

#include <cstdint>

#include "report/insights/log_store.hpp"
#include "report/insights/syntax.hpp"

namespace hoplab::report::insights {

/// START and END of a SOURCE; what it leaves out is as in `otherwise`. "now" is the end of that.
/// Milliseconds since 1970, "-1d" (before now), or an instant in ISO 8601.
/// Errors: MalformedQuery (E0607).
[[nodiscard]] TimeRange source_range(const Source& source, const TimeRange& otherwise);

/// What now() is, in seconds since 1970: the end of the range, since a recording has no other now.
/// 0 for a range without an end.
[[nodiscard]] std::int64_t now_of(const TimeRange& range);

}  // namespace hoplab::report::insights
