// Where the routes of virtual services lead.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// The services that the routes of a virtual service lead to, each once, in their order; those of
/// weight 0 too, since somebody may raise it.
[[nodiscard]] std::vector<std::string> targets_of(const VirtualService& service);

/// "b-v1=50,b-v2=50": names and weights of 0 to 100. Empty for anything else.
[[nodiscard]] std::optional<std::map<std::string, std::uint32_t>> parse_weights(
    std::string_view text);

}  // namespace hoplab::scenarios
