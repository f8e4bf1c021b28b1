// Subnets, network ACLs and route tables as EC2 describes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/schema/spec.hpp"

namespace hoplab::models::vpc {

/// What `aws ec2 describe-subnets`, `describe-network-acls` and `describe-route-tables` would print
/// of what the scenario says: pairs of kind ("subnets", "network-acls", "route-tables") and
/// document.
///
/// Limits: nothing acts on them; ACLs and route tables are those of the scenario's artefacts alone.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> describe_network(
    const scenarios::Scenario& scenario);

}  // namespace hoplab::models::vpc
