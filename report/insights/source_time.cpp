#include "report/insights/source_time.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include "report/insights/parser.hpp"
#include "sim/units.hpp"

namespace hoplab::report::insights {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc() && at == text.data() + text.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> instant_of(std::string_view text, const TimeRange& range) {
  if (lower_case(text) == "now") return range.to_ms;
  if (text.starts_with('-')) {
    const std::size_t unit = text.find_first_not_of("0123456789", 1);
    if (unit == std::string_view::npos) return std::nullopt;
    const auto count = whole_number(text.substr(1, unit - 1));
    const auto period = period_unit(text.substr(unit));
    constexpr std::int64_t far = 100'000;
    if (!count || !period || *count > far) return std::nullopt;
    // The first period since 1970 has the length: a month of January's days.
    return range.to_ms - *count * period_ceil(1, {1, *period});
  }
  if (const auto number = whole_number(text)) return number;
  const auto instant = sim::parse_iso8601(text);
  return instant ? std::optional(sim::epoch_milliseconds(*instant)) : std::nullopt;
}

}  // namespace

TimeRange source_range(const Source& source, const TimeRange& otherwise) {
  TimeRange range = otherwise;
  const auto read = [&](const std::string& text, std::int64_t& target) {
    if (text.empty()) return;
    const auto instant = instant_of(text, otherwise);
    if (!instant) {
      throw MalformedQuery("E0607", source.span, "'" + text + "' is no time",
                           "milliseconds since 1970, -1d, now, or \"2026-01-05T12:00:00Z\"");
    }
    target = *instant;
  };
  read(source.start, range.from_ms);
  read(source.end, range.to_ms);
  return range;
}

}  // namespace hoplab::report::insights
