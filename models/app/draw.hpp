// Draws from the distributions of the scenario language.
#pragma once

#include "scenarios/schema/spec.hpp"
#include "sim/random.hpp"

namespace hoplab::models::app {

/// One value, never negative. Costs one draw for most kinds; a constant costs none.
[[nodiscard]] sim::Duration draw(const scenarios::Distribution& distribution, sim::Rng& rng);

}  // namespace hoplab::models::app
