#include "models/telemetry/segment.hpp"

#include <fmt/format.h>

#include <chrono>

#include "models/telemetry/log_driver.hpp"

namespace hoplab::models::telemetry {
namespace {

void append_seconds(std::string& out, WallTime time) {
  const auto since_1970 = time.time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
  const fmt::format_int digits(us);  // Seventeen of them, for the next centuries.
  constexpr std::size_t of_second = 6;
  out.append(digits.data(), digits.size() - of_second);
  out += '.';
  out.append(digits.data() + digits.size() - of_second, of_second);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
}

}  // namespace

void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (!out.empty() && out.back() != '{') out += ',';
  out += '"';
  out += key;
  out += "\":\"";
  append_json_escaped(out, value);
  out += '"';
}

void append_times(std::string& out, WallTime start, WallTime end) {
  out += "\"start_time\":";
  append_seconds(out, start);
  out += ",\"end_time\":";
  append_seconds(out, end);
}

void append_outcome(std::string& out, int status) {
  constexpr int too_many_requests = 429;
  if (status >= 400 && status < 500) out += ",\"error\":true";
  if (status >= 500 || status == 0) out += ",\"fault\":true";
  if (status == too_many_requests) out += ",\"throttle\":true";
}

}  // namespace hoplab::models::telemetry
