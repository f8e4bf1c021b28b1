#include "models/serviceconnect/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/mesh/translate.hpp"
#include "models/serviceconnect/documents.hpp"
#include "sim/random.hpp"

namespace hoplab::models::serviceconnect {

std::string Dialect::ingress_cluster(const scenarios::Service& service) const {
  const std::string& name = service.connect.discovery_name;
  return fmt::format("cds_ingress_{}_{}_http_{}", scenario_.mesh_name,
                     name.empty() ? service.name : name, mesh::listener_port_of(service));
}

std::string Dialect::egress_cluster(const scenarios::Service& service) const {
  return fmt::format("cds_egress_{}_{}_http_{}", scenario_.mesh_name,
                     service.connect.discovery_name, mesh::listener_port_of(service));
}

std::string Dialect::pass_through_cluster() const {
  return fmt::format("cds_egress_{}_pass-through", scenario_.mesh_name);
}

std::string Dialect::target_service(const scenarios::VirtualService& service) const {
  const std::string& behind = service.routes.front().targets.front().service;
  const auto& all = scenario_.services;
  return std::ranges::find(all, behind, &scenarios::Service::name)->connect.discovery_name;
}

std::optional<envoy::RetryPolicy> Dialect::default_retries() const {
  if (scenario_.envoy.retry_attempts == 0) return std::nullopt;
  return envoy::RetryPolicy{.retries_max = scenario_.envoy.retry_attempts,
                            .on_connect_failure = true,
                            .on_reset = true,
                            .status_codes = {503},
                            .per_try_timeout = {}};
}

std::string Dialect::node_id(const scenarios::Service& service) const {
  const std::uint64_t id = sim::stable_hash("task-set/" + service.name);
  return fmt::format("arn:aws:ecs:{}:{}:task-set/{}/{}/ecs-svc/{:019}", scenario_.region,
                     scenario_.account, scenario_.cluster, service.name, id >> 1U);
}

mesh::ServiceWords Dialect::describe(const scenarios::Service& service) const {
  return serviceconnect::describe(scenario_, service);
}

envoy::StatTags Dialect::stat_tags(const scenarios::Service& service,
                                   bool /*with_extension*/) const {
  const std::vector<envoy::StatTag> own = {{"ServiceName", service.name},
                                           {"ClusterName", scenario_.cluster}};
  envoy::MetricsExtension extension{
      .inbound = own, .outbound = own, .service_tag = "TargetDiscoveryName", .node_tag = {}};
  extension.inbound.push_back({"Direction", "ingress"});
  if (service.connect.is_endpoint) {
    extension.inbound.push_back({"DiscoveryName", service.connect.discovery_name});
  }
  extension.outbound.push_back({"Direction", "egress"});
  return {.fixed = {}, .extension = std::move(extension)};
}

}  // namespace hoplab::models::serviceconnect
