// Every fault the program knows, in the order in which it is listed to people.
#pragma once

#include <vector>

#include "scenarios/schema/load.hpp"

namespace hoplab::models::faults {

/// The rows of the catalogue, for validation and for `hoplab faults`.
[[nodiscard]] const std::vector<scenarios::FaultAction>& catalogue();

}  // namespace hoplab::models::faults
