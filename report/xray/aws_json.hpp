// What the documents of the API have in common. Include in .cpp files only.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "sim/units.hpp"

namespace hoplab::report::xray {

/// An instant or a time span as the API writes them: seconds, with microseconds behind the point.
[[nodiscard]] double seconds(sim::Duration time);
/// What is out of range (a damaged file) becomes the nearest that can be told.
[[nodiscard]] sim::Duration read_seconds(double seconds);
/// A count or another whole number from 0 to 10^15; 0 where there is none.
[[nodiscard]] std::uint64_t whole_number(const nlohmann::ordered_json& object, const char* member);
/// Indented, with a newline at its end; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& document);

}  // namespace hoplab::report::xray
