// What a task uses, for those who publish it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/ec2/instance.hpp"
#include "models/telemetry/sink.hpp"
#include "models/vpc/interface.hpp"

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
  vpc::InterfaceTraffic traffic;  ///< Of its network interface, since it was made.
};

/// What the agent on its machine knows beside that.
/// Of the task's control group, whose quota is the task's size.
struct Throttling {
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  sim::Duration throttled{};
};

struct TaskRuntimeStats {
  std::vector<std::string> docker_ids;  ///< As TaskUsage::containers.
  sim::WallTime created;
  sim::WallTime pull_started;
  sim::WallTime pull_stopped;
  sim::WallTime started;
  Throttling throttling;
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

/// What a task used in the minute that has ended, or in what there was of it.
struct TaskMinute {
  std::vector<double> cpu;              ///< Units, by container; of what is beside them, last.
  std::vector<sim::Duration> cpu_time;  ///< The same as time.
  vpc::InterfaceTraffic traffic;
  Throttling throttling_before;  ///< As the minute began.
  sim::Duration span{};
};

/// All that is published of a task each minute.
struct TaskReport {
  const TaskFacts& facts;
  const TaskUsage& usage;
  const TaskRuntimeStats& runtime;
  const TaskMinute& minute;
};

class UsageSource {
 public:
  virtual ~UsageSource() = default;
  [[nodiscard]] virtual TaskFacts facts() const = 0;
  [[nodiscard]] virtual TaskUsage usage() = 0;
  [[nodiscard]] virtual TaskRuntimeStats runtime_stats() = 0;
};

}  // namespace hoplab::models::ecs
