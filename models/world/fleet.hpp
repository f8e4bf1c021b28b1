// The tasks of a world: those it begins with, those that ECS starts later, and all that has to
// know of them: the schedulers, the cluster, Cloud Map, App Mesh.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/cloudmap/registry.hpp"
#include "models/ecs/cluster.hpp"
#include "models/ecs/service_scheduler.hpp"
#include "models/ecs/utilization.hpp"
#include "models/faults/control_planes.hpp"
#include "models/mesh/control_plane.hpp"
#include "models/serviceconnect/metrics.hpp"
#include "models/task_runtime.hpp"
#include "models/vpc/build_groups.hpp"
#include "models/world/places.hpp"
#include "models/world/wiring.hpp"

namespace hoplab::models {

class Fleet final : public ecs::Launcher,
                    public faults::ControlPlanes,
                    private ecs::TaskListener,
                    private TaskCompany {
 public:
  struct Parts {
    Surroundings surroundings;
    Places& places;
    Wiring& wiring;
    const vpc::GroupsOfServices& groups;
    const vpc::SecurityGroups& security_groups;
    ecs::Utilization& utilization;
    /// A task has its network, and no process yet; its application has just been started: faults
    /// that are about may act on it.
    std::function<void(TaskRuntime&)> on_interface_attached;
    std::function<void(TaskRuntime&)> on_application_started;
  };
  explicit Fleet(Parts parts);
  ~Fleet() override;
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Makes every task that runs at the start, with its processes; none where the start is cold.
  void build();
  /// From now on the schedulers act.
  void start();

  [[nodiscard]] const std::vector<std::unique_ptr<TaskRuntime>>& tasks(
      const std::string& service) const;
  [[nodiscard]] const std::map<std::string, std::vector<std::unique_ptr<TaskRuntime>>>& all_tasks()
      const {
    return tasks_;
  }
  [[nodiscard]] ecs::ServiceScheduler& scheduler(const std::string& service);
  [[nodiscard]] cloudmap::Registry& registry() { return registry_; }
  [[nodiscard]] mesh::ControlPlane& control_plane() { return control_plane_; }
  [[nodiscard]] ecs::Cluster& cluster() { return cluster_; }

  /// What a service would run as that version: a service of the file whose program it takes (its
  /// behaviour and task definition), or a task definition of the file, "family" or
  /// "family:revision". Null for neither.
  [[nodiscard]] const ecs::Revision* revision(const std::string& service,
                                              const std::string& version);

  // faults::ControlPlanes
  void update_service(const std::string& service, std::optional<int> desired_count,
                      const std::string& version, bool force_new_deployment) override;
  void roll_back(const std::string& service) override;
  void set_draining(const ec2::Instance& instance, bool is_draining) override;
  void set_agent_connected(const ec2::Instance& instance, bool is_connected) override;
  void silence_agent(const ec2::Instance& instance) override;
  void lose_instance(const ec2::Instance& instance, const std::string& how) override;
  void bring_back_instance(const ec2::Instance& instance) override;
  void lose_power(const ec2::Instance& instance) override;
  void boot(const ec2::Instance& instance) override;
  void reboot_instance(const ec2::Instance& instance) override;
  void set_images_missing(const std::string& version, bool are_missing) override;
  std::map<std::string, std::uint32_t> set_weights(
      const std::string& virtual_service,
      const std::map<std::string, std::uint32_t>& weights) override;
  void set_control_plane_up(bool is_up) override;
  void set_records_frozen(const std::string& service, bool are_frozen) override;

  /// The interfaces behind these addresses, as they are now; null for what nobody has.
  [[nodiscard]] std::vector<vpc::Interface*> interfaces_at(
      const std::vector<vpc::Ipv4>& addresses) const;
  /// Where a client from outside finds a service; `on_change` hears of it within the TTL.
  [[nodiscard]] std::vector<vpc::Interface*> follow(
      const std::string& service, const std::string& client,
      std::function<void(std::vector<vpc::Interface*>)> on_change);

  void flush_logs();
  /// Of every Envoy that runs; `instant` names the files.
  void take_stats_snapshots(sim::Duration instant);

 private:
  class EnvoyLink;

  ecs::Task& launch(const std::string& service, const ecs::Deployment& deployment,
                    ecs::ContainerInstance& instance) override;
  void on_task_status(ecs::Task& task) override;
  void on_task_health(ecs::Task& task) override;
  std::vector<app::OutgoingCall> calls_of(TaskRuntime& task) override;
  std::string pull(TaskRuntime& task) override;
  std::vector<vpc::Ipv4> addresses_of(const std::string& host_name) override;
  void on_interface_attached(TaskRuntime& task) override;
  void on_application_started(TaskRuntime& task) override;
  void on_envoy_started(TaskRuntime& task) override;
  void on_envoy_gone(TaskRuntime& task) override;

  void build_revisions();
  void build_interfaces();
  void register_instances();
  void build_tasks();
  void connect_envoys();
  TaskRuntime& add_task(TaskPlan plan);
  [[nodiscard]] envoy::Snapshot configuration_of(TaskRuntime& task);
  /// With Service Connect a task knows the endpoints that were there when it was deployed: those of
  /// a service's later deployments know all.
  [[nodiscard]] scenarios::Service service_as_known_by(const TaskRuntime& task) const;
  [[nodiscard]] static std::vector<envoy::Endpoint> endpoints_of(
      const scenarios::Service& service, const std::vector<vpc::Ipv4>& addresses);
  [[nodiscard]] std::vector<vpc::Interface*> targets_of(const std::string& caller,
                                                        const std::string& virtual_service) const;
  [[nodiscard]] bool resolves_names() const;
  void follow_names();
  void follow_callees();
  void refresh_targets(const std::string& caller);
  void tell_instance(const ecs::ContainerInstance& instance, bool is_event);
  /// Its counts of tasks have changed; what is left of it, too, where it takes or loses one.
  void tell_task_change(ecs::ContainerInstance& instance, bool are_resources_changed);
  [[nodiscard]] std::vector<TaskRuntime*> tasks_on(const std::string& host);
  void end_containers(const ec2::Instance& instance);
  void look_again();
  // What the ECS agents read of Service Connect's proxies.
  void on_connect_minute();
  void publish_connect_metrics();
  void show_agent(const ec2::Instance& machine, bool is_connected);

  Parts parts_;
  sim::Engine& engine_;
  const scenarios::Scenario& scenario_;
  cloudmap::Registry registry_;
  mesh::ControlPlane control_plane_;
  ecs::Cluster cluster_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<ecs::Revision>> revisions_;
  std::map<std::string, std::unique_ptr<ecs::ServiceScheduler>> schedulers_;
  std::map<std::string, std::vector<vpc::Interface*>> first_interfaces_;  ///< By service.
  std::map<std::string, std::vector<std::unique_ptr<TaskRuntime>>> tasks_;
  std::map<std::string, TaskRuntime*> by_task_id_;
  std::set<std::string> missing_images_;         ///< By version.
  std::map<std::string, int> disconnections_;    ///< Of a machine's agent, by its name.
  std::map<std::string, sim::EventId> notices_;  ///< That heartbeats have been missed.
  std::set<std::string> registered_;  ///< Ids of the tasks that Cloud Map has been told of.
  std::map<std::string, std::unique_ptr<EnvoyLink>> links_;  ///< By task id.
  std::vector<std::unique_ptr<EnvoyLink>> former_links_;
  /// Of the names that Envoys look up: what the VPC's resolver answers now.
  std::map<std::string, std::vector<vpc::Ipv4>> known_names_;
  /// Without a mesh: what the resolver in front of a service's tasks knows of each callee.
  std::vector<std::unique_ptr<cloudmap::Resolver>> resolvers_;
  std::map<std::pair<std::string, std::string>, std::vector<vpc::Ipv4>> resolved_;
  scenarios::ControlPlaneTimings client_timings_;
  std::optional<serviceconnect::Metrics> connect_metrics_;
  sim::SimTime connect_metrics_told_{};
};

}  // namespace hoplab::models
