// App Mesh's words.
#pragma once

#include <string>
#include <vector>

#include "models/mesh/dialect.hpp"

namespace hoplab::models::appmesh {

/// Tags of every statistic, and with APPMESH_METRIC_EXTENSION_VERSION=1 those of the extension.
/// Source: App Mesh agent, envoy_bootstrap/bootstrap.go.
[[nodiscard]] envoy::StatTags stat_tags(const std::string& mesh, const std::string& virtual_node,
                                        bool with_extension);

/// Source: App Mesh User Guide; names as real dumps show them; the default retry policy of 2020-07,
///         with the later `reset`.
class Dialect final : public mesh::Dialect {
 public:
  explicit Dialect(const scenarios::Scenario& scenario) : scenario_(scenario) {}

  /// "cds_ingress_demo_b_http_8080", "cds_egress_demo_b_http_8080".
  [[nodiscard]] std::string ingress_cluster(const scenarios::Service& service) const override;
  [[nodiscard]] std::string egress_cluster(const scenarios::Service& service) const override;
  [[nodiscard]] std::string pass_through_cluster() const override;
  [[nodiscard]] std::vector<std::string> idle_clusters() const override;
  [[nodiscard]] std::string target_node(const scenarios::Service& service) const override {
    return service.virtual_node;
  }
  [[nodiscard]] std::string target_service(
      const scenarios::VirtualService& service) const override {
    return service.name;
  }
  [[nodiscard]] std::optional<envoy::RetryPolicy> default_retries() const override;
  [[nodiscard]] std::string node_id(const scenarios::Service& service) const override;
  [[nodiscard]] envoy::StatTags stat_tags(const scenarios::Service& service,
                                          bool with_extension) const override {
    return appmesh::stat_tags(scenario_.mesh_name, service.virtual_node, with_extension);
  }
  [[nodiscard]] bool always_extends_metrics() const override { return false; }
  [[nodiscard]] bool has_tracer() const override { return true; }
  [[nodiscard]] bool has_statsd() const override { return true; }
  [[nodiscard]] mesh::ServiceWords describe(const scenarios::Service& /*service*/) const override {
    return {};
  }
  [[nodiscard]] mesh::Documents describe(const scenarios::Scenario& scenario) const override;

 private:
  const scenarios::Scenario& scenario_;
};

}  // namespace hoplab::models::appmesh
