#include "report/recording/json_instant.hpp"

namespace hoplab::report::recording {

std::optional<sim::WallTime> instant_of_seconds(double seconds) {
  constexpr double seconds_max = 7e9;
  if (!(seconds >= 0) || seconds > seconds_max) return std::nullopt;
  return sim::WallTime(sim::seconds_to_duration(seconds));
}

std::optional<sim::WallTime> instant_of_text(std::string_view text) {
  for (const std::string_view zero : {"+00:00", "+0000"}) {
    if (!text.ends_with(zero)) continue;
    return sim::parse_iso8601(std::string(text.substr(0, text.size() - zero.size())) + "Z");
  }
  return sim::parse_iso8601(text);
}

}  // namespace hoplab::report::recording
