// The subnets that a fault's target names.
#pragma once

#include <vector>

#include "models/faults/fault.hpp"
#include "models/vpc/subnet_rules.hpp"

namespace hoplab::models::faults {

/// The subnet of that name, or those of a service's tasks, or all of them; each once.
[[nodiscard]] std::vector<vpc::SubnetRef> subnets_of(Controls& world, const scenarios::Fault& spec);

}  // namespace hoplab::models::faults
