// Spans and instants of the query language: 5m, bin(), datefloor(), and how results spell time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hoplab::report::insights {

enum class PeriodUnit : std::uint8_t {
  millisecond,
  second,
  minute,
  hour,
  day,
  week,
  month,
  quarter,
  year
};

struct Period {
  std::int64_t count = 1;
  PeriodUnit unit = PeriodUnit::minute;
};

/// "m", "min", "minutes" and so on, in any case; nothing for other words.
[[nodiscard]] std::optional<PeriodUnit> period_unit(std::string_view word);
/// The largest count that a unit takes (1000 ms, 60 s, 60 m, 24 h; AWS observability reference).
[[nodiscard]] std::int64_t count_max(PeriodUnit unit);

/// The beginning of the period that an instant (ms since 1970) is in. Periods up to weeks are
/// multiples of their length since 1970, in UTC; months, quarters and years are those of the
/// calendar, counted from January 1970.
[[nodiscard]] std::int64_t period_floor(std::int64_t at_ms, const Period& period);
/// The instant itself if a period begins there, else the beginning of the next.
[[nodiscard]] std::int64_t period_ceil(std::int64_t at_ms, const Period& period);

/// Appends "2020-12-01 10:00:00.000", in UTC; the number itself outside of the years 1 to 9999.
void append_instant(std::string& out, std::int64_t at_ms);

}  // namespace hoplab::report::insights
