// One ECS task: its containers, its life cycle, and what ECS says of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/ecs/identity.hpp"
#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/sink.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"
#include "sim/random.hpp"

namespace hoplab::models::ecs {

inline constexpr int exit_code_sigkill = 137;
/// Source: ECS agent, agent/dockerclient/dockerapi/errors.go (Docker's State.OOMKilled).
inline constexpr std::string_view out_of_memory_reason =
    "OutOfMemoryError: Container killed due to memory usage";

/// What the task's processes must do; whoever runs them implements it.
class TaskProcesses {
 public:
  virtual ~TaskProcesses() = default;
  /// SIGKILL: the process is gone now; sockets close, buffers are lost.
  virtual void kill(std::string_view container) = 0;
  /// The process ends in good order: it flushes what it holds, then exits.
  virtual void exit_cleanly(std::string_view container) = 0;
  /// The network interface is detached: silence from now on.
  virtual void detach_interface() = 0;
};

struct TaskSpec {
  std::string service;
  int index = 0;
  const scenarios::TaskDefinition* definition = nullptr;
  vpc::Ipv4 address;
  std::string host_name;
  std::string instance_type;
  std::string subnet_id;
  std::string availability_zone;
  telemetry::HostClock clock;
};

/// lastStatus, in the order of a life.
enum class TaskStatus { running, deactivating, stopping, deprovisioning, stopped };
[[nodiscard]] std::string_view to_string(TaskStatus status);

struct ContainerState {
  const scenarios::ContainerDefinition* definition = nullptr;
  bool is_running = true;
  int exit_code = 0;
  std::string reason;
};

/// A task that was RUNNING when the run began.
///
/// When an essential container ends, or somebody calls StopTask, ECS stops the task: DEACTIVATING,
/// then within a second STOPPING with SIGTERM to the other containers. AWS's sidecars exit 0 at
/// once; an Envoy drains for 20 s and exits 0; an application, which runs as PID 1 without a
/// handler, ignores SIGTERM and is killed at stopTimeout with 137. When all have ended:
/// DEPROVISIONING for 5 to 15 s, the interface goes, STOPPED. Each change of the task or of a
/// container writes an EventBridge event and a DescribeTasks object.
///
/// Source: ECS Developer Guide "task lifecycle" and "task state change events"; drain time of the
///         App Mesh image, LISTENER_DRAIN_WAIT_TIME_S (20, or 5 to 110 by its environment).
///         Assumed: the length of DEACTIVATING and DEPROVISIONING, which AWS does not publish.
/// Limits: nothing replaces the task; dependsOn orders no stop; images older than the agent (v1.15)
///         drain too.
class Task {
 public:
  Task(sim::Engine& engine, telemetry::Sink& sink, const Identity& identity, TaskSpec spec,
       TaskProcesses& processes);
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// Tells what ECS knows of the task at the start.
  void announce();
  /// The main process of a container has ended by itself. Harmless if it had ended before.
  void container_exited(std::string_view container, int exit_code, std::string_view reason = "");
  /// StopTask. Harmless for a task that stops already.
  void stop_for_user(std::string_view reason);
  [[nodiscard]] bool container_is_running(std::string_view container) const;
  /// lastStatus is RUNNING.
  [[nodiscard]] bool is_running() const { return status_ == TaskStatus::running; }
  [[nodiscard]] bool has_container(std::string_view container) const;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::string container_arn(std::string_view container) const;
  [[nodiscard]] telemetry::FireLensMetadata firelens_metadata(std::string_view container) const;

 private:
  friend class TaskDocument;
  [[nodiscard]] ContainerState* find(std::string_view container);
  void begin_stop(std::string_view stop_code, std::string_view reason);
  void deliver_sigterm();
  void exit_cleanly(ContainerState& state);
  void kill(ContainerState& state);
  void mark_ended(ContainerState& state, int exit_code);
  void deprovision();
  void change_status(TaskStatus status);
  void tell();

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  const Identity& identity_;
  TaskSpec spec_;
  TaskProcesses& processes_;
  std::string name_;  ///< "task/b/0": what its ids are hashes of.
  std::string id_;
  sim::Rng rng_;
  TaskStatus status_ = TaskStatus::running;
  std::vector<ContainerState> containers_;  ///< As defined; never resized after construction.
  int version_ = 4;  ///< PROVISIONING, PENDING, ACTIVATING, RUNNING: the fourth.
  std::string stop_code_;
  std::string stopped_reason_;
  sim::WallTime stopping_at_{};
  sim::WallTime execution_stopped_at_{};
  sim::WallTime stopped_at_{};
};

}  // namespace hoplab::models::ecs
