// The scheduler of one ECS service: keeps the desired count, rolls out deployments.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/ecs/cluster.hpp"
#include "models/ecs/deployment.hpp"
#include "models/ecs/task.hpp"

namespace hoplab::models::ecs {

/// Who makes tasks: the world.
class Launcher {
 public:
  virtual ~Launcher() = default;
  /// A new task of the service on that instance; it has begun its life.
  virtual Task& launch(const std::string& service, const Deployment& deployment,
                       ContainerInstance& instance) = 0;
};

/// What UpdateService may change.
struct ServiceUpdate {
  std::optional<int> desired_count;
  const Revision* revision = nullptr;  ///< Null: as it is.
  bool force_new_deployment = false;
};

/// Looks at its tasks a moment after something has changed and does what is missing:
///
///   1. a task of the primary deployment for each one that is wanted and not there, as far as
///      maximumPercent, placement and the throttle of failed starts allow;
///   2. a task that is unhealthy (after the grace period) is stopped once its replacement runs, or
///      at once where maximumPercent leaves no room for one;
///   3. tasks of older deployments are stopped as far as minimumHealthyPercent allows; then tasks
///      beyond the desired count, from the zone that has most;
///   4. when all is as wanted, the deployment is completed and the service steady.
///
/// A task that stops for whatever reason is replaced. One that never reached RUNNING counts as a
/// failed start: the next one waits (throttle), and the circuit breaker counts it; of tasks that
/// did, it counts those that fail their health checks until one has passed. Tasks that reach
/// RUNNING and die are replaced without any throttle.
///
/// Source: ECS Developer Guide, "service scheduler", "rolling update", "deployment circuit
///         breaker", "service throttle logic", "service event messages".
///         Assumed: 2 s from a change to ECS's reaction; 15 s between attempts to place a task.
/// Limits: REPLICA services with rolling updates; no auto scaling, no availability zone
///         rebalancing.
class ServiceScheduler final : public TaskListener {
 public:
  struct Parts {
    sim::Engine& engine;
    telemetry::Sink& sink;
    const Identity& identity;
    Cluster& cluster;
    Launcher& launcher;
    sim::WallTime zero;
    bool is_telling = true;
    /// Ids: where its tasks may stand, and what guards them.
    std::vector<std::string> subnets = {};
    std::vector<std::string> security_groups = {};
    /// Of its deployments, JSON; empty without Service Connect.
    std::string connect_configuration = {};
    std::string connect_resources = {};
  };
  ServiceScheduler(const Parts& parts, const scenarios::Service& service, const Revision& revision);
  ServiceScheduler(const ServiceScheduler&) = delete;
  ServiceScheduler& operator=(const ServiceScheduler&) = delete;

  /// A task of the first deployment that runs when the run begins.
  void adopt(Task& task, ContainerInstance& instance);
  /// All tasks are there (or, cold, none is): from now on it acts, and tells what it knows.
  void start(bool is_cold);
  /// UpdateService.
  void update(const ServiceUpdate& update);
  /// Back to what ran before the primary deployment. False where nothing did.
  bool roll_back();
  /// Something of the cluster has changed (an instance drains, an agent is back).
  void look_again() { look_after(reaction); }

  void on_task_status(Task& task) override;
  void on_task_health(Task& task) override;

  [[nodiscard]] const std::deque<Deployment>& deployments() const { return deployments_; }
  [[nodiscard]] int desired_count() const { return desired_; }
  [[nodiscard]] bool is_steady() const { return is_steady_; }
  [[nodiscard]] const std::string& name() const { return service_.name; }
  /// Of the tasks that ECS wants.
  struct TaskCounts {
    int running = 0;
    int pending = 0;
  };
  [[nodiscard]] TaskCounts task_counts() const;

  static constexpr sim::Duration reaction = std::chrono::seconds(2);
  static constexpr sim::Duration placement_retry = std::chrono::seconds(15);

 private:
  friend class ServiceDocument;
  struct Member {
    Task* task = nullptr;
    ContainerInstance* instance = nullptr;
    Resources resources;
    std::string deployment;
    TaskStatus counted_as = TaskStatus::stopped;  ///< In the instance's counts.
    bool is_leaving = false;                      ///< ECS wants it no more, and we know.
    bool has_failed = false;                      ///< The deployment has counted it.
    bool is_forgotten = false;                    ///< STOPPED, its resources given back.
  };
  struct Event {
    std::string id;
    sim::WallTime at;
    std::string message;
  };
  /// A look at the members.
  struct Counts {
    int wanted = 0;           ///< All that ECS wants to run, starting ones too.
    int usable = 0;           ///< RUNNING, and healthy where there is a health check.
    int primary = 0;          ///< Wanted, of the primary deployment, not unhealthy, not draining.
    int primary_running = 0;  ///< Of these, usable ones.
    int old = 0;              ///< Wanted, of older deployments.
  };

  void look();
  void look_after(sim::Duration delay);
  [[nodiscard]] Counts count() const;
  [[nodiscard]] bool is_usable(const Member& member) const;
  [[nodiscard]] bool is_failing(const Member& member) const;
  [[nodiscard]] bool must_go(const Member& member) const;
  void start_missing(const Counts& counts);
  void stop_unhealthy();
  void stop_drained();
  void stop_old();
  void scale_in();
  void stop_members(const std::vector<Member*>& members, std::string_view reason);
  void settle();
  void complain_of_deadlock(const Counts& counts);
  void complain_of_placement(const Placed& placed);

  void on_stopped(Member& member);
  void count_failure(Member& member, std::string_view why);
  void trip(Deployment& deployment, std::string_view why);
  void roll_back_to_completed();
  void begin_deployment(const Revision& revision, std::string reason, bool is_rollback);
  void deployment_event(const Deployment& deployment, std::string_view type, std::string_view name,
                        const std::string& reason);
  void service_action(std::string_view type, std::string_view name, const std::string& reason = "");
  void say(const std::string& message);
  void tell();
  void count_on_instance(Member& member);
  [[nodiscard]] Deployment& primary() { return deployments_.front(); }
  [[nodiscard]] const Deployment& primary() const { return deployments_.front(); }
  [[nodiscard]] Deployment* find_deployment(const std::string& id);
  [[nodiscard]] Member* find(const Task& task);
  [[nodiscard]] sim::WallTime now() const;

  Parts parts_;
  const scenarios::Service& service_;
  sim::Rng rng_;
  int desired_ = 0;
  std::deque<Deployment> deployments_;    ///< Newest first; never empty.
  std::vector<const Revision*> history_;  ///< Of completed deployments, oldest first.
  int deployments_made_ = 1;
  std::deque<Member> members_;  ///< In order of their making.
  std::map<std::string, Member*, std::less<>> by_task_id_;
  std::map<std::string, int> tasks_by_host_;
  std::deque<Event> events_;  ///< Newest first, at most 100.
  int events_made_ = 0;
  bool is_acting_ = false;
  bool is_steady_ = true;
  sim::EventId next_look_;
  sim::SimTime next_look_at_{};
  int failures_in_a_row_ = 0;
  sim::SimTime may_start_at_{};
  std::string last_told_;
  std::string placement_complaint_;  ///< Said once until a task has been placed.
};

/// The `services[]` element of a DescribeServices answer.
class ServiceDocument {
 public:
  explicit ServiceDocument(const ServiceScheduler& scheduler) : scheduler_(scheduler) {}
  [[nodiscard]] std::string describe_services() const;

 private:
  const ServiceScheduler& scheduler_;
};

}  // namespace hoplab::models::ecs
