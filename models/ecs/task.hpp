// One ECS task: its containers, its life cycle, and what ECS says of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/ecs/container.hpp"
#include "models/ecs/identity.hpp"
#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/sink.hpp"
#include "scenarios/schema/spec.hpp"
#include "scenarios/schema/timings.hpp"
#include "sim/engine.hpp"
#include "sim/random.hpp"

namespace hoplab::models::ecs {

/// What became of the order to run a container's main process.
struct StartResult {
  bool has_started = true;
  std::optional<int> exit_code;  ///< Of a start that failed.
  std::string reason;            ///< "CannotStartContainerError: ...".
};

/// What the task's processes must do; whoever runs them implements it.
class TaskProcesses {
 public:
  virtual ~TaskProcesses() = default;
  /// The network interface is there.
  virtual void attach_interface() {}
  /// Fetching the images; an error is a reason ("CannotPullContainerError: ...").
  virtual std::string pull() { return {}; }
  /// Runs the main process.
  virtual StartResult start(std::string_view /*container*/) { return {}; }
  /// SIGKILL: the process is gone now; sockets close, buffers are lost.
  virtual void kill(std::string_view container) = 0;
  /// The process ends in good order: it flushes what it holds, then exits.
  virtual void exit_cleanly(std::string_view container) = 0;
  /// SIGTERM to a process that will end in good order a while later.
  virtual void begin_drain(std::string_view /*container*/) {}
  /// It is stopped (SIGSTOP): of all signals only SIGKILL does anything to it.
  [[nodiscard]] virtual bool stands_still(std::string_view /*container*/) { return false; }
  /// SIGTERM to one that stands still: it gets it when it goes on.
  virtual void keep_sigterm(std::string_view /*container*/) {}
  /// Nothing that it has begun is still open.
  [[nodiscard]] virtual bool is_idle(std::string_view /*container*/) { return true; }
  /// Runs the health check's command; answers through `check`, or never.
  virtual void probe(std::string_view /*container*/, HealthCheck& check, std::uint64_t number) {
    check.answer(number, true);
  }
  /// The command of the probe is killed.
  virtual void abandon_probe(std::string_view /*container*/) {}
  /// The network interface is detached: silence from now on.
  virtual void detach_interface() = 0;
};

struct TaskSpec {
  std::string service;
  int index = 0;  ///< Of the service's tasks, in order of their making.
  const scenarios::TaskDefinition* definition = nullptr;
  vpc::Ipv4 address;
  std::string host_name;
  std::string instance_type;
  std::string subnet_id;
  std::string availability_zone;
  telemetry::HostClock clock;
  std::string started_by = {};     ///< Id of its deployment; empty: the service's first one.
  std::string app_container = {};  ///< Empty: none that `on_sigterm` would be about.
  scenarios::OnSigterm on_sigterm = scenarios::OnSigterm::ignores;
  scenarios::EcsTimings timings = scenarios::default_ecs_timings();
  bool envoy_drains = true;  ///< Its supervisor does; an image without one exits at once.
  bool is_telling = true;    ///< Somebody wants its events and descriptions.
};

/// lastStatus, in the order of a life.
enum class TaskStatus : std::uint8_t {
  provisioning,
  pending,
  activating,
  running,
  deactivating,
  stopping,
  deprovisioning,
  stopped
};
[[nodiscard]] std::string_view to_string(TaskStatus status);

class Task;

/// The control plane's side of a task: service discovery, the service scheduler.
class TaskListener {
 public:
  virtual ~TaskListener() = default;
  virtual void on_task_status(Task& task) = 0;
  virtual void on_task_health(Task& task) = 0;
};

/// A task, from its launch (or from RUNNING, when the run begins with it) to its end.
///
///   PROVISIONING -> PENDING -> ACTIVATING -> RUNNING -> DEACTIVATING -> STOPPING
///    interface       images,    registered              deregistered     SIGTERM, SIGKILL
///                    containers                                             |
///                    by dependsOn                       STOPPED <- DEPROVISIONING
///                                                                   interface goes
///
/// When an essential container ends, or somebody stops the task, it is deregistered and within a
/// second the containers get SIGTERM: dependents first, each one after those that depend on it. The
/// sidecars of AWS exit 0 at once; an Envoy drains for 20 s and exits 0; an application does as
/// `on_sigterm` says (as PID 1 without a handler it ignores the signal); what still runs at its
/// stopTimeout (30 s) is killed: 137. A task that was never registered skips DEACTIVATING. Each
/// change of the task or of a container writes an EventBridge event and a DescribeTasks object.
///
/// While the agent is disconnected the processes live on, and ECS neither hears of what happens to
/// them nor can it tell them anything: both are made up for at the reconnection.
///
/// Source: ECS Developer Guide "task lifecycle" and "task state change events"; ECS agent
///         (dependency graph, stop order); drain time of the App Mesh image,
///         LISTENER_DRAIN_WAIT_TIME_S (20, or 5 to 110 by its environment).
///         Assumed: the length of each state (EcsTimings), which AWS does not publish.
class Task final : private HealthCheckUser {
 public:
  Task(sim::Engine& engine, telemetry::Sink& sink, const Identity& identity, TaskSpec spec,
       TaskProcesses& processes, TaskListener* listener = nullptr);
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// It is RUNNING when the run begins: tells what ECS knows of it, and its health checks go on.
  void announce();
  /// It is new: begins its life. `images_are_cached`: its host has them.
  void launch(bool images_are_cached);
  /// The main process of a container has ended by itself. Harmless if it had ended before.
  void container_exited(std::string_view container, int exit_code, std::string_view reason = "");
  /// ECS wants it stopped. Harmless for a task that stops already.
  void stop(std::string_view stop_code, std::string_view reason);
  /// StopTask.
  void stop_for_user(std::string_view reason) { stop("UserInitiated", reason); }
  /// Its machine is gone for good: there is nobody left to stop.
  void lose(std::string_view reason);
  /// Whether the agent of its host talks to ECS.
  void set_connected(bool is_connected);
  /// It does not, and ECS will notice so long after; until then it says what it knows now. The
  /// notice and the end are set_connected().
  void lose_contact(sim::Duration until_noticed);

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  [[nodiscard]] bool container_is_running(std::string_view container) const;
  [[nodiscard]] TaskStatus status() const { return status_; }
  /// lastStatus is RUNNING.
  [[nodiscard]] bool is_running() const { return status_ == TaskStatus::running; }
  /// ECS wants it to run.
  [[nodiscard]] bool is_wanted() const { return stop_code_.empty(); }
  [[nodiscard]] bool has_reached_running() const { return has_reached_running_; }
  /// UNHEALTHY if an essential container is, HEALTHY if all checked essential ones are.
  [[nodiscard]] Health health() const;
  [[nodiscard]] bool has_health_check() const;
  [[nodiscard]] bool has_container(std::string_view container) const;
  [[nodiscard]] sim::SimTime started_at() const { return started_; }

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const TaskSpec& spec() const { return spec_; }
  /// Docker's id of a container: 64 hex digits.
  [[nodiscard]] std::string runtime_id(std::string_view container) const;
  struct Instants {
    sim::WallTime created;
    sim::WallTime pull_started;
    sim::WallTime pull_stopped;
    sim::WallTime started;
  };
  /// Those that have not come are the epoch.
  [[nodiscard]] Instants instants() const {
    return {created_at_, pull_started_at_, pull_stopped_at_, started_at_};
  }
  /// "eni-0...": of its network interface.
  [[nodiscard]] std::string interface_id() const {
    return "eni-0" + identity_.hex("eni/" + name_, 16);
  }
  [[nodiscard]] const std::string& stop_code() const { return stop_code_; }
  [[nodiscard]] const std::string& stopped_reason() const { return stopped_reason_; }
  [[nodiscard]] std::string container_arn(std::string_view container) const;
  [[nodiscard]] telemetry::FireLensMetadata firelens_metadata(std::string_view container) const;

 private:
  friend class TaskDocument;
  [[nodiscard]] Container* find(std::string_view container);
  [[nodiscard]] Container& of(const HealthCheck& check);
  void begin_probe(HealthCheck& check, std::uint64_t number) override;
  void abandon_probe(HealthCheck& check) override;
  void on_health_changed(HealthCheck& check) override;

  // Its beginning.
  void on_provisioned();
  void on_pulled();
  void start_ready_containers();
  [[nodiscard]] bool start_ready_container(Container& container);
  void run(Container& container);
  void fail_to_start(Container& container, std::optional<int> exit_code, std::string reason);
  void on_activated();

  // Its end.
  void begin_stop(std::string_view stop_code, std::string_view reason);
  void deliver_sigterm();
  void signal_next();
  void signal(Container& container);
  void wait_for_idle(Container& container);
  void end(Container& container, int exit_code);
  void exit_cleanly(Container& container);
  void kill(Container& container);
  void mark_ended(Container& container, int exit_code);
  [[nodiscard]] bool restarts(const Container& container, int exit_code) const;
  void deprovision();
  void on_deprovisioned();

  void change_status(TaskStatus status);
  struct Telling {
    std::string event;
    std::string description;
  };
  void tell();
  void call_connected(bool is_connected);
  [[nodiscard]] Telling connectivity(bool is_connected, sim::WallTime now);
  [[nodiscard]] sim::WallTime wall_now() const;
  void after(const scenarios::Distribution& time, sim::Callback next);

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  const Identity& identity_;
  TaskSpec spec_;
  TaskProcesses& processes_;
  TaskListener* listener_;
  std::string name_;  ///< "task/b/0": what its ids are hashes of.
  std::string id_;
  sim::Rng rng_;
  TaskStatus status_ = TaskStatus::running;
  std::vector<Container> containers_;  ///< As defined; never resized after construction.
  sim::EventId next_step_;             ///< Of its beginning; a stop cancels it.
  bool images_are_cached_ = true;
  bool has_reached_running_ = true;
  bool is_connected_ = true;
  bool is_called_connected_ = true;  ///< What ECS says of it.
  std::optional<Telling> notice_;    ///< That it is disconnected, made when contact was lost.
  bool has_untold_change_ = false;
  struct Stop {
    std::string code;
    std::string reason;
  };
  std::optional<Stop> stop_to_deliver_;  ///< At the reconnection.
  int version_ = 4;  ///< PROVISIONING, PENDING, ACTIVATING, RUNNING: the fourth.
  std::string stop_code_;
  std::string stopped_reason_;
  sim::SimTime started_{};
  sim::WallTime created_at_{};
  sim::WallTime connectivity_at_{};
  sim::WallTime pull_started_at_{};
  sim::WallTime pull_stopped_at_{};
  sim::WallTime started_at_{};
  sim::WallTime stopping_at_{};
  sim::WallTime execution_stopped_at_{};
  sim::WallTime stopped_at_{};
};

}  // namespace hoplab::models::ecs
