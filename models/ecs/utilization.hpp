// Who publishes what each minute: AWS/ECS metrics here, and the beat for those of EC2, of Container
// Insights and of the metadata endpoint.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/ecs/cluster.hpp"
#include "models/ecs/container_insights.hpp"
#include "models/ecs/identity.hpp"
#include "models/ecs/instance_metrics.hpp"
#include "models/ecs/metadata_stats.hpp"
#include "models/ecs/metric_data.hpp"
#include "models/ecs/usage.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::ecs {

/// Every 20 s the agent takes a sample of each running task; every minute CloudWatch gets a
/// statistic set of them: by service, what its tasks used against what their definition gives them,
/// a sample a task; by cluster, what all tasks used, and what is reserved for them, against what
/// its container instances have registered (those ACTIVE or DRAINING), a sample a look.
///
/// Source: ECS Developer Guide, CloudWatch metrics (names, dimensions, formulas); ECS agent
///         (DefaultContainerMetricsPublishInterval 20 s).
/// Limits: no GPUReservation. AWS publishes statistic sets of these, from which no percentile but
///         the least and the greatest value follows.
class Utilization {
 public:
  Utilization(sim::Engine& engine, telemetry::Sink& sink, const Identity& identity,
              const scenarios::Scenario& scenario);
  Utilization(const Utilization&) = delete;
  Utilization& operator=(const Utilization&) = delete;

  /// A task may come at any time, the others before `start`. What is watched outlives this.
  void watch(UsageSource& task);
  void watch(const ec2::Instance& instance) { instances_.watch(instance); }
  void watch(const ServiceScheduler& service) {
    if (has_insights_) insights_.watch(service);
  }
  void watch(const Cluster& cluster) { cluster_ = &cluster; }
  void start();
  /// The run is over: what the running minute has so far is published.
  void finish();

 private:
  static constexpr sim::Duration sample_interval = std::chrono::seconds(20);
  static constexpr sim::Duration period = std::chrono::seconds(60);

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
    vpc::InterfaceTraffic traffic_at_minute;
    Throttling throttling_at_minute;
  };
  /// CPU units and bytes.
  struct Amount {
    double cpu = 0;
    double memory = 0;
  };

  void on_sample();
  [[nodiscard]] Amount sample(Watched& task);
  void sample_cluster(Amount used);
  void publish(sim::WallTime minute);
  void publish_metrics(sim::WallTime minute);
  void publish_task(Watched& task, sim::WallTime minute, sim::Duration span);
  [[nodiscard]] sim::WallTime now() const { return zero_ + engine_.now().time_since_epoch(); }

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  const Identity& identity_;
  sim::WallTime zero_;
  bool has_metrics_;     ///< The source `cloudwatch`.
  bool has_insights_;    ///< The source `containerInsights`.
  bool has_task_stats_;  ///< The source `ecs`.
  const Cluster* cluster_ = nullptr;
  std::vector<Watched> tasks_;
  std::map<std::string, Pair> services_;  ///< This minute's, by name.
  Pair used_of_cluster_;
  Pair reserved_of_cluster_;
  InstanceMetrics instances_;
  ContainerInsights insights_;
  MetadataStats metadata_;
  sim::WallTime minute_{};     ///< That the samples belong to.
  sim::WallTime published_{};  ///< Up to when CPU time has been told.
};

}  // namespace hoplab::models::ecs
