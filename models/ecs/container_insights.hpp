// Container Insights: the performance log events of a cluster, in CloudWatch's embedded metric
// format.
#pragma once

#include <string>
#include <vector>

#include "models/ecs/cluster.hpp"
#include "models/ecs/identity.hpp"
#include "models/ecs/instance_metrics.hpp"
#include "models/ecs/usage.hpp"

namespace hoplab::models::ecs {

class ServiceScheduler;

/// Each minute one event of each task and container that runs, service, machine, and of the
/// cluster, in `/aws/ecs/containerinsights/<cluster>/performance`.
///
/// Source: CloudWatch User Guide, "Container Insights performance log events for Amazon ECS"
///         (types, members, directives), "Amazon ECS Container Insights metrics" (units, dimensions
///         of instance_*); ECS agent, linkStatsToDockerStats (of an awsvpc task's traffic each
///         container is told an equal part); CloudWatch agent (the name of a machine's stream).
///         Assumed: the names of the streams of services and of the cluster; packets, dropped and
///         failed ones are rates as bytes are.
/// Limits: nothing is read from or written to storage, so there is no instance_filesystem_
///         utilization; an interface neither drops nor fails. The metrics of enhanced observability
///         are not written.
class ContainerInsights {
 public:
  /// Of the minute that has begun at `minute`.
  struct When {
    sim::WallTime minute;
    sim::WallTime now;
  };

  ContainerInsights(telemetry::Sink& sink, const Identity& identity)
      : sink_(sink), identity_(identity) {}

  /// Of what the agent on its machine tells.
  [[nodiscard]] telemetry::LogStreamId stream_of(const TaskFacts& task);
  void watch(const ServiceScheduler& service);

  /// The task's event, then those of its containers.
  void write_task(const TaskReport& report, telemetry::LogStreamId stream, When when);
  void write_instance(const ContainerInstance& instance, const InstanceMinute& told, When when);
  void write_services(When when);
  void write_cluster(const Cluster& cluster, When when);

 private:
  [[nodiscard]] telemetry::LogStreamId open(const std::string& name);
  [[nodiscard]] std::string id_of_container_instance(const std::string& host_name) const;
  [[nodiscard]] std::string place_of(const TaskFacts& task) const;
  void write(telemetry::LogStreamId stream, const std::string& members, When when);

  telemetry::Sink& sink_;
  const Identity& identity_;
  struct Service {
    const ServiceScheduler* scheduler;
    telemetry::LogStreamId stream;
  };
  std::vector<Service> services_;
};

}  // namespace hoplab::models::ecs
