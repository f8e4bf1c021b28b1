// Instants in the answers of AWS: numbers of seconds, or what AWS CLI 2 prints unless it is told
// otherwise.
// Source: AWS CLI user guide, `cli_timestamp_format` (iso8601 by default, wire for the numbers).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/units.hpp"

namespace hoplab::report::recording {

/// Seconds since 1970, up to the year 2191.
[[nodiscard]] std::optional<sim::WallTime> instant_of_seconds(double seconds);
/// "2026-01-05T12:00:00Z", "2026-01-05T14:00:00.123000+02:00", "2026-01-05T07:00:00-0500".
[[nodiscard]] std::optional<sim::WallTime> instant_of_text(std::string_view text);

/// Either, of any of the library's kinds of JSON; nothing when it is neither.
template <typename Json>
[[nodiscard]] std::optional<sim::WallTime> instant_in(const Json& json) {
  if (json.is_number()) return instant_of_seconds(json.template get<double>());
  if (!json.is_string()) return std::nullopt;
  return instant_of_text(json.template get_ref<const std::string&>());
}

}  // namespace hoplab::report::recording
