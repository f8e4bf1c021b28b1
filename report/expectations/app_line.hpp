// What an application wrote, out of the record that FireLens made of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/units.hpp"

namespace hoplab::report::expectations {

struct AppLine {
  std::string source;  ///< "stdout", "stderr"; "" where the log driver does not say (awslogs).
  std::string text;    ///< The application's own line.
  std::optional<int> status;              ///< Its "status" member, if it is JSON and has one.
  std::optional<sim::Duration> duration;  ///< Its "durationMs" member.

  bool is_about_a_call = false;  ///< It has a "to" member: a call of the app's own, not a request.

  /// A request that the app has answered, as against a line about something else.
  [[nodiscard]] bool tells_a_request() const { return status && duration && !is_about_a_call; }
};

/// Takes any line: one that is no FireLens record is the application's own.
/// Source: ECS developer guide, "Custom log routing": keys source, log, container_id,
/// container_name, ecs_cluster, ecs_task_arn, ecs_task_definition.
[[nodiscard]] AppLine parse_app_line(std::string_view message);

/// "7.012" milliseconds, exact to the nanosecond; nothing for what is no plain decimal number.
[[nodiscard]] std::optional<sim::Duration> parse_milliseconds(std::string_view text);

}  // namespace hoplab::report::expectations
