// What every fault is: a change of the world between two instants.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/app/application.hpp"
#include "models/ec2/instance.hpp"
#include "models/vpc/path.hpp"
#include "models/vpc/security_group.hpp"
#include "scenarios/schema/load.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::faults {

/// One task as a fault may touch it.
class TaskHandle {
 public:
  virtual ~TaskHandle() = default;
  [[nodiscard]] virtual app::Application& application() = 0;
  [[nodiscard]] virtual ec2::Instance& instance() = 0;
  [[nodiscard]] virtual const std::vector<vpc::GroupRef>& security_groups() const = 0;
  /// The container's main process ends with this code, now.
  virtual void exit_container(std::string_view container, int exit_code) = 0;
  /// Somebody calls StopTask with this reason.
  virtual void stop(std::string_view reason) = 0;
};

/// The world as a fault may touch it: its public handles, nothing else. A fault changes the world
/// through them and returns; what telemetry shows follows from the mechanics.
class Controls {
 public:
  virtual ~Controls() = default;
  /// The target's tasks; where `count` is given, the first so many of those that run (and only when
  /// these are too few, dead ones too).
  [[nodiscard]] virtual std::vector<TaskHandle*> tasks(const scenarios::Fault& fault) = 0;
  /// The target's instance when the target names a host, else those of the target's tasks, each
  /// once.
  [[nodiscard]] virtual std::vector<ec2::Instance*> instances(const scenarios::Fault& fault) = 0;
  /// The pairs of instances that a link "a->b" joins.
  [[nodiscard]] virtual std::vector<std::pair<ec2::Instance*, ec2::Instance*>> links(
      const scenarios::Fault& fault) = 0;
  [[nodiscard]] virtual vpc::SecurityGroups& security_groups() = 0;
  /// Operators can now see the changed rules.
  virtual void publish_security_groups() = 0;
  [[nodiscard]] virtual sim::Platform& platform() = 0;
  [[nodiscard]] virtual vpc::Paths& paths() = 0;
};

class Fault {
 public:
  virtual ~Fault() = default;
  virtual void inject(Controls& world) = 0;
  /// Called at the end of `for:`, if there is one.
  virtual void heal(Controls& world) = 0;
};

/// The fault that `spec.action` names. The spec has been checked against the catalogue.
[[nodiscard]] std::unique_ptr<Fault> make_fault(const scenarios::Fault& spec);

// The value of a parameter, or its default from the catalogue's row.
[[nodiscard]] std::string text_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] int integer_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] sim::Duration duration_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] sim::Bytes bytes_parameter(const scenarios::Fault& spec, std::string_view name);
[[nodiscard]] sim::Ratio ratio_parameter(const scenarios::Fault& spec, std::string_view name);

/// The parameter `share`: which part of the requests a code fault hits.
[[nodiscard]] scenarios::FaultAction::Parameter share_of_requests();

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
[[nodiscard]] FaultKind wrong_answer();
[[nodiscard]] FaultKind memory_leak();
[[nodiscard]] FaultKind oom_kill();
[[nodiscard]] FaultKind stop_task();
[[nodiscard]] FaultKind cpu_stress();
[[nodiscard]] FaultKind link_latency();
[[nodiscard]] FaultKind link_loss();

}  // namespace hoplab::models::faults
