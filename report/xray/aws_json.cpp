#include "report/xray/aws_json.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace hoplab::report::xray {

double seconds(sim::Duration time) {
  const auto micros = std::chrono::round<std::chrono::microseconds>(time);
  return static_cast<double>(micros.count()) / 1e6;
}

sim::Duration read_seconds(double seconds) {
  constexpr double most = 9e9;  // In nanoseconds it still is an int64.
  const double kept = std::isnan(seconds) ? 0 : std::clamp(seconds, 0.0, most);
  return std::chrono::microseconds(std::llround(kept * 1e6));
}

std::uint64_t whole_number(const nlohmann::ordered_json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_number()) return 0;
  const double value = found->get<double>();
  return value >= 0 && value <= 1e15 ? static_cast<std::uint64_t>(value) : 0;
}

std::string text_of(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace hoplab::report::xray
