// Instants as a process writes them into line after line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sim/text.hpp"
#include "sim/units.hpp"

namespace hoplab::models::telemetry {

/// Keeps the text of the second that it was last asked for: most lines come in the same one.
class TimeText {
 public:
  /// Appends "2026-01-05T12:00:00.123Z", as sim::format_iso8601 has it.
  void append(sim::Text& out, sim::WallTime instant) {
    const std::int64_t ms = sim::epoch_milliseconds(instant);
    if (ms / 1000 != second_) {
      second_ = ms / 1000;
      text_ = sim::format_iso8601(sim::WallTime(std::chrono::seconds(second_)));
    }
    const auto of_second = static_cast<int>(ms % 1000);
    const auto digit = [](int number) { return static_cast<char>('0' + number % 10); };
    const std::size_t end = text_.size() - 1;  // At the Z.
    text_[end - 3] = digit(of_second / 100);
    text_[end - 2] = digit(of_second / 10);
    text_[end - 1] = digit(of_second);
    out += text_;
  }

 private:
  std::int64_t second_ = -1;  ///< Since 1970.
  std::string text_;
};

}  // namespace hoplab::models::telemetry
