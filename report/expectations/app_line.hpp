// What an application's line says.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "models/telemetry/sink.hpp"
#include "sim/units.hpp"

namespace hoplab::report::expectations {

struct AppLine {
  std::string_view source;  ///< "stdout", "stderr"; "" where the log driver does not say (awslogs).
  std::string_view text;    ///< The application's own line.
  std::optional<int> status;              ///< Its "status" member, if it is JSON and has one.
  std::optional<sim::Duration> duration;  ///< Its "durationMs" member.

  bool is_about_a_call = false;  ///< It has a "to" member: a call of the app's own, not a request.

  /// A request that the app has answered, as against a line about something else.
  [[nodiscard]] bool tells_a_request() const { return status && duration && !is_about_a_call; }
};

/// Takes any line. Valid as long as the event's message.
[[nodiscard]] AppLine parse_app_line(const models::telemetry::LogEvent& event);

/// "7.012" milliseconds, exact to the nanosecond; nothing for what is no plain decimal number.
[[nodiscard]] std::optional<sim::Duration> parse_milliseconds(std::string_view text);

}  // namespace hoplab::report::expectations
