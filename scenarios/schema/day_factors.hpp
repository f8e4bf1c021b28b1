// How a figure changes with the hours and the days: readers that loads and histories share.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "scenarios/schema/section.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// `amplitude`, `peakHour` and `weekdayFactors`, where they are there.
void read_wave(const Section& section, Diurnal& wave, sim::Diagnostics& diagnostics);

/// `count` numbers above 0, at most 100 (E0203, E0212); `hint` shows how they are written. Those
/// that are wrong are 1.
[[nodiscard]] std::optional<std::vector<double>> read_factors(const Section& section,
                                                              std::string_view key,
                                                              std::size_t count, const char* hint,
                                                              sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
