// The range of time that SOURCE names.
#pragma once

#include "report/insights/log_store.hpp"
#include "report/insights/syntax.hpp"

namespace hoplab::report::insights {

/// START and END of a SOURCE; what it leaves out is as in `otherwise`. "now" is the end of that.
/// Milliseconds since 1970, "-1d" (before now), or an instant in ISO 8601.
/// Errors: MalformedQuery (E0607).
[[nodiscard]] TimeRange source_range(const Source& source, const TimeRange& otherwise);

}  // namespace hoplab::report::insights
