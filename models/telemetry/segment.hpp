// What all X-Ray segment documents have in common, as text.
#pragma once

#include <string>
#include <string_view>

#include "models/telemetry/sink.hpp"

namespace hoplab::models::telemetry {

/// Appends `"key":"value"` with the value escaped, and a comma before it unless it comes first.
void append_member(std::string& out, std::string_view key, std::string_view value);
/// Appends `"start_time":S,"end_time":S`: epoch seconds with microseconds, no zeros at the end.
void append_times(std::string& out, WallTime start, WallTime end);

/// Appends the booleans by which X-Ray derives a request's status, each only where it is true, with
/// a comma in front: error for 4xx, throttle for 429 too, fault for 5xx and for no answer at all.
void append_outcome(std::string& out, int status);

}  // namespace hoplab::models::telemetry
