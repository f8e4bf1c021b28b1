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
/// Limits: objects are told with what the scenario knows of them, be they brought along or not:
///         health checks, time-outs of listeners and Cloud Map are not.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> describe_mesh(
    const scenarios::Scenario& scenario);

}  // namespace hoplab::models::appmesh
