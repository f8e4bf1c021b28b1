// What an Envoy's admin interface shows of its state: clusters, listeners, the server itself. For
// /stats see stat_pages.hpp, for /config_dump config_dump.hpp.
#pragma once

#include <string>
#include <string_view>

#include "models/envoy/stat_pages.hpp"
#include "models/telemetry/log_driver.hpp"
#include "sim/units.hpp"

namespace hoplab::models::envoy {

class Proxy;

/// Who an Envoy is, besides what it knows itself.
struct NodeFacts {
  std::string node_id;  ///< "arn:aws:appmesh:us-east-1:111122223333:mesh/demo/virtualNode/a".
  StatTags tags = {};
  telemetry::HostClock clock;  ///< Of its host.
  sim::SimTime now{};
  sim::Bytes memory{0};  ///< That its process holds.
};

/// GET /clusters: a line a fact, "cluster::fact::value" or "cluster::address::fact::value".
/// Source: Envoy, source/server/admin/clusters_handler.cc; published output of App Mesh Envoys.
/// Limits: no host names, no localities (App Mesh sends none of them for Cloud Map).
[[nodiscard]] std::string clusters_text(const Proxy& proxy);
/// GET /clusters?format=json: admin.v3.Clusters.
[[nodiscard]] std::string clusters_json(const Proxy& proxy);

/// GET /listeners: "lds_ingress_0.0.0.0_15000::0.0.0.0:15000".
/// Source: App Mesh User Guide, "Envoy configuration", names of listeners.
[[nodiscard]] std::string listeners_text(const Proxy& proxy);
/// GET /listeners?format=json: admin.v3.Listeners.
[[nodiscard]] std::string listeners_json(const Proxy& proxy);

/// GET /server_info: admin.v3.ServerInfo.
/// Limits: where Envoy tells the commit it was built from stands "hoplab", and of its version only
///         what the profile has; of command line options the few that App Mesh's agent gives.
[[nodiscard]] std::string server_info(const Proxy& proxy, const NodeFacts& facts);

/// "LIVE", "DRAINING", "PRE_INITIALIZING" (no configuration yet); GET /ready answers it, with 200
/// for the first of them and 503 for the others.
[[nodiscard]] std::string_view server_state(const Proxy& proxy);

/// Names of Envoy's resources, as App Mesh gives them.
[[nodiscard]] std::string listener_name(std::string_view direction, unsigned port);

}  // namespace hoplab::models::envoy
