// CPU and memory as ECS publishes them: per service in CloudWatch, per task and container in
// Container Insights.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/ec2/instance.hpp"
#include "models/ecs/identity.hpp"
#include "models/telemetry/sink.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::ecs {

struct ContainerUsage {
  std::string name;
  std::string image;
  bool is_running = true;
  sim::Duration cpu_used{};  ///< Since it started.
  sim::CpuUnits cpu_reserved{0};
  sim::Bytes memory_used{0};
  sim::Bytes memory_reserved{0};
};

struct TaskUsage {
  bool is_running = true;  ///< lastStatus RUNNING: nothing is published of the others.
  std::vector<ContainerUsage> containers;
  /// CPU of what runs in the task's control group and is no container of its definition.
  sim::Duration cpu_beside{};
};

/// Facts of a task that do not change.
struct TaskFacts {
  std::string service;
  std::string task_id;
  std::string family;
  int revision = 1;
  std::string host_name;
  sim::CpuUnits cpu{1024};
  sim::Bytes memory{0};
  const ec2::Instance* instance = nullptr;
};

class UsageSource {
 public:
  virtual ~UsageSource() = default;
  [[nodiscard]] virtual TaskFacts facts() const = 0;
  [[nodiscard]] virtual TaskUsage usage() = 0;
};

/// Every 20 s the agent takes a sample of each running task; every minute CloudWatch gets a
/// statistic set of them: used against what the task definition gives the task, in percent, by
/// service and by cluster. Container Insights writes one event per task and one per container. EC2
/// publishes each instance's CPU every minute (detailed monitoring), and its credits every five; a
/// machine that is dead publishes nothing of its own, and its status checks fail.
///
/// Source: ECS Developer Guide, CloudWatch metrics (names, dimensions, formulas); ECS agent
///         (DefaultContainerMetricsPublishInterval 20 s); Container Insights, "performance log
///         events for Amazon ECS".
/// Limits: the cluster's figures are of its tasks' sizes, not of its instances'; no storage and no
///         network in Container Insights; no reservation metrics.
class Utilization {
 public:
  Utilization(sim::Engine& engine, telemetry::Sink& sink, const Identity& identity,
              const scenarios::Scenario& scenario);
  Utilization(const Utilization&) = delete;
  Utilization& operator=(const Utilization&) = delete;

  /// A task may come at any time, an instance before `start`. What is watched outlives this.
  void watch(UsageSource& task);
  void watch(const ec2::Instance& instance);
  void start();
  /// The run is over: what the running minute has so far is published.
  void finish();

 private:
  struct Statistic {
    std::uint64_t count = 0;
    double sum = 0;
    double minimum = 0;
    double maximum = 0;
    void add(double value);
  };
  struct Pair {
    Statistic cpu;
    Statistic memory;
  };
  struct Watched {
    UsageSource* source = nullptr;
    TaskFacts facts;
    telemetry::LogStreamId stream;
    std::vector<sim::Duration> at_sample;  ///< CPU used, by container; what is beside them, last.
    std::vector<sim::Duration> at_minute;
  };

  struct WatchedHost {
    const ec2::Instance* instance = nullptr;
    sim::Duration at_minute{};
    double credits_told = 0;  ///< Of those it has spent.
  };

  void on_sample();
  void sample(Watched& task);
  void publish(sim::WallTime minute);
  void publish_metrics(sim::WallTime minute);
  void publish_hosts(sim::WallTime minute, sim::Duration span);
  void publish_status_checks(const ec2::Instance& instance, sim::WallTime minute);
  void publish_credits(WatchedHost& host, sim::WallTime minute);
  void publish_events(Watched& task, sim::WallTime minute, sim::Duration span);
  struct MetricName {
    const char* space;
    const char* name;
    const char* unit = "Percent";
  };
  void write_metric(MetricName name, const std::string& dimensions, const Statistic& statistic,
                    sim::WallTime minute);
  [[nodiscard]] std::string task_members(const TaskFacts& facts, const TaskUsage& usage,
                                         const std::vector<double>& cpu) const;
  void write_event(const Watched& task, sim::WallTime minute, const std::string& text);
  [[nodiscard]] sim::WallTime now() const;

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  const Identity& identity_;
  sim::WallTime zero_;
  std::vector<Watched> tasks_;
  std::vector<WatchedHost> hosts_;
  std::map<std::string, Pair> services_;  ///< This minute's, by name.
  Pair cluster_;
  sim::WallTime minute_{};     ///< That the samples belong to.
  bool has_metrics_;           ///< The source `cloudwatch`.
  bool has_events_;            ///< The source `containerInsights`.
  sim::WallTime published_{};  ///< Up to when CPU time has been told.
};

}  // namespace hoplab::models::ecs
