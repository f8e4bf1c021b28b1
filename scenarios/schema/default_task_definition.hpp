// The task definition of a service that brings none of its own.
#pragma once

#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// The five containers of the talk: app, envoy, cloudwatch-agent, log_router and xray-daemon, in a
/// task of the service's size; without a mesh, the same less envoy and xray-daemon; with Service
/// Connect, that and the proxy that ECS adds, behind all others. Images, log regions and the
/// virtual node are those of the scenario's region, account and mesh.
[[nodiscard]] TaskDefinition default_task_definition(const Service& service,
                                                     const Scenario& scenario);

}  // namespace hoplab::scenarios
