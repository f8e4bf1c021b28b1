// GET /config_dump: an Envoy's configuration, as its control plane sent it.
#pragma once

#include <string>

#include "models/envoy/admin_pages.hpp"

namespace hoplab::models::envoy {

/// admin.v3.ConfigDump: bootstrap, clusters, listeners, routes.
/// Source: Envoy, api/envoy/admin/v3/config_dump.proto; a published dump of an App Mesh Envoy of
///         2022 for which members App Mesh sets and how it names resources.
/// Limits: what the model has of a configuration. A version is the number of updates so far (App
///         Mesh's is three numbers that tell nothing). Every resource has the instant of the last
///         update. Endpoints are not shown, as without `?include_eds`. TLS and secrets: none.
[[nodiscard]] std::string config_dump(const Proxy& proxy, const NodeFacts& facts);

/// config.core.v3.Node of this Envoy, a JSON object.
[[nodiscard]] std::string node_json(const Proxy& proxy, const NodeFacts& facts);

}  // namespace hoplab::models::envoy
