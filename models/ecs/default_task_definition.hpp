// The task definition of a service that brings none of its own.
#pragma once

#include <string>

#include "models/ecs/identity.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::ecs {

/// The five containers of the talk: app, envoy, cloudwatch-agent, log_router and xray-daemon, in a
/// task of the service's size; without a mesh, the same less envoy and xray-daemon. Images, log
/// regions and the virtual node are those of the scenario's region, account and mesh.
[[nodiscard]] scenarios::TaskDefinition default_task_definition(
    const scenarios::Service& service, const scenarios::Scenario& scenario);

/// What `aws ecs describe-task-definition` would print, on one line: the artefact's own members
/// where the definition came from one, with the ARN and revision that registering it adds.
[[nodiscard]] std::string describe_task_definition_json(const scenarios::TaskDefinition& definition,
                                                        const Identity& identity);

}  // namespace hoplab::models::ecs
