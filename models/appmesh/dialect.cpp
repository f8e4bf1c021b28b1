#include "models/appmesh/dialect.hpp"

#include <fmt/format.h>

#include "models/appmesh/documents.hpp"
#include "models/mesh/translate.hpp"

namespace hoplab::models::appmesh {

std::string Dialect::ingress_cluster(const scenarios::Service& service) const {
  return fmt::format("cds_ingress_{}_{}_http_{}", scenario_.mesh_name, service.virtual_node,
                     mesh::listener_port_of(service));
}

std::string Dialect::egress_cluster(const scenarios::Service& service) const {
  return fmt::format("cds_egress_{}_{}_http_{}", scenario_.mesh_name, service.virtual_node,
                     mesh::listener_port_of(service));
}

std::string Dialect::pass_through_cluster() const {
  return fmt::format("cds_egress_{}_mesh-allow-all", scenario_.mesh_name);
}

std::vector<std::string> Dialect::idle_clusters() const {
  return {fmt::format("cds_egress_{}_amazonaws", scenario_.mesh_name)};
}

std::optional<envoy::RetryPolicy> Dialect::default_retries() const {
  // The image of the talk's time knew the policy of its time.
  const auto its_time = scenario_.envoy_profile == "v1.15" ? scenarios::RetryProfile::of_2020
                                                           : scenarios::RetryProfile::of_2021;
  const auto profile = scenario_.envoy.retry_profile.value_or(its_time);
  if (profile == scenarios::RetryProfile::none) return std::nullopt;
  envoy::RetryPolicy policy;
  policy.on_reset = profile == scenarios::RetryProfile::of_2021;
  return policy;
}

std::string Dialect::node_id(const scenarios::Service& service) const {
  return fmt::format("arn:aws:appmesh:{}:{}:mesh/{}/virtualNode/{}", scenario_.region,
                     scenario_.account, scenario_.mesh_name, service.virtual_node);
}

mesh::Documents Dialect::describe(const scenarios::Scenario& scenario) const {
  return describe_mesh(scenario);
}

envoy::StatTags stat_tags(const std::string& mesh, const std::string& virtual_node,
                          bool with_extension) {
  envoy::StatTags tags;
  tags.fixed = {{"appmesh.mesh", mesh}, {"appmesh.virtual_node", virtual_node}};
  if (!with_extension) return tags;
  tags.fixed.push_back({"Mesh", mesh});
  tags.fixed.push_back({"VirtualNode", virtual_node});
  tags.extension = envoy::MetricsExtension{.inbound = {},
                                           .outbound = {},
                                           .service_tag = "TargetVirtualService",
                                           .node_tag = "TargetVirtualNode"};
  return tags;
}

}  // namespace hoplab::models::appmesh
