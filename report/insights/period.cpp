#include "report/insights/period.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

#include <fmt/format.h>

namespace hoplab::report::insights {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using std::chrono::sys_time;
using std::chrono::year_month_day;

struct UnitWord {
  std::string_view word;
  PeriodUnit unit;
};

constexpr std::array<UnitWord, 42> unit_words = {{
    {"millisecond", PeriodUnit::millisecond},
    {"milliseconds", PeriodUnit::millisecond},
    {"ms", PeriodUnit::millisecond},
    {"msec", PeriodUnit::millisecond},
    {"msecs", PeriodUnit::millisecond},
    {"second", PeriodUnit::second},
    {"seconds", PeriodUnit::second},
    {"s", PeriodUnit::second},
    {"sec", PeriodUnit::second},
    {"secs", PeriodUnit::second},
    {"minute", PeriodUnit::minute},
    {"minutes", PeriodUnit::minute},
    {"m", PeriodUnit::minute},
    {"min", PeriodUnit::minute},
    {"mins", PeriodUnit::minute},
    {"hour", PeriodUnit::hour},
    {"hours", PeriodUnit::hour},
    {"h", PeriodUnit::hour},
    {"hr", PeriodUnit::hour},
    {"hrs", PeriodUnit::hour},
    {"day", PeriodUnit::day},
    {"days", PeriodUnit::day},
    {"d", PeriodUnit::day},
    {"week", PeriodUnit::week},
    {"weeks", PeriodUnit::week},
    {"w", PeriodUnit::week},
    {"month", PeriodUnit::month},
    {"months", PeriodUnit::month},
    {"mo", PeriodUnit::month},
    {"mon", PeriodUnit::month},
    {"mos", PeriodUnit::month},
    {"mons", PeriodUnit::month},
    {"quarter", PeriodUnit::quarter},
    {"quarters", PeriodUnit::quarter},
    {"q", PeriodUnit::quarter},
    {"qtr", PeriodUnit::quarter},
    {"qtrs", PeriodUnit::quarter},
    {"year", PeriodUnit::year},
    {"years", PeriodUnit::year},
    {"y", PeriodUnit::year},
    {"yr", PeriodUnit::year},
    {"yrs", PeriodUnit::year},
}};

/// Of the units whose length is always the same; 0 for those of the calendar.
std::int64_t milliseconds_of(PeriodUnit unit) {
  switch (unit) {
    case PeriodUnit::millisecond:
      return 1;
    case PeriodUnit::second:
      return 1000;
    case PeriodUnit::minute:
      return 60'000;
    case PeriodUnit::hour:
      return 3'600'000;
    case PeriodUnit::day:
      return 86'400'000;
    case PeriodUnit::week:
      return 7 * 86'400'000LL;
    case PeriodUnit::month:
    case PeriodUnit::quarter:
    case PeriodUnit::year:
      return 0;
  }
  return 0;
}

std::int64_t months_of(const Period& period) {
  const std::int64_t each = period.unit == PeriodUnit::year      ? 12
                            : period.unit == PeriodUnit::quarter ? 3
                                                                 : 1;
  return each * period.count;
}

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

bool is_in_calendar(std::int64_t at_ms) {
  constexpr std::int64_t first = -62'135'596'800'000;  // 0001-01-01
  constexpr std::int64_t last = 253'402'300'799'999;   // 9999-12-31
  return first <= at_ms && at_ms <= last;
}

year_month_day date_of(std::int64_t at_ms) {
  return year_month_day(std::chrono::floor<days>(sys_time<milliseconds>(milliseconds(at_ms))));
}

/// The beginning of the month that is this many months behind January 1970.
std::int64_t month_start(std::int64_t months) {
  const std::int64_t years = floor_to(months, 12) / 12;
  const year_month_day first{std::chrono::year(static_cast<int>(1970 + years)),
                             std::chrono::month(static_cast<unsigned>(months - years * 12 + 1)),
                             std::chrono::day(1)};
  return sys_days(first).time_since_epoch().count() * 86'400'000LL;
}

std::int64_t month_number(std::int64_t at_ms) {
  const year_month_day date = date_of(at_ms);
  return (static_cast<int>(date.year()) - 1970) * 12LL + static_cast<unsigned>(date.month()) - 1;
}

}  // namespace

std::optional<PeriodUnit> period_unit(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::find_if(unit_words.begin(), unit_words.end(),
                                  [&](const UnitWord& row) { return row.word == lower; });
  return found == unit_words.end() ? std::nullopt : std::optional(found->unit);
}

std::int64_t count_max(PeriodUnit unit) {
  switch (unit) {
    case PeriodUnit::millisecond:
      return 1000;
    case PeriodUnit::second:
    case PeriodUnit::minute:
      return 60;
    case PeriodUnit::hour:
      return 24;
    default:
      return 1000;  // Assumed: no public figure.
  }
}

std::int64_t period_floor(std::int64_t at_ms, const Period& period) {
  const std::int64_t length = milliseconds_of(period.unit);
  if (length > 0) return floor_to(at_ms, length * period.count);
  if (!is_in_calendar(at_ms)) return at_ms;
  return month_start(floor_to(month_number(at_ms), months_of(period)));
}

std::int64_t period_ceil(std::int64_t at_ms, const Period& period) {
  const std::int64_t start = period_floor(at_ms, period);
  const std::int64_t length = milliseconds_of(period.unit);
  if (start == at_ms) return at_ms;
  if (length > 0) return start + length * period.count;
  return month_start(month_number(start) + months_of(period));
}

void append_instant(std::string& out, std::int64_t at_ms) {
  if (!is_in_calendar(at_ms)) {
    out += fmt::format_int(at_ms).str();
    return;
  }
  const year_month_day date = date_of(at_ms);
  const std::int64_t in_day = at_ms - floor_to(at_ms, 86'400'000);
  out += fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     in_day / 3'600'000, in_day / 60'000 % 60, in_day / 1000 % 60, in_day % 1000);
}

}  // namespace hoplab::report::insights
