// The subnets of a scenario, with their ACLs and route tables, as the network sees them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/vpc/subnet_rules.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::vpc {

/// Adds every subnet with what the scenario puts in front of it. A subnet that no ACL or table
/// names has the VPC's default ones, which are open where the scenario gives none.
void build_subnets(const scenarios::Scenario& scenario, SubnetRules& rules);

}  // namespace hoplab::models::vpc
