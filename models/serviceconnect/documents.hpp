// Service Connect in the documents of ECS.
#pragma once

#include "models/mesh/dialect.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::serviceconnect {

/// `serviceConnectConfiguration` and `serviceConnectResources` of a service's deployments.
/// Source: botocore ecs 2014-11-13; `accessLogConfiguration` and `timeout` are newer: ECS API
///         reference, ServiceConnectConfiguration, TimeoutConfiguration.
[[nodiscard]] mesh::ServiceWords describe(const scenarios::Scenario& scenario,
                                          const scenarios::Service& service);

}  // namespace hoplab::models::serviceconnect
