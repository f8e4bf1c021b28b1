// Every name a scenario gives rise to: what faults may aim at and expectations may ask about.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// EC2 instance types the models know. models/ec2 has their sizes; a test holds the two together.
[[nodiscard]] const std::vector<std::string>& instance_types();
/// Such machines have CPU credits.
[[nodiscard]] bool is_burstable(std::string_view instance_type);
/// Envoy versions whose behaviour is tabulated in models/envoy.
[[nodiscard]] const std::vector<std::string>& envoy_profiles();
/// %RESPONSE_FLAGS% as Envoy writes them, and "-".
/// Source: Envoy, envoy/data/accesslog/v3/accesslog.proto and stream_info/utility.h.
[[nodiscard]] const std::vector<std::string>& response_flags();

/// The task definition of a service; null while it has none (or an unknown one).
[[nodiscard]] const TaskDefinition* task_definition_of(const Scenario& scenario,
                                                       const Service& service);
/// The container that answers a service's requests: that which maps the service's port, else "app",
/// else the first one that is not a sidecar. Null for a definition of sidecars only.
[[nodiscard]] const ContainerDefinition* serving_container(const TaskDefinition& definition,
                                                           std::uint16_t port);
/// The proxy, or one of the sidecars of App Mesh's guides: envoy, cloudwatch-agent, log_router,
/// xray-daemon.
[[nodiscard]] bool is_sidecar(const TaskDefinition& definition,
                              const ContainerDefinition& container);

/// The two ends of a call, for its hops.
struct HopEnds {
  std::string caller;  ///< A service, or a load.
  bool caller_is_load = false;
  std::string callee;
  bool has_mesh = true;
};

/// The hops of a call to one service in order: "a.app->a.envoy", "a.envoy->b.envoy",
/// "b.envoy->b.app", "b.app", and the replies: "b.envoy<-b.app", "a.envoy<-b.envoy",
/// "a.app<-a.envoy". A name tells the direction, so a service's own calls and the requests it
/// answers never share a hop.
[[nodiscard]] std::vector<std::string> hop_path(const HopEnds& ends);

/// A view of a scenario whose services, hosts and workload are complete; it outlives this.
class Names {
 public:
  explicit Names(const Scenario& scenario);

  [[nodiscard]] const Service* service(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& services() const { return service_names_; }
  /// Machines on which a task runs, those without a name of their own included ("host-b-1").
  [[nodiscard]] bool is_busy_host(std::string_view name) const;
  /// Services and busy hosts: where a fault can strike.
  [[nodiscard]] const std::vector<std::string>& places() const { return places_; }
  /// The callee is a service, or the virtual service that leads to it.
  [[nodiscard]] bool calls(std::string_view caller, std::string_view callee) const;
  [[nodiscard]] bool is_virtual_service(std::string_view name) const;
  /// The services behind a virtual service, each once, in the order of its routes.
  [[nodiscard]] std::vector<std::string> services_behind(std::string_view virtual_service) const;
  /// The machine of each of its tasks; one that is not placed has one to itself.
  [[nodiscard]] std::vector<std::string> hosts(const Service& service) const;

  /// "app", "envoy", ...; without a mesh there is no Envoy.
  [[nodiscard]] std::vector<std::string> containers(const Service& service) const;
  /// The name of its Envoy, "" when there is none.
  [[nodiscard]] std::string proxy(const Service& service) const;
  /// The container that `name` means: "envoy" stands for the one that Service Connect adds.
  [[nodiscard]] std::string true_container(const Service& service, const std::string& name) const;

  /// "a.http_req_failed", "a->b.http_req_duration", ...
  [[nodiscard]] std::vector<std::string> metrics() const;
  /// "users->a.envoy", "a.app", "a.envoy->b.envoy", ...
  [[nodiscard]] std::vector<std::string> hops() const;

 private:
  struct Chain {
    std::string caller;
    std::string callee;   ///< The service that answers.
    std::string subject;  ///< Of metrics: "a" of a load, "a->b" of calls.
    bool is_load = false;
  };
  void add_chains();
  void add_hops(const Chain& chain, std::vector<std::string>& hops) const;

  const Scenario& scenario_;
  std::map<std::string, const Service*, std::less<>> services_;
  std::map<std::string, const VirtualService*, std::less<>> virtual_services_;
  std::set<std::string, std::less<>> busy_hosts_;
  std::vector<std::string> service_names_;
  std::vector<std::string> places_;
  std::vector<Chain> chains_;  ///< Each caller, callee and subject once.
};

}  // namespace hoplab::scenarios
