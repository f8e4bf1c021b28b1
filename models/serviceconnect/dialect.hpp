// ECS Service Connect's words.
#pragma once

#include <string>
#include <vector>

#include "models/mesh/dialect.hpp"

namespace hoplab::models::serviceconnect {

/// Envoys that ECS manages: no tracer, no datagrams; the agent's metrics extension, which the ECS
/// agent reads, instead.
///
/// Source: ECS Developer Guide, "Service Connect components" (round robin, retries that avoid the
///         host of the attempt before, outlier detection, time-outs); the node's id and the tags of
///         the extension: App Mesh agent, envoy_bootstrap/bootstrap.go.
///         Assumed: what is retried (connections that fail or are reset, and 503, as in App Mesh),
///         names of clusters (no dump of such an Envoy is published; as App Mesh has them).
class Dialect final : public mesh::Dialect {
 public:
  explicit Dialect(const scenarios::Scenario& scenario) : scenario_(scenario) {}

  /// "cds_ingress_local_b_http_8080", "cds_egress_local_b_http_8080".
  [[nodiscard]] std::string ingress_cluster(const scenarios::Service& service) const override;
  [[nodiscard]] std::string egress_cluster(const scenarios::Service& service) const override;
  [[nodiscard]] std::string pass_through_cluster() const override;
  [[nodiscard]] std::vector<std::string> idle_clusters() const override { return {}; }
  [[nodiscard]] std::string target_node(const scenarios::Service& /*service*/) const override {
    return {};
  }
  [[nodiscard]] std::string target_service(const scenarios::VirtualService& service) const override;
  [[nodiscard]] std::optional<envoy::RetryPolicy> default_retries() const override;
  [[nodiscard]] std::string node_id(const scenarios::Service& service) const override;
  [[nodiscard]] envoy::StatTags stat_tags(const scenarios::Service& service,
                                          bool with_extension) const override;
  [[nodiscard]] bool always_extends_metrics() const override { return true; }
  [[nodiscard]] bool has_tracer() const override { return false; }
  [[nodiscard]] bool has_statsd() const override { return false; }
  [[nodiscard]] mesh::ServiceWords describe(const scenarios::Service& service) const override;
  /// Nothing: what there is to tell stands in the services' own documents.
  [[nodiscard]] mesh::Documents describe(const scenarios::Scenario& /*scenario*/) const override {
    return {};
  }

 private:
  const scenarios::Scenario& scenario_;
};

}  // namespace hoplab::models::serviceconnect
