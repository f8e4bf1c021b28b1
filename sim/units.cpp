#include "sim/units.hpp"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace hoplab::sim {
namespace {

__extension__ typedef unsigned __int128 Wide;  // 10^18 times a day of nanoseconds needs 107 bits.

constexpr std::int64_t ns_per_us = 1'000;
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t ns_per_minute = 60 * ns_per_s;
constexpr std::int64_t ns_per_hour = 60 * ns_per_minute;
constexpr std::int64_t ns_per_day = 24 * ns_per_hour;
constexpr std::int64_t count_max = std::numeric_limits<std::int64_t>::max();

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// Largest first: a compound such as "2m20s" must go down this table.
constexpr std::array<Unit, 7> duration_units{{{"d", ns_per_day},
                                              {"h", ns_per_hour},
                                              {"m", ns_per_minute},
                                              {"s", ns_per_s},
                                              {"ms", ns_per_ms},
                                              {"us", ns_per_us},
                                              {"ns", 1}}};

constexpr std::array<Unit, 11> byte_units{{{"B", 1},
                                           {"kB", 1'000},
                                           {"KB", 1'000},
                                           {"MB", 1'000'000},
                                           {"GB", 1'000'000'000},
                                           {"TB", 1'000'000'000'000},
                                           {"KiB", std::int64_t{1} << 10},
                                           {"MiB", std::int64_t{1} << 20},
                                           {"GiB", std::int64_t{1} << 30},
                                           {"TiB", std::int64_t{1} << 40},
                                           {"PiB", std::int64_t{1} << 50}}};

constexpr std::array<Unit, 5> bit_rate_units{
    {{"bps", 1}, {"kbps", 1'000}, {"Kbps", 1'000}, {"Mbps", 1'000'000}, {"Gbps", 1'000'000'000}}};

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// digits * 10^-scale, exactly as written.
struct Decimal {
  std::uint64_t digits = 0;
  int scale = 0;
  std::string_view text;
};

/// Takes a number such as "2" or "1.50" off the front. At most 18 digits.
std::optional<Decimal> take_decimal(std::string_view& rest) {
  Decimal number;
  std::size_t i = 0;
  int digits = 0;
  bool has_point = false;
  for (; i < rest.size(); ++i) {
    if (rest[i] == '.' && !has_point && i > 0) {
      has_point = true;
      continue;
    }
    if (!is_digit(rest[i])) break;
    number.digits = number.digits * 10 + static_cast<std::uint64_t>(rest[i] - '0');
    number.scale += has_point ? 1 : 0;
    if (++digits > 18) return std::nullopt;
  }
  if (i == 0 || rest[i - 1] == '.') return std::nullopt;
  number.text = rest.substr(0, i);
  rest.remove_prefix(i);
  return number;
}

std::string_view take_letters(std::string_view& rest) {
  std::size_t i = 0;
  while (i < rest.size() && is_letter(rest[i])) ++i;
  const std::string_view word = rest.substr(0, i);
  rest.remove_prefix(i);
  return word;
}

enum class Fraction { refused, dropped };

/// number * factor / divisor as a whole count; nothing when too large, or not whole and refused.
std::optional<std::int64_t> whole(const Decimal& number, std::int64_t factor, Fraction fraction,
                                  std::int64_t divisor = 1) {
  Wide below = static_cast<Wide>(divisor);
  for (int i = 0; i < number.scale; ++i) below *= 10;
  const Wide above = static_cast<Wide>(number.digits) * static_cast<Wide>(factor);
  if (fraction == Fraction::refused && above % below != 0) return std::nullopt;
  const Wide count = above / below;
  if (count > static_cast<Wide>(count_max)) return std::nullopt;
  return static_cast<std::int64_t>(count);
}

double to_double(const Decimal& number) {
  double value = 0;  // from_chars rounds correctly and knows no locale.
  std::from_chars(number.text.data(), number.text.data() + number.text.size(), value);
  return value;
}

/// Sums components whose units strictly descend; only the last may have a fraction.
std::optional<std::int64_t> parse_components(std::string_view rest) {
  if (rest.empty()) return std::nullopt;
  std::int64_t sum = 0;
  std::int64_t factor_before = count_max;
  bool had_fraction = false;
  while (!rest.empty()) {
    const auto number = take_decimal(rest);
    if (!number || had_fraction) return std::nullopt;
    const Unit* unit = find_unit(duration_units, take_letters(rest));
    if (unit == nullptr || unit->factor >= factor_before) return std::nullopt;
    const auto count = whole(*number, unit->factor, Fraction::refused);
    if (!count || __builtin_add_overflow(sum, *count, &sum)) return std::nullopt;
    factor_before = unit->factor;
    had_fraction = number->scale > 0;
  }
  return sum;
}

/// Rewrites "P1DT2H3M4.5S" as "1d2h3m4.5s"; "M" before the "T" (months) has no fixed length.
std::optional<std::int64_t> parse_iso8601_duration(std::string_view text) {
  std::string plain;
  bool in_time = false;
  for (const char c : text.substr(1)) {
    if (c == 'T' && !in_time) {
      in_time = true;
    } else if (is_digit(c) || c == '.') {
      plain.push_back(c);
    } else if (c == 'D' && !in_time) {
      plain.push_back('d');
    } else if (in_time && (c == 'H' || c == 'M' || c == 'S')) {
      plain.push_back(static_cast<char>(c - 'A' + 'a'));
    } else {
      return std::nullopt;
    }
  }
  if (text.ends_with('T')) return std::nullopt;
  return parse_components(plain);
}

/// `count` in `unit`, with as many decimals as it takes and no more.
std::string exact_decimal(std::uint64_t count, std::uint64_t unit) {
  std::string text = fmt::format("{}", count / unit);
  std::uint64_t rest = count % unit;
  if (rest == 0) return text;
  text.push_back('.');
  for (std::uint64_t digit_unit = unit / 10; rest > 0; digit_unit /= 10) {
    text.push_back(static_cast<char>('0' + rest / digit_unit));
    rest %= digit_unit;
  }
  return text;
}

std::uint64_t magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

/// Reads exactly `width` digits at `position`; -1 when there are none such.
int digits_at(std::string_view text, std::size_t position, std::size_t width) {
  int value = 0;
  for (std::size_t i = position; i < position + width; ++i) {
    if (i >= text.size() || !is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// ".5" to 500'000'000; "" to 0; nothing when malformed.
std::optional<std::int64_t> parse_second_fraction(std::string_view text) {
  if (text.empty()) return 0;
  if (text.size() < 2 || text.size() > 10 || text[0] != '.') return std::nullopt;
  std::int64_t ns = 0;
  for (std::size_t i = 1; i <= 9; ++i) {
    if (i < text.size() && !is_digit(text[i])) return std::nullopt;
    ns = ns * 10 + (i < text.size() ? text[i] - '0' : 0);
  }
  return ns;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto count = text.starts_with('P') ? parse_iso8601_duration(text) : parse_components(text);
  if (!count) return std::nullopt;
  return Duration(*count);
}

std::optional<Bytes> parse_bytes(std::string_view text) {
  const auto number = take_decimal(text);
  const Unit* unit = find_unit(byte_units, text);
  if (!number || unit == nullptr) return std::nullopt;
  const auto count = whole(*number, unit->factor, Fraction::refused);
  if (!count) return std::nullopt;
  return Bytes(*count);
}

std::optional<BytesPerSecond> parse_bandwidth(std::string_view text) {
  const auto number = take_decimal(text);
  if (!number) return std::nullopt;
  const bool in_bytes = text.ends_with("/s");
  if (in_bytes) text.remove_suffix(2);
  const Unit* unit = in_bytes ? find_unit(byte_units, text) : find_unit(bit_rate_units, text);
  if (unit == nullptr) return std::nullopt;
  const auto count = whole(*number, unit->factor, Fraction::dropped, in_bytes ? 1 : 8);
  if (!count) return std::nullopt;
  return BytesPerSecond(*count);
}

std::optional<PerSecond> parse_rate(std::string_view text) {
  const auto number = take_decimal(text);
  if (!number) return std::nullopt;
  if (text == "/s") return PerSecond(to_double(*number));
  if (text == "/m") return PerSecond(to_double(*number) / 60);
  if (text == "/h") return PerSecond(to_double(*number) / 3600);
  return std::nullopt;
}

std::optional<Ratio> parse_ratio(std::string_view text) {
  const auto number = take_decimal(text);
  if (!number || (!text.empty() && text != "%")) return std::nullopt;
  const double value = text.empty() ? to_double(*number) : to_double(*number) / 100;
  if (value > 1) return std::nullopt;
  return Ratio(value);
}

std::string format(Duration span) {
  if (span == Duration::zero()) return "0s";
  std::string text = span < Duration::zero() ? "-" : "";
  std::uint64_t rest = magnitude(span.count());
  for (const Unit& unit : duration_units) {
    const auto factor = static_cast<std::uint64_t>(unit.factor);
    if (rest < factor) continue;
    const bool is_last = unit.factor <= ns_per_s;  // Only from seconds down do fractions read well.
    const std::uint64_t here = is_last ? rest : rest - rest % factor;
    text += exact_decimal(here, factor);
    text += unit.name;
    rest -= here;
    if (rest == 0) break;
  }
  return text;
}

std::string format_rounded(Duration span) {
  struct Step {
    std::string_view name;
    std::uint64_t unit;
    std::uint64_t below;  ///< Used while the rounded figure is less than this many units.
  };
  static constexpr std::array<Step, 6> steps{{{"ns", 1, 1000},
                                              {"us", ns_per_us, 1000},
                                              {"ms", ns_per_ms, 1000},
                                              {"s", ns_per_s, 1000},
                                              {"min", ns_per_minute, 1000},
                                              {"h", ns_per_hour, ~std::uint64_t{0}}}};
  if (span == Duration::zero()) return "0 s";
  const std::string_view sign = span < Duration::zero() ? "-" : "";
  const std::uint64_t value = magnitude(span.count());
  for (const Step& step : steps) {
    // Decimals: as many as make three digits, none below the nanosecond.
    int decimals = value >= 100 * step.unit ? 0 : value >= 10 * step.unit ? 1 : 2;
    if (step.unit == 1) decimals = 0;
    const std::uint64_t scale = decimals == 0 ? 1 : decimals == 1 ? 10 : 100;
    const std::uint64_t grain = step.unit / scale;
    const std::uint64_t grains = value / grain + (value % grain >= grain - value % grain ? 1 : 0);
    if (grains / scale >= step.below) continue;
    if (scale > 1 && grains == 1000) {  // 9.996 is 10.0, not 10.00.
      return fmt::format("{}{}{} {}", sign, scale == 100 ? "10" : "100", scale == 100 ? ".0" : "",
                         step.name);
    }
    if (scale == 1) return fmt::format("{}{} {}", sign, grains, step.name);
    return fmt::format("{}{}.{:0{}} {}", sign, grains / scale, grains % scale, decimals, step.name);
  }
  return "";  // Not reached: the last step takes everything.
}

std::string format(Bytes size) {
  static constexpr std::array<std::string_view, 4> names{"TiB", "GiB", "MiB", "KiB"};
  int shift = 40;
  for (const std::string_view name : names) {
    const std::int64_t unit = std::int64_t{1} << shift;
    if (size.count() != 0 && size.count() % unit == 0) {
      return fmt::format("{}{}", size.count() / unit, name);
    }
    shift -= 10;
  }
  return fmt::format("{}B", size.count());
}

std::string format_iso8601(WallTime instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(instant - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

std::optional<WallTime> parse_iso8601(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() < shape.size() + 1 || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != '0' && shape[i] != text[i]) return std::nullopt;
  }
  const int hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2);
  const int second = digits_at(text, 17, 2);
  const int year = digits_at(text, 0, 4);
  const int month = digits_at(text, 5, 2);
  const int day = digits_at(text, 8, 2);
  // Nanoseconds in 64 bits reach from 1678 to 2261.
  if (year < 1700 || year > 2200 || month < 1 || day < 1) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)});
  const auto fraction =
      parse_second_fraction(text.substr(shape.size(), text.size() - shape.size() - 1));
  if (!date.ok() || !fraction) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) + Duration(*fraction);
}

}  // namespace hoplab::sim
