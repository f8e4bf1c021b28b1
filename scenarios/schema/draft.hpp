// A scenario while it is being read: what is known so far, and what must not be complained about
// twice.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/import/app_mesh.hpp"
#include "scenarios/schema/load.hpp"
#include "scenarios/schema/names.hpp"
#include "scenarios/schema/section.hpp"

namespace hoplab::scenarios {

/// What `simulate:` says of the containers of one task definition, by their names.
using SimulatedContainers = std::map<std::string, Node>;

struct Draft {
  sim::Diagnostics& diagnostics;
  const std::vector<FaultAction>& fault_actions;
  Scenario scenario = {};
  /// Artefacts that could not be read: told after everything else has been checked.
  std::vector<std::string> unreadable = {};
  /// False once a mistake hides names from what follows: one mistake, one diagnostic.
  bool has_all_artefacts = true;
  bool has_services = true;
  bool has_all_calls = true;
  bool has_all_loads = true;
  /// Of task definitions in the scenario itself, by "family:revision".
  std::map<std::string, SimulatedContainers> simulated = {};
  std::map<std::string, std::string> definition_keys = {};  ///< "family:revision" of each.
  MeshObjects mesh = {};
  /// Of Service Connect's `simulate`: what a service's tasks knew when they were deployed.
  const Node* known_endpoints = nullptr;
  std::map<std::string, int> fault_names = {};  ///< How often each was given by default.
  /// Of `infrastructure.links`, without the loopback.
  std::vector<const Node*> links = {};
};

/// hoplab, name, seed, duration, network and the like.
void read_basics(const Section& top, Draft& draft);
/// Opens the files under `artefacts:`, relative to the folder of the scenario's file.
void read_artefacts(const Section& top, Draft& draft);
/// App Mesh, or Service Connect with its own timings; before all that asks.
void read_mesh_kind(const Section& top, Draft& draft);
/// Objects of the mesh, or that there is none; wants artefacts.
void read_mesh(const Section& top, Draft& draft);
void read_infrastructure(const Section& top, Draft& draft);
void read_task_definitions(const Section& top, Draft& draft);
/// How much is written, and how requests are chosen for tracing.
void read_telemetry(const Section& top, Draft& draft);
void read_envoy_stats(const Node& node, Draft& draft);
void read_statsd_agents(const Node& node, Draft& draft);
/// `hosts`, and `infrastructure.containerInstances`; wants the subnets.
void read_hosts(const Section& top, Draft& draft);
/// Also checks the names a service mentions, but for its callees; wants artefacts and hosts.
void read_services(const Section& top, Draft& draft);
/// What a service says to ECS's scheduler.
void read_service_of_ecs(const Section& section, Service& service, Draft& draft);
/// `start`, `ecs`, `controlPlane`.
void read_ecs(const Section& top, Draft& draft);
/// These want the services.
void read_virtual_services(const Section& top, Draft& draft);
void read_links(const Section& top, Draft& draft);
void read_workload(const Section& top, Draft& draft);
/// These want all of the above.
void read_faults(const Section& top, const Names& names, Draft& draft);
/// One entry of `faults`; `selection` is what an experiment's target says beyond a name.
void read_fault(const Node& node, const Names& names, Draft& draft,
                const std::optional<TargetSelection>& selection);
void read_experiment(const Section& top, const Names& names, Draft& draft);
void read_expectations(const Section& top, const Names& names, Draft& draft);
/// Warnings (W0702) of faults that AWS would refuse to inject; wants all of them.
void check_faults(Draft& draft);
/// Errors of deployments of what is not there (E0403).
void check_deployments(Draft& draft);
/// What only the whole can tell: endless calls, too much load.
void check_whole(Draft& draft);

/// Ties virtual nodes to services, and routes to the services behind them.
void connect_mesh(Draft& draft);
/// Turns what backends name into names of virtual services, and warns of calls that are none of
/// them (W0422); wants resolved calls.
void resolve_backends(Draft& draft);
/// Gives every service its names in the mesh and, where nothing routes to it by its own name and
/// the mesh names no virtual services, a virtual service of its own.
void complete_virtual_services(Draft& draft);
/// Turns what calls name into names of virtual services (E0401); wants all of them.
void resolve_calls(Draft& draft);

/// Errors of subnets with more tasks than addresses (E0212).
void check_addresses(Draft& draft);
/// Errors of services whose task definitions would have one name (E0411).
void check_versions(Draft& draft);
/// Writes out what is left: machines, subnets, task definitions, security groups. Wants a scenario
/// without mistakes.
void complete(Scenario& scenario);

/// One warning (W0701) at `mark`: `what` is understood and has no effect yet.
void note_not_simulated(Draft& draft, const sim::SourceMark& mark, const std::string& what);

/// Letters, digits, '-' and '_', a letter or digit first; at most 64. One error (E0214) otherwise.
bool check_name(const std::string& name, const sim::SourceMark& mark, const char* what,
                sim::Diagnostics& diagnostics);

/// `listener`, `backends` and `accessLog` of a service.
void read_listener(const Section& section, Service& service, Draft& draft);
/// Into what it says already.
void read_outlier_detection(const Node& node, OutlierDetection& detection,
                            sim::Diagnostics& diagnostics);

// Service Connect.
/// Errors of keys that are the other mesh's (E0218).
void check_dialect(const Section& mesh, Draft& draft);
void read_connect_mesh(const Section& mesh, Draft& draft);
/// `simulate` of the mesh, whichever it is.
void read_behaviour(const Node& node, Draft& draft);
/// Errors of what is the other mesh's in it (E0218).
void check_behaviour(const Section& ways, Draft& draft);
void read_connect_behaviour(const Section& ways, Draft& draft);
/// `serviceConnectConfiguration`, and that nothing of App Mesh is there.
void read_service_connect(const Section& section, Service& service, Draft& draft);
/// Puts the container that ECS adds into the service's task definition, where it has one.
void add_connect_proxy(Service& service, const SourceMark& mark, Draft& draft);
/// Names by which services find each other; errors of names that are taken (E0411).
void complete_service_connect(Draft& draft);
/// What each proxy writes of requests; wants the formats checked.
void complete_connect_logs(Draft& draft);

/// `accessLog` of the mesh or of a service.
void read_access_log(const Section& section, std::optional<AccessLogFile>& result, Draft& draft);
/// `format` of one.
void read_access_log_format(const Node& node, AccessLogFile& result, sim::Diagnostics& diagnostics);
/// Gives nodes that say nothing the mesh's, and checks them all: errors of formats that Envoy or
/// App Mesh would refuse (E0221), warnings of logs that nobody will see (W0425) and of lines that
/// run together (W0426).
void complete_access_logs(Draft& draft);
/// `headers` of a call or a load.
[[nodiscard]] std::optional<std::vector<Header>> read_headers(const Node& node,
                                                              sim::Diagnostics& diagnostics);

/// Readers that several of the files above use.
[[nodiscard]] std::optional<std::string> read_aws_name(const Node& node,
                                                       sim::Diagnostics& diagnostics);
[[nodiscard]] std::optional<std::string> read_path(const Node& node, sim::Diagnostics& diagnostics);
[[nodiscard]] std::optional<std::string> read_method(const Node& node,
                                                     sim::Diagnostics& diagnostics);
/// The whole file; of one that is larger than `limit`, enough to tell. Throws FileError.
[[nodiscard]] std::string read_file(const std::string& path, std::size_t limit);

}  // namespace hoplab::scenarios
