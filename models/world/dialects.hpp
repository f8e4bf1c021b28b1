// The dialects that there are.
#pragma once

#include <memory>

#include "models/mesh/dialect.hpp"

namespace hoplab::models {

/// That of the scenario's mesh, which outlives it; without a mesh one that nobody asks.
[[nodiscard]] std::unique_ptr<mesh::Dialect> make_dialect(const scenarios::Scenario& scenario);

}  // namespace hoplab::models
