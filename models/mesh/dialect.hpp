// What differs between those who configure Envoys: names, defaults, documents. One class a mesh.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/envoy/config.hpp"
#include "models/envoy/stat_pages.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::mesh {

/// A kind of document ("virtual-nodes") and one of them.
using Documents = std::vector<std::pair<std::string, std::string>>;

/// What DescribeServices tells of a service's part in the mesh, JSON each; empty: nothing.
struct ServiceWords {
  std::string configuration;
  std::string resources;
};

/// A mesh in its own words. Services and virtual services are those of the scenario it was made
/// for, as they are now.
class Dialect {
 public:
  virtual ~Dialect() = default;

  /// What its own Envoy calls the cluster of a task's application, what callers' Envoys call the
  /// cluster of a service's tasks, and what all call that of the way past the mesh.
  [[nodiscard]] virtual std::string ingress_cluster(const scenarios::Service& service) const = 0;
  [[nodiscard]] virtual std::string egress_cluster(const scenarios::Service& service) const = 0;
  [[nodiscard]] virtual std::string pass_through_cluster() const = 0;
  /// Clusters that every Envoy has and nothing that is simulated goes to, but for that way.
  [[nodiscard]] virtual std::vector<std::string> idle_clusters() const = 0;
  /// For the agent's metrics extension: a target, and the name it is called by.
  [[nodiscard]] virtual std::string target_node(const scenarios::Service& service) const = 0;
  [[nodiscard]] virtual std::string target_service(
      const scenarios::VirtualService& service) const = 0;
  /// Of a route that says nothing; absent: none.
  [[nodiscard]] virtual std::optional<envoy::RetryPolicy> default_retries() const = 0;

  /// The `node.id` of a service's Envoys.
  [[nodiscard]] virtual std::string node_id(const scenarios::Service& service) const = 0;
  /// `with_extension`: its agent's metrics extension is on.
  [[nodiscard]] virtual envoy::StatTags stat_tags(const scenarios::Service& service,
                                                  bool with_extension) const = 0;
  /// Whether that extension is on whatever anybody says.
  [[nodiscard]] virtual bool always_extends_metrics() const = 0;
  /// Whether its Envoys trace, and send statistics to an agent of the task.
  [[nodiscard]] virtual bool has_tracer() const = 0;
  [[nodiscard]] virtual bool has_statsd() const = 0;

  [[nodiscard]] virtual ServiceWords describe(const scenarios::Service& service) const = 0;
  /// What the APIs tell of the mesh as `scenario` has it.
  [[nodiscard]] virtual Documents describe(const scenarios::Scenario& scenario) const = 0;
};

}  // namespace hoplab::models::mesh
