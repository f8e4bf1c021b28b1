// Subnets, network ACLs and route tables as EC2 describes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/vpc/subnet_rules.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::vpc {

/// Pairs of kind ("subnets", "network-acls", "route-tables") and document.
using NetworkDocuments = std::vector<std::pair<std::string, std::string>>;

/// What `aws ec2 describe-subnets` would print of what the scenario says; and, where it says
/// something of them, `describe-network-acls` and `describe-route-tables`.
[[nodiscard]] NetworkDocuments describe_network(const scenarios::Scenario& scenario,
                                                const SubnetRules& rules);

/// ACLs and route tables as they are now, the VPC's own included: what a file said of one is kept
/// where it still holds.
[[nodiscard]] NetworkDocuments describe_subnet_rules(const scenarios::Scenario& scenario,
                                                     const SubnetRules& rules);

}  // namespace hoplab::models::vpc
