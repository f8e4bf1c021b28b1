// Time formats of access logs: %START_TIME(%Y/%m/%d %H:%M:%S.%3f)%.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/text.hpp"
#include "sim/units.hpp"

namespace hoplab::scenarios {

/// strftime's conversions, and Envoy's own: %s seconds since 1970, %f nanoseconds of the second,
/// %1f to %9f its first digits, %E1S to %E9S seconds with so many of them. Always UTC.
///
/// Source: Envoy docs, "Access logging", START_TIME; Abseil, absl::FormatTime.
/// Limits: of strftime: Y m d e H I M S p j y F D T R a A b B h z Z % t.
class LogTime {
 public:
  /// Nothing, and the first conversion that is none in `trouble`.
  [[nodiscard]] static std::optional<LogTime> parse(std::string_view format, std::string& trouble);

  void append(sim::Text& out, sim::WallTime instant) const;
  /// The instant in milliseconds since 1970 that `text` tells; nothing when it does not look like
  /// this format, or when the format tells no day and time.
  [[nodiscard]] std::optional<std::int64_t> read(std::string_view text) const;

 private:
  struct Part {
    char conversion = 0;  ///< As after '%'; 0: `text` as it stands; 'f': `digits` of the second.
    int digits = 0;       ///< Of 'f', and behind the point of 'S'.
    std::string text;
  };
  struct Instant;
  struct Reading;
  static bool append_number(sim::Text& out, const Part& part, const Instant& told);
  static void append_word(sim::Text& out, char conversion, const Instant& told);
  static bool read_part(const Part& part, std::string_view& rest, Reading& reading);

  std::vector<Part> parts_;
};

}  // namespace hoplab::scenarios
