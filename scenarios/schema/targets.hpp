// Where the routes of virtual services lead.
#pragma once

#include <string>
#include <vector>

#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// The services that the routes of a virtual service lead to, each once, in their order; those of
/// weight 0 too, since somebody may raise it.
[[nodiscard]] std::vector<std::string> targets_of(const VirtualService& service);

}  // namespace hoplab::scenarios
