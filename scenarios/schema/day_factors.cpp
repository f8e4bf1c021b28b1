#include "scenarios/schema/day_factors.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

std::optional<Duration> read_hour(const Node& node, Diagnostics& diagnostics) {
  if (node.kind == Node::Kind::scalar && !node.is_quoted && node.text == "0") return Duration{};
  const auto hour = read_number(node, {0, 24}, diagnostics);
  return hour ? std::optional(sim::seconds_to_duration(*hour * 3600)) : std::nullopt;
}

}  // namespace

std::optional<std::vector<double>> read_factors(const Section& section, std::string_view key,
                                                std::size_t count, const char* hint,
                                                Diagnostics& diagnostics) {
  const Node* node = section.find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != Node::Kind::sequence || node->items.size() != count) {
    diagnostics.error(node->mark, "E0203",
                      fmt::format("'{}' wants a list of {} numbers", key,
                                  count == 7 ? "seven" : std::to_string(count)),
                      hint);
    return std::nullopt;
  }
  std::vector<double> factors;
  for (const Node& item : node->items) {
    // Above 0: a load without requests is none.
    factors.push_back(read_number(item, {0, 100}, diagnostics).value_or(1));
  }
  return factors;
}

void read_wave(const Section& section, Diurnal& wave, Diagnostics& diagnostics) {
  section.take("amplitude", read_ratio, wave.amplitude);
  section.take("peakHour", read_hour, wave.peak);
  const auto weekdays = read_factors(section, "weekdayFactors", wave.weekday.size(),
                                     "Monday first: [1, 1, 1, 1, 1, 0.6, 0.5]", diagnostics);
  if (weekdays) std::ranges::copy(*weekdays, wave.weekday.begin());
}

}  // namespace hoplab::scenarios
