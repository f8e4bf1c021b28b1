// What the task metadata endpoint (version 4) answers for /task/stats.
#pragma once

#include <string>

#include "models/ecs/usage.hpp"

namespace hoplab::models::ecs {

/// Each minute Docker's statistics of each container of a running task, by Docker's id, as the
/// ECS agent passes them on, with its own `network_rate_stats`. A container that has ended is null.
///
/// Source: ECS Developer Guide, "task metadata endpoint version 4"; ECS agent, tmds/handlers/v4,
///         agent/stats (of an awsvpc task's traffic each container is told an equal part; the
///         agent's memory figure is usage less inactive_file); Docker Engine API, ContainerStats
///         with cgroup v2 (no percpu_usage, no max_usage).
/// Limits: `throttling_data` is of the task's control group, where its size is the quota, and so
///         the same for all its containers; Docker tells that of the container's own group, which
///         has none. `precpu_stats` is the look a minute before, Docker's a second. Periods are
///         counted from the task's start. CPU time is not split into user
///         and kernel mode: all of it is the former. Page cache and storage are not simulated.
class MetadataStats {
 public:
  MetadataStats(telemetry::Sink& sink, sim::WallTime zero) : sink_(sink), zero_(zero) {}

  void write(const TaskReport& report, sim::WallTime now);

 private:
  telemetry::Sink& sink_;
  sim::WallTime zero_;
};

}  // namespace hoplab::models::ecs
