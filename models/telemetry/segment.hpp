// What all X-Ray segment documents have in common, as text.
#pragma once

#include <string_view>

#include "models/telemetry/sink.hpp"
#include "sim/text.hpp"

namespace hoplab::models::telemetry {

/// Appends `"key":"value"` with the value escaped, and a comma before it unless it comes first.
void append_member(sim::Text& out, std::string_view key, std::string_view value);
/// Appends `"start_time":S,"end_time":S`: epoch seconds with microseconds, no zeros at the end.
void append_times(sim::Text& out, WallTime start, WallTime end);

/// Appends `,"response":{"status":S,"content_length":N}`; nothing for status 0, no answer.
void append_response(sim::Text& out, int status, sim::Bytes size);

/// Appends the booleans by which X-Ray derives a request's status, each only where it is true, with
/// a comma in front: error for 4xx, throttle for 429 too, fault for 5xx and for no answer at all.
void append_outcome(sim::Text& out, int status);

}  // namespace hoplab::models::telemetry
