#include "report/recording/json_instant.hpp"

#include <algorithm>
#include <chrono>

namespace hoplab::report::recording {
namespace {

/// How far behind UTC the clock of "2026-01-05T14:00:00+02:00" or "...+0200" is, which is cut off.
std::optional<sim::Duration> take_zone(std::string& text) {
  constexpr std::size_t date_size = 10;
  const auto sign = text.find_last_of("+-");
  if (text.ends_with('Z') || sign == std::string::npos || sign < date_size) return sim::Duration(0);
  std::string digits = text.substr(sign + 1);
  if (digits.size() == 5 && digits[2] == ':') digits.erase(2, 1);
  const bool is_good = digits.size() == 4 &&
                       std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_good) return std::nullopt;
  const int hours = std::stoi(digits.substr(0, 2));
  const int minutes = std::stoi(digits.substr(2));
  const sim::Duration ahead = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  const bool is_east = text[sign] == '+';
  text = text.substr(0, sign) + "Z";
  return is_east ? -ahead : ahead;
}

}  // namespace

std::optional<sim::WallTime> instant_of_seconds(double seconds) {
  constexpr double seconds_max = 7e9;
  if (!(seconds >= 0) || seconds > seconds_max) return std::nullopt;
  return sim::WallTime(sim::seconds_to_duration(seconds));
}

std::optional<sim::WallTime> instant_of_text(std::string_view text) {
  std::string in_utc(text);
  const auto behind = take_zone(in_utc);
  const auto here = sim::parse_iso8601(in_utc);
  if (!behind || !here) return std::nullopt;
  return *here + *behind;
}

}  // namespace hoplab::report::recording
