// The security groups of a scenario as the network sees them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/vpc/security_group.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::vpc {

/// The groups of each service, by its name.
using GroupsOfServices = std::map<std::string, std::vector<GroupRef>>;

/// Adds every group to `groups`. Wants a scenario whose services all have groups.
[[nodiscard]] GroupsOfServices build_groups(const scenarios::Scenario& scenario,
                                            SecurityGroups& groups);

/// What `aws ec2 describe-security-groups` would print now, on one line.
[[nodiscard]] std::string describe_security_groups(const SecurityGroups& groups,
                                                   const std::string& account);

}  // namespace hoplab::models::vpc
