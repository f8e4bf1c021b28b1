// Real artefacts, byte for byte as the AWS tools print them, into the scenario's plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/import/aws_object.hpp"
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

/// Adds what EC2 described: the groups of describe-security-groups (`{"SecurityGroups": [...]}`),
/// subnets, network ACLs and route tables.
void import_ec2(std::string_view text, const std::string& file, Artefacts& artefacts,
                std::vector<Subnet>& subnets, sim::Diagnostics& diagnostics);
/// Of a document that is read already.
void read_security_groups(const Node& root, const std::string& file, Artefacts& artefacts,
                          sim::Diagnostics& diagnostics);

/// The same of objects in the scenario itself. A task definition without its `simulate:` keys;
/// `path` is where it stands. A group without rules for egress has those that AWS gives it.
void read_task_definition(AwsReading& reading, const Node& node, std::string json,
                          const std::string& path);
void read_security_group(AwsReading& reading, const Node& node, const std::string& id);
void read_network_acl(AwsReading& reading, const Node& node, const std::string& id);
void read_route_table(AwsReading& reading, const Node& node, const std::string& id);

}  // namespace hoplab::scenarios
