// `telemetry.cloudwatch.history`: what metrics were in the weeks before the run.
#pragma once

#include "sim/units.hpp"

namespace hoplab::scenarios {

class Section;
struct Draft;

/// Source: CloudWatch User Guide, "Metrics retention": data points with a period of 60 seconds are
/// kept for 15 days.
inline constexpr sim::Duration history_length_max = std::chrono::days(15);

/// The entries of `history`, into the draft's scenario.
void read_histories(const Section& cloudwatch, Draft& draft);

}  // namespace hoplab::scenarios
