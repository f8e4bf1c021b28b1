// The cluster: container instances, what is left of them, and where a task goes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/ecs/identity.hpp"
#include "models/telemetry/sink.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"
#include "sim/random.hpp"

namespace hoplab::models::ecs {

/// What a task takes of its instance.
struct Resources {
  sim::CpuUnits cpu{0};
  sim::Bytes memory{0};
  int interfaces = 0;  ///< awsvpc: one each.
};

/// The task's size, or the sum of its containers' where it names none.
[[nodiscard]] Resources resources_of(const scenarios::TaskDefinition& definition);

/// A machine on which an ECS agent runs.
///
///   ACTIVE <--UpdateContainerInstancesState--> DRAINING
///      \-- the machine is terminated --> INACTIVE <--/
///
/// A draining one gets no new task, and its services' tasks are replaced and stopped. One whose
/// agent is disconnected gets none either; its tasks run on. A silent agent is disconnected in
/// ECS's eyes when its heartbeats have been missed. Limits: until then ECS would still place tasks
/// there, which would not start; here it does not.
struct ContainerInstance {
  enum class Status : std::uint8_t { active, draining, inactive };
  std::string host_name;
  std::string instance_type;
  std::string availability_zone;
  Status status = Status::active;
  bool agent_connected = true;
  bool is_silent = false;  ///< Its agent says nothing, and ECS has not called it disconnected yet.
  Resources registered;
  Resources used;
  int running_tasks = 0;
  int pending_tasks = 0;
  int version = 1;
  std::set<std::string> images;  ///< That it has fetched.

  [[nodiscard]] bool takes_tasks() const {
    return status == Status::active && agent_connected && !is_silent;
  }
  void take(const Resources& wanted);
  void give_back(const Resources& wanted);
};

/// What the placement of one task hangs on.
struct PlacementWish {
  Resources wanted;
  const std::vector<scenarios::PlacementStrategy>* strategy = nullptr;  ///< Empty: spread by zone.
  const std::vector<std::string>* preferred = nullptr;        ///< Hosts; only then all others.
  const std::map<std::string, int>* tasks_by_host = nullptr;  ///< The service's own.
};

struct Placed {
  ContainerInstance* instance = nullptr;  ///< Null: none fits.
  std::string reason;                     ///< Then why: "has insufficient CPU units available."
  std::string event_reason;               ///< "RESOURCE:CPU".
  std::string closest;                    ///< Host name of the closest matching one, or "".
};

/// All container instances, and ECS's placement of tasks on them: first who can take the task at
/// all (status, agent, CPU, memory, network interfaces), then the strategy's steps in order, each
/// keeping the best of what is left; the first by name among equals.
///
/// Source: ECS Developer Guide, "task placement"; EC2 User Guide, interfaces per instance type.
///         What the file itself puts on a machine fits there.
/// Limits: no attributes but the zone, no ENI trunking, no ports (awsvpc).
class Cluster {
 public:
  ContainerInstance& add(const std::string& host_name, const std::string& instance_type,
                         const std::string& availability_zone, const Resources& machine);
  [[nodiscard]] ContainerInstance* find(std::string_view host_name);
  [[nodiscard]] const std::map<std::string, std::unique_ptr<ContainerInstance>, std::less<>>&
  instances() const {
    return instances_;
  }
  [[nodiscard]] Placed place(const PlacementWish& wish, sim::Rng& rng);

 private:
  std::map<std::string, std::unique_ptr<ContainerInstance>, std::less<>> instances_;
};

/// Network interfaces an instance type may have, its own included.
[[nodiscard]] int interfaces_max(std::string_view instance_type);

/// The `containerInstances[]` element of a DescribeContainerInstances answer.
[[nodiscard]] std::string describe_container_instance(const ContainerInstance& instance,
                                                      const Identity& identity,
                                                      sim::WallTime registered_at);
/// An "ECS Container Instance State Change" event.
[[nodiscard]] std::string container_instance_event(const ContainerInstance& instance,
                                                   const Identity& identity,
                                                   sim::WallTime registered_at, sim::WallTime now);

}  // namespace hoplab::models::ecs
