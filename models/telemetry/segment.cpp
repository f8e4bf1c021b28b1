#include "models/telemetry/segment.hpp"

#include <fmt/format.h>

#include <chrono>

#include "models/telemetry/log_driver.hpp"

namespace hoplab::models::telemetry {
namespace {

void append_seconds(sim::Text& out, WallTime time) {
  const auto since_1970 = time.time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
  constexpr std::int64_t million = 1'000'000;
  out.append_number(us / million);
  if (us % million == 0) return;
  const fmt::format_int digits(million + us % million);  // With a 1 in front, for the zeros.
  std::string_view fraction = std::string_view(digits.data(), digits.size()).substr(1);
  while (fraction.back() == '0') fraction.remove_suffix(1);
  out += '.';
  out += fraction;
}

}  // namespace

void append_member(sim::Text& out, std::string_view key, std::string_view value) {
  if (!out.empty() && out.back() != '{') out += ',';
  out += '"';
  out += key;
  out += "\":\"";
  append_json_escaped(out, value);
  out += '"';
}

void append_times(sim::Text& out, WallTime start, WallTime end) {
  out += "\"start_time\":";
  append_seconds(out, start);
  out += ",\"end_time\":";
  append_seconds(out, end);
}

void append_response(sim::Text& out, int status, sim::Bytes size) {
  if (status == 0) return;
  out += ",\"response\":{\"status\":";
  out.append_number(status);
  out += ",\"content_length\":";
  out.append_number(size.count());
  out += '}';
}

void append_outcome(sim::Text& out, int status) {
  constexpr int too_many_requests = 429;
  if (status >= 400 && status < 500) out += ",\"error\":true";
  if (status >= 500 || status == 0) out += ",\"fault\":true";
  if (status == too_many_requests) out += ",\"throttle\":true";
}

}  // namespace hoplab::models::telemetry
