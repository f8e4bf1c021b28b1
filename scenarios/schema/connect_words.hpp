// Service Connect in the words of the ECS API.
#pragma once

#include <string>

#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// "ecs-service-connect-" and five letters or digits: the container that ECS adds to every task.
/// Real ones are drawn, for each deployment; this one hangs on the cluster's name and the
/// namespace's, so that a deployment changes no name.
[[nodiscard]] std::string connect_container(const Scenario& scenario);

/// That container, with the output that the mesh's settings give it.
[[nodiscard]] ContainerDefinition connect_proxy(const Scenario& scenario,
                                                const std::string& service);

/// A service's `serviceConnectConfiguration`, JSON.
/// Source: ECS API reference, ServiceConnectConfiguration.
[[nodiscard]] std::string connect_words(const Scenario& scenario, const Service& service);

/// `logConfiguration` and `accessLogConfiguration`, JSON; of a log without a format, the first.
[[nodiscard]] std::string connect_log_words(const ServiceConnectLog& log);

/// The access log that a proxy writes; where it writes none, that of /dev/null.
/// Source: ECS Developer Guide, "Service Connect access logs": the text's fields up to USER-AGENT.
///         Assumed: what follows, and the keys of JSON.
[[nodiscard]] AccessLogFile connect_access_log(const Scenario& scenario,
                                               const ServiceConnectLog& log);

}  // namespace hoplab::scenarios
