#include "scenarios/schema/log_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace hoplab::scenarios {
namespace {

constexpr std::string_view simple_conversions = "YmdeHIMSpjysfaAbBhzZ%t";
constexpr int nanosecond_digits = 9;

constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

/// What one conversion stands for several of.
std::string_view composed_of(char conversion) {
  switch (conversion) {
    case 'F':
      return "%Y-%m-%d";
    case 'D':
      return "%m/%d/%y";
    case 'T':
      return "%H:%M:%S";
    case 'R':
      return "%H:%M";
    default:
      return {};
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::int64_t first_digits(std::int64_t nanoseconds, int digits) {
  for (int i = nanosecond_digits; i > digits; --i) nanoseconds /= 10;
  return nanoseconds;
}

}  // namespace

std::optional<LogTime> LogTime::parse(std::string_view format, std::string& trouble) {
  LogTime time;
  const auto add_text = [&](char c) {
    if (time.parts_.empty() || time.parts_.back().conversion != 0) time.parts_.push_back({});
    time.parts_.back().text += c;
  };
  while (!format.empty()) {
    if (format.front() != '%') {
      add_text(format.front());
      format.remove_prefix(1);
      continue;
    }
    std::size_t length = 2;
    Part part{.conversion = format.size() > 1 ? format[1] : '\0',
              .digits = nanosecond_digits,
              .text = {}};
    const bool has_digits = format.size() > 2 && is_digit(format[1]) && format[1] != '0';
    if (has_digits && format[2] == 'f') {  // %3f
      part = {.conversion = 'f', .digits = format[1] - '0', .text = {}};
      length = 3;
    } else if (format.size() > 3 && format[1] == 'E' && is_digit(format[2]) && format[3] == 'S') {
      part = {.conversion = 'S', .digits = format[2] - '0', .text = {}};
      length = 4;
    } else if (part.conversion == 'S') {
      part.digits = 0;
    }
    const std::string_view whole = composed_of(part.conversion);
    if (!whole.empty()) {
      const auto inner = parse(whole, trouble);
      time.parts_.insert(time.parts_.end(), inner->parts_.begin(), inner->parts_.end());
    } else if (part.conversion == 0 ||
               simple_conversions.find(part.conversion) == std::string_view::npos) {
      trouble = format.substr(0, length);
      return std::nullopt;
    } else if (part.conversion == '%' || part.conversion == 't') {
      add_text(part.conversion == 't' ? '\t' : '%');
    } else {
      time.parts_.push_back(std::move(part));
    }
    format.remove_prefix(std::min(length, format.size()));
  }
  return time;
}

// --- Writing ----------------------------------------------------------------------------------

struct LogTime::Instant {
  explicit Instant(sim::WallTime instant)
      : day(std::chrono::floor<std::chrono::days>(instant)),
        date(day),
        seconds(std::chrono::floor<std::chrono::seconds>(instant)),
        nanoseconds((instant - seconds).count()) {}

  [[nodiscard]] std::int64_t second_of_day() const { return (seconds - day).count(); }
  [[nodiscard]] std::int64_t hour() const { return second_of_day() / 3600; }
  [[nodiscard]] std::int64_t day_of_year() const {
    return (day - std::chrono::sys_days(date.year() / std::chrono::January / 1)).count() + 1;
  }

  std::chrono::sys_days day;
  std::chrono::year_month_day date;
  std::chrono::sys_seconds seconds;
  std::int64_t nanoseconds;  ///< Of the second.
};

void LogTime::append(sim::Text& out, sim::WallTime instant) const {
  const Instant told(instant);
  for (const Part& part : parts_) {
    if (part.conversion == 0) {
      out += part.text;
    } else if (!append_number(out, part, told)) {
      append_word(out, part.conversion, told);
    }
  }
}

bool LogTime::append_number(sim::Text& out, const Part& part, const Instant& told) {
  const auto to = std::back_inserter(out);
  const unsigned day = static_cast<unsigned>(told.date.day());
  const int year = static_cast<int>(told.date.year());
  switch (part.conversion) {
    case 'Y':
      fmt::format_to(to, "{}", year);
      return true;
    case 'y':
      fmt::format_to(to, "{:02}", year % 100);
      return true;
    case 'm':
      fmt::format_to(to, "{:02}", static_cast<unsigned>(told.date.month()));
      return true;
    case 'd':
      fmt::format_to(to, "{:02}", day);
      return true;
    case 'e':
      fmt::format_to(to, "{:2}", day);
      return true;
    case 'j':
      fmt::format_to(to, "{:03}", told.day_of_year());
      return true;
    case 'H':
      fmt::format_to(to, "{:02}", told.hour());
      return true;
    case 'I':
      fmt::format_to(to, "{:02}", (told.hour() + 11) % 12 + 1);
      return true;
    case 'M':
      fmt::format_to(to, "{:02}", told.second_of_day() / 60 % 60);
      return true;
    case 's':
      fmt::format_to(to, "{}", told.seconds.time_since_epoch().count());
      return true;
    case 'S':
      fmt::format_to(to, "{:02}", told.second_of_day() % 60);
      break;
    case 'f':
      break;
    default:
      return false;
  }
  if (part.conversion == 'S' && part.digits > 0) out.push_back('.');
  if (part.digits > 0) {
    fmt::format_to(to, "{:0{}}", first_digits(told.nanoseconds, part.digits), part.digits);
  }
  return true;
}

void LogTime::append_word(sim::Text& out, char conversion, const Instant& told) {
  const std::string_view weekday = weekdays[std::chrono::weekday(told.day).c_encoding()];
  const std::string_view month = months[static_cast<unsigned>(told.date.month()) - 1];
  switch (conversion) {
    case 'a':
      out += weekday.substr(0, 3);
      break;
    case 'A':
      out += weekday;
      break;
    case 'b':
    case 'h':
      out += month.substr(0, 3);
      break;
    case 'B':
      out += month;
      break;
    case 'p':
      out += told.hour() < 12 ? "AM" : "PM";
      break;
    case 'z':
      out += "+0000";
      break;
    default:
      out += "UTC";
  }
}

// --- Reading ----------------------------------------------------------------------------------

struct LogTime::Reading {
  int year = -1;
  int month = 0;
  int day = 0;
  int hour = -1;
  int minute = 0;
  int second = 0;
  std::int64_t seconds_since_1970 = -1;
  int milliseconds = 0;
};

namespace {

bool take_number(std::string_view& rest, std::size_t digits, std::int64_t& value) {
  if (rest.size() < digits) return false;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + digits, value);
  if (error != std::errc() || end != rest.data() + digits) return false;
  rest.remove_prefix(digits);
  return value >= 0;
}

bool take_number(std::string_view& rest, std::size_t digits, int& value) {
  std::int64_t wide = 0;
  const bool is_there = take_number(rest, digits, wide);
  value = static_cast<int>(wide);
  return is_there;
}

bool take_fraction(std::string_view& rest, int digits, int& milliseconds) {
  std::int64_t value = 0;
  if (!take_number(rest, static_cast<std::size_t>(digits), value)) return false;
  for (int i = digits; i > 3; --i) value /= 10;
  for (int i = digits; i < 3; ++i) value *= 10;
  milliseconds = static_cast<int>(value);
  return true;
}

bool take_text(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

bool take_month(std::string_view& rest, std::size_t length_max, int& month) {
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (!take_text(rest, months[i].substr(0, length_max))) continue;
    month = static_cast<int>(i) + 1;
    return true;
  }
  return false;
}

bool take_weekday(std::string_view& rest, std::size_t length_max) {
  return std::ranges::any_of(
      weekdays, [&](std::string_view name) { return take_text(rest, name.substr(0, length_max)); });
}

}  // namespace

bool LogTime::read_part(const Part& part, std::string_view& rest, Reading& reading) {
  switch (part.conversion) {
    case 'Y':
      return take_number(rest, 4, reading.year);
    case 'm':
      return take_number(rest, 2, reading.month);
    case 'd':
      return take_number(rest, 2, reading.day);
    case 'H':
      return take_number(rest, 2, reading.hour);
    case 'M':
      return take_number(rest, 2, reading.minute);
    case 'f':
      return take_fraction(rest, part.digits, reading.milliseconds);
    case 's':
      return take_number(rest, 10, reading.seconds_since_1970);  // From 2001 to 2286.
    case 'S':
      if (!take_number(rest, 2, reading.second)) return false;
      if (part.digits == 0) return true;
      return take_text(rest, ".") && take_fraction(rest, part.digits, reading.milliseconds);
    case 'b':
    case 'h':
      return take_month(rest, 3, reading.month);
    case 'B':
      return take_month(rest, std::string_view::npos, reading.month);
    case 'a':
      return take_weekday(rest, 3);
    case 'A':
      return take_weekday(rest, std::string_view::npos);
    case 'z':
      return take_text(rest, "+0000");
    case 'Z':
      return take_text(rest, "UTC");
    case 0:
      return take_text(rest, part.text);
    default:
      return false;
  }
}

std::optional<std::int64_t> LogTime::read(std::string_view text) const {
  Reading reading;
  for (const Part& part : parts_) {
    if (!read_part(part, text, reading)) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  if (reading.seconds_since_1970 >= 0) {
    return reading.seconds_since_1970 * 1000 + reading.milliseconds;
  }
  const std::chrono::year_month_day date{std::chrono::year(reading.year),
                                         std::chrono::month(static_cast<unsigned>(reading.month)),
                                         std::chrono::day(static_cast<unsigned>(reading.day))};
  const bool is_whole = reading.year >= 0 && date.ok() && reading.hour >= 0 && reading.hour < 24;
  if (!is_whole || reading.minute > 59 || reading.second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t minutes = (days * 24 + reading.hour) * 60 + reading.minute;
  return (minutes * 60 + reading.second) * 1000 + reading.milliseconds;
}

}  // namespace hoplab::scenarios
