#include "scenarios/schema/targets.hpp"

#include <algorithm>
#include <charconv>

namespace hoplab::scenarios {

std::vector<std::string> targets_of(const VirtualService& service) {
  std::vector<std::string> targets;
  for (const Route& route : service.routes) {
    for (const WeightedTarget& target : route.targets) {
      if (std::ranges::find(targets, target.service) != targets.end()) continue;
      targets.push_back(target.service);
    }
  }
  return targets;
}

std::optional<std::map<std::string, std::uint32_t>> parse_weights(std::string_view text) {
  constexpr std::uint32_t most = 100;
  std::map<std::string, std::uint32_t> weights;
  for (bool is_last = false; !is_last;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    is_last = comma == text.size();
    const std::string_view part = text.substr(0, comma);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    const std::string_view digits = part.substr(equals + 1);
    std::uint32_t weight = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
    const bool is_whole = parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size();
    if (!is_whole || weight > most) return std::nullopt;
    weights[std::string(part.substr(0, equals))] = weight;
    text.remove_prefix(is_last ? comma : comma + 1);
  }
  return weights;
}

}  // namespace hoplab::scenarios
