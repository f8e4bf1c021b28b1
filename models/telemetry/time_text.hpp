// Instants as a process writes them into line after line.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "sim/units.hpp"

namespace hoplab::models::telemetry {

/// Appends "2026-01-05T12:00:00.123Z", as sim::format_iso8601 has it, without a formatter's detour.
/// Years 1000 to 9999.
inline void append_time(std::string& out, sim::WallTime instant) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(instant);
  const auto day = std::chrono::floor<std::chrono::days>(ms);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(ms - day);
  std::array<char, 24> text = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                               '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  const auto put = [&text](std::size_t last, std::size_t digits, std::int64_t value) {
    for (; digits > 0; --digits, value /= 10) text[last--] = static_cast<char>('0' + value % 10);
  };
  put(3, 4, static_cast<int>(date.year()));
  put(6, 2, static_cast<unsigned>(date.month()));
  put(9, 2, static_cast<unsigned>(date.day()));
  put(12, 2, time.hours().count());
  put(15, 2, time.minutes().count());
  put(18, 2, time.seconds().count());
  put(22, 3, time.subseconds().count());
  out.append(text.data(), text.size());
}

}  // namespace hoplab::models::telemetry
