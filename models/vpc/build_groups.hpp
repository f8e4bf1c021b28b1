// The security groups of a scenario: those of its artefacts, and one for each other service.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/vpc/security_group.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::vpc {

/// The groups of each service, by its name.
using GroupsOfServices = std::map<std::string, std::vector<GroupRef>>;

/// Adds every group to `groups`. A service without groups of its own gets one: as its
/// `securityGroup:` says, or with one rule for each service that calls it. Egress is open, as AWS
/// makes it.
[[nodiscard]] GroupsOfServices build_groups(const scenarios::Scenario& scenario,
                                            SecurityGroups& groups);

/// What `aws ec2 describe-security-groups` would print now, on one line.
[[nodiscard]] std::string describe_security_groups(const SecurityGroups& groups,
                                                   const std::string& account);

}  // namespace hoplab::models::vpc
