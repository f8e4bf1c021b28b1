// The mesh as the App Mesh API describes it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/schema/spec.hpp"

namespace hoplab::models::appmesh {

/// What `aws appmesh describe-mesh`, describe-virtual-node, -service, -router and -route print, one
/// pair (kind, document) per object, by kind and then by name. Kinds: "mesh", "virtual-nodes",
/// "virtual-services", "virtual-routers", "routes". Empty without a mesh.
///
/// A virtual service with one plain route to one target has the node itself as provider; every
/// other one has a router, named in the scenario or after the service.
///
/// Source: botocore appmesh 2019-01-25.
/// Limits: a retry policy's status codes are told as the events that they cover whole (503 alone,
///         which the API has no word for, as none); perRetryTimeout, which the API requires, is the
///         route's own time-out: none of its own.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> describe_mesh(
    const scenarios::Scenario& scenario);

}  // namespace hoplab::models::appmesh
