// What every fault is: a change of the world between two instants.
//
//   waiting --at:--> acting --for: is over--> healed
//                      |
//                      +-- meet(task), for each task of the target that starts meanwhile
//
// Faults overlap in any order, also two of one kind on one target. So a fault remembers what it did
// and takes back just that: it adds and removes (delays, losses, bugs, rates), or counts how many
// want a thing gone (Revocations); it never writes down a value to be restored.
//
// To add one: a file with a function that returns its row, a line below, a line in registry.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/app/application.hpp"
#include "models/ec2/instance.hpp"
#include "models/faults/control_planes.hpp"
#include "models/faults/revocations.hpp"
#include "models/vpc/network.hpp"
#include "models/vpc/path.hpp"
#include "models/vpc/security_group.hpp"
#include "scenarios/schema/load.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::faults {

/// One task as a fault may touch it. It stays good to the end of the run, and so do its processes:
/// a container that is started anew has a new application, so keep the application that was
/// changed, not the task.
class TaskHandle {
 public:
  virtual ~TaskHandle() = default;
  [[nodiscard]] virtual const std::string& service() const = 0;
  /// The service of the file whose program it runs: its own but for what a deployment brought.
  [[nodiscard]] virtual const std::string& version() const = 0;
  /// lastStatus is RUNNING, and its application answers.
  [[nodiscard]] virtual bool is_running() const = 0;
  [[nodiscard]] virtual vpc::Interface& interface() = 0;
  /// The task's control group, where all its containers share its quota.
  [[nodiscard]] virtual sim::CpuShare::GroupId cpu_group() const = 0;
  [[nodiscard]] virtual app::Application& application() = 0;
  [[nodiscard]] virtual ec2::Instance& instance() = 0;
  [[nodiscard]] virtual const std::vector<vpc::GroupRef>& security_groups() const = 0;
  /// The container's main process ends with this code, now.
  virtual void exit_container(std::string_view container, int exit_code) = 0;
  /// The container's main process gets this signal; as PID 1 without a handler it ignores SIGTERM.
  /// SIGSTOP and SIGCONT are felt by the application and by Envoy.
  virtual void signal_process(std::string_view container, int signal) = 0;
  /// The application's process, which is about to be started, cannot be run (126, 127).
  virtual void fail_start(int exit_code) = 0;
  /// Somebody calls StopTask with this reason.
  virtual void stop(std::string_view reason) = 0;
};

/// The world as a fault may touch it: its public handles, nothing else. A fault changes the world
/// through them and returns; what telemetry shows follows from the mechanics.
class Controls {
 public:
  virtual ~Controls() = default;
  /// The target's tasks; where `count` is given, the first so many of those that run (and only when
  /// these are too few, dead ones too); where an experiment's target selects, those that it picks
  /// of the running ones.
  [[nodiscard]] virtual std::vector<TaskHandle*> tasks(const scenarios::Fault& fault) = 0;
  /// Those that the target names: a host; the hosts of a service's tasks, each once; all of a
  /// subnet, a zone, the cluster; or what an experiment's target picks.
  [[nodiscard]] virtual std::vector<ec2::Instance*> instances(const scenarios::Fault& fault) = 0;
  /// The pairs of instances that a link "a->b" joins.
  [[nodiscard]] virtual std::vector<std::pair<ec2::Instance*, ec2::Instance*>> links(
      const scenarios::Fault& fault) = 0;
  [[nodiscard]] virtual vpc::SecurityGroups& security_groups() = 0;
  [[nodiscard]] virtual Revocations& revocations() = 0;
  [[nodiscard]] virtual vpc::Network& vpc_network() = 0;
  /// Operators can now see the changed rules.
  virtual void publish_security_groups() = 0;
  /// The same of network ACLs and route tables.
  virtual void publish_subnet_rules() = 0;
  [[nodiscard]] virtual sim::Engine& sim_engine() = 0;
  [[nodiscard]] virtual sim::Platform& platform() = 0;
  [[nodiscard]] virtual vpc::Paths& paths() = 0;
  [[nodiscard]] virtual ControlPlanes& control_planes() = 0;
};

class Fault {
 public:
  virtual ~Fault() = default;
  virtual void inject(Controls& world) = 0;
  /// Called at the end of `for:`, if there is one.
  virtual void heal(Controls& world) = 0;
  /// While the fault acts, a task of its target has started (in place of one that stopped, say).
  /// Not called where `count` or a selection picked tasks: theirs are picked once.
  virtual void meet(Controls& /*world*/, TaskHandle& /*task*/) {}
  /// As meet(), earlier: the task has its network interface, and no process yet.
  virtual void meet_interface(Controls& /*world*/, vpc::Interface& /*interface*/) {}
};

/// The fault that `spec.action` names. The spec has been checked against the catalogue.
[[nodiscard]] std::unique_ptr<Fault> make_fault(const scenarios::Fault& spec);

/// What the target of such a fault names.
[[nodiscard]] scenarios::FaultAction::Target target_kind(const scenarios::Fault& spec);

// The value of a parameter, or its default from the catalogue's row.
[[nodiscard]] std::string text_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] int integer_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] sim::Duration duration_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] sim::Bytes bytes_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] sim::Ratio ratio_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] bool boolean_parameter(const scenarios::Fault& spec, std::string_view name);

/// The parameter `share`: which part of the requests a code fault hits.
[[nodiscard]] scenarios::FaultAction::Parameter share_of_requests();

/// An optional whole number; `default_value` "" where there is none.
struct WholeNumbers {
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
};
[[nodiscard]] scenarios::FaultAction::Parameter whole_number(std::string name,
                                                             std::string default_value,
                                                             std::string meaning,
                                                             WholeNumbers range);

/// One row: what people read, and how to make it.
struct FaultKind {
  scenarios::FaultAction action;
  std::unique_ptr<Fault> (*make)(const scenarios::Fault& spec);
};

// Each in a file of its own.
[[nodiscard]] FaultKind revoke_security_group_ingress();
[[nodiscard]] FaultKind container_exit();
[[nodiscard]] FaultKind infinite_loop();
[[nodiscard]] FaultKind hang();
[[nodiscard]] FaultKind slow_responses();
[[nodiscard]] FaultKind failing_responses();
[[nodiscard]] FaultKind broken_responses();
[[nodiscard]] FaultKind wrong_answer();
[[nodiscard]] FaultKind memory_leak();
[[nodiscard]] FaultKind oom_kill();
[[nodiscard]] FaultKind stop_task();
[[nodiscard]] FaultKind cpu_stress();
[[nodiscard]] FaultKind task_cpu_stress();
[[nodiscard]] FaultKind ssm_cpu_stress();
[[nodiscard]] FaultKind ssm_memory_stress();
[[nodiscard]] FaultKind memory_pressure();
[[nodiscard]] FaultKind link_latency();
[[nodiscard]] FaultKind link_loss();
[[nodiscard]] FaultKind crash_on_start();
[[nodiscard]] FaultKind image_pull_failure();
[[nodiscard]] FaultKind update_route();
[[nodiscard]] FaultKind update_service();
[[nodiscard]] FaultKind drain_container_instances();
[[nodiscard]] FaultKind agent_disconnect();
[[nodiscard]] FaultKind terminate_instances();
[[nodiscard]] FaultKind stop_instances();
[[nodiscard]] FaultKind reboot_instances();
[[nodiscard]] FaultKind task_kill_process();
[[nodiscard]] FaultKind stale_endpoint();
[[nodiscard]] FaultKind control_plane_outage();
[[nodiscard]] FaultKind link_bandwidth();
[[nodiscard]] FaultKind replace_network_acl_entry();
[[nodiscard]] FaultKind route_blackhole();
[[nodiscard]] FaultKind disrupt_connectivity();
[[nodiscard]] FaultKind availability_zone_outage();
[[nodiscard]] FaultKind task_network_latency();
[[nodiscard]] FaultKind task_network_packet_loss();
[[nodiscard]] FaultKind task_network_blackhole_port();
[[nodiscard]] FaultKind resolver_outage();
[[nodiscard]] FaultKind power_loss();
[[nodiscard]] FaultKind ssm_network_latency();
[[nodiscard]] FaultKind ssm_network_latency_sources();
[[nodiscard]] FaultKind ssm_network_packet_loss();
[[nodiscard]] FaultKind ssm_network_packet_loss_sources();
[[nodiscard]] FaultKind ssm_network_blackhole_port();

}  // namespace hoplab::models::faults
