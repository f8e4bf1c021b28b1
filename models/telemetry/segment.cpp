#include "models/telemetry/segment.hpp"

#include <fmt/format.h>

#include <chrono>

#include "models/telemetry/log_driver.hpp"

namespace hoplab::models::telemetry {
namespace {

void append_seconds(sim::Text& out, WallTime time) {
  const auto since_1970 = time.time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
  const fmt::format_int text(us);  // Seventeen digits, for the next centuries.
  std::string_view digits(text.data(), text.size());
  const std::string_view second = digits.substr(0, digits.size() - 6);
  out += second;
  digits.remove_prefix(second.size());
  while (!digits.empty() && digits.back() == '0') digits.remove_suffix(1);
  if (!digits.empty()) out += '.';
  out += digits;
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
