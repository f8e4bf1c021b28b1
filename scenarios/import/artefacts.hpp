// Real artefacts, byte for byte as the AWS tools print them, into the scenario's plain values.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/schema/spec.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::scenarios {

/// Adds what an ECS task definition file holds: register-task-definition input, or the output of
/// describe-task-definition (`{"taskDefinition": {...}}`). Unknown AWS keys are kept in
/// TaskDefinition::json and listed once each in Artefacts::accepted_not_simulated.
/// Errors (codes E03xx) with file:line:col: wrong types or values of known keys, missing family or
/// containers, no or two containers of one name, a file of another kind.
void import_task_definition(std::string_view text, const std::string& file, Artefacts& artefacts,
                            sim::Diagnostics& diagnostics);

/// Adds the groups of `aws ec2 describe-security-groups` (`{"SecurityGroups": [...]}`).
void import_security_groups(std::string_view text, const std::string& file, Artefacts& artefacts,
                            sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
