// When a line of someone else's log was written.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "report/insights/event_reader.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::insights {
namespace {

/// Reads `count` digits at `at`; -1 when they are not all digits.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool has(std::string_view text, std::size_t at, std::string_view any_of) {
  return at < text.size() && any_of.find(text[at]) != std::string_view::npos;
}

/// Minutes east of Greenwich of "+02:00" or "+0200" at `at`; 0 for anything else.
int zone_minutes(std::string_view text, std::size_t at) {
  if (!has(text, at, "+-")) return 0;
  const int hours = digits(text, at + 1, 2);
  const int minutes = digits(text, at + (has(text, at + 3, ":") ? 4 : 3), 2);
  if (hours < 0 || minutes < 0) return 0;
  return (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

/// "2020-12-01T10:00:01.000Z" at `at`, with a space for the T, a comma for the point, slashes for
/// the hyphens ("2020/12/01 10:00:01": nginx's error log, Go's).
std::optional<std::int64_t> instant_at(std::string_view text, std::size_t at) {
  const int year = digits(text, at, 4);
  const int month = digits(text, at + 5, 2);
  const int day = digits(text, at + 8, 2);
  const int hour = digits(text, at + 11, 2);
  const int minute = digits(text, at + 14, 2);
  const int second = digits(text, at + 17, 2);
  const bool is_instant = year > 0 && month > 0 && day > 0 && hour >= 0 && minute >= 0 &&
                          second >= 0 && has(text, at + 4, "-/") && text[at + 7] == text[at + 4] &&
                          has(text, at + 10, "T ") && text[at + 13] == ':' && text[at + 16] == ':';
  if (!is_instant) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::int64_t ms = std::chrono::sys_days(date).time_since_epoch().count() * 86'400'000LL +
                    ((hour * 60LL + minute) * 60 + second) * 1000;
  std::size_t end = at + 19;
  if (has(text, end, ".,")) {
    std::int64_t unit = 100;
    for (++end; has(text, end, "0123456789"); ++end, unit /= 10) ms += unit * (text[end] - '0');
  }
  return ms - zone_minutes(text, end) * 60'000LL;
}

/// The first instant that begins within the line's first bytes.
std::optional<std::int64_t> instant_near_start(std::string_view line) {
  constexpr std::size_t near = 64;
  for (std::size_t at = 0; at < near && at + 19 <= line.size(); ++at) {
    const bool is_start = line[at] >= '0' && line[at] <= '9' && has(line, at + 4, "-/");
    if (!is_start) continue;
    if (const auto instant = instant_at(line, at)) return instant;
  }
  return std::nullopt;
}

/// Epoch seconds, milliseconds, microseconds or nanoseconds: which, the size tells.
std::optional<std::int64_t> epoch_of(std::string_view spelt) {
  constexpr double seconds_max = 1e11;
  const std::string text(spelt.substr(0, 40));
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(value > 0) || value > 1e19) return std::nullopt;
  if (value < seconds_max) return std::llround(value * 1000);
  while (value > seconds_max * 1000) value /= 1000;
  return std::llround(value);
}

}  // namespace

bool instant_in_line(std::string_view line, std::int64_t& at_ms) {
  std::optional<std::int64_t> found;
  if (line.starts_with('{')) {
    constexpr std::array<std::string_view, 7> names = {"timestamp", "@timestamp", "time",     "ts",
                                                       "Timestamp", "start_time", "eventTime"};
    std::array<std::optional<std::string_view>, names.size()> values;
    recording::json_members(line, names, values);
    for (const auto& value : values) {
      if (!value || found) continue;
      found = value->starts_with('"') ? instant_near_start(*value) : epoch_of(*value);
    }
  } else {
    found = instant_near_start(line);
  }
  if (found) at_ms = *found;
  return found.has_value();
}

}  // namespace hoplab::report::insights
