// Figures as the drawings spell them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "report/xray/segment.hpp"
#include "report/xray/statistics.hpp"
#include "sim/units.hpp"

namespace hoplab::report::drawing {

/// "3.6 %", "<0.1 %", and "-" for nothing at all.
[[nodiscard]] std::string percent(std::uint64_t part, std::uint64_t whole);
/// "0.35/s", "12.0/s".
[[nodiscard]] std::string per_second(double rate);
/// "7.02 ms", or "-".
[[nodiscard]] std::string time_or_dash(const std::optional<sim::Duration>& time);
[[nodiscard]] std::string quantile_text(const xray::TimeHistogram& times, double q);
/// "12:00:03.491", UTC, of an instant since 1970.
[[nodiscard]] std::string clock_text(sim::Duration since_1970);
/// "products.app", "products.envoy" of a segment; of a call and of a callee without segments its
/// name.
[[nodiscard]] std::string party_of(const xray::Segment& segment);
/// A word for a shell, in single quotes where it needs them.
[[nodiscard]] std::string shell_word(const std::string& text);

}  // namespace hoplab::report::drawing
