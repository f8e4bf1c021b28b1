// `envoy`: what App Mesh does not expose of its Envoys.
#include <optional>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

std::optional<LoadBalancing> read_load_balancing(const Node& node, sim::Diagnostics& diagnostics) {
  const auto index = read_choice(node, {"roundRobin", "leastRequest"}, diagnostics);
  if (!index) return std::nullopt;
  return *index == 0 ? LoadBalancing::round_robin : LoadBalancing::least_request;
}

}  // namespace

void read_envoy(const Section& top, Draft& draft) {
  const Node* node = top.find("envoy");
  if (node == nullptr) return;
  const Section section(*node, "'envoy'",
                        {"egressConnectTimeout", "ingressConnectTimeout",
                         "maxRequestsPerConnection", "loadBalancing"},
                        draft.diagnostics);
  EnvoyBehaviour& envoy = draft.scenario.envoy;
  section.take("egressConnectTimeout", read_positive_duration, envoy.egress_connect_timeout);
  section.take("ingressConnectTimeout", read_positive_duration, envoy.ingress_connect_timeout);
  section.take("maxRequestsPerConnection", integer_in<std::uint32_t>(0, 1'000'000'000),
               envoy.max_requests_per_connection);
  section.take("loadBalancing", read_load_balancing, envoy.load_balancing);
}

}  // namespace hoplab::scenarios
