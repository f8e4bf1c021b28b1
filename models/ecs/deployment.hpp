// A deployment of a service, and the arithmetic of rolling updates.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/schema/spec.hpp"
#include "sim/units.hpp"

namespace hoplab::models::ecs {

/// What a deployment's tasks run: a task definition, and how its program behaves.
struct Revision {
  std::string version;  ///< Name of the scenario's service that describes the program.
  const scenarios::TaskDefinition* definition = nullptr;
  scenarios::Service behaviour;  ///< Named as the service that runs it.
};

/// One of a service's deployments.
///
///   IN_PROGRESS --all tasks run, older ones are gone--> COMPLETED
///       \------- the circuit breaker trips -----------> FAILED
///
/// The newest is PRIMARY; older ones are ACTIVE while they have tasks, then gone.
struct Deployment {
  enum class Rollout : std::uint8_t { in_progress, completed, failed };
  std::string id;  ///< "ecs-svc/...".
  const Revision* revision = nullptr;
  Rollout rollout = Rollout::completed;
  std::string reason;  ///< rolloutStateReason.
  int failed_tasks = 0;
  bool has_run_a_task = false;  ///< One has reached RUNNING.
  bool is_rollback = false;
  sim::WallTime created{};
  sim::WallTime updated{};
};

/// The least number of healthy tasks during a deployment: rounded up.
[[nodiscard]] int least_healthy(int desired, std::uint32_t minimum_healthy_percent);
/// The largest number of tasks that run or start: rounded down.
[[nodiscard]] int most_tasks(int desired, std::uint32_t maximum_percent);

/// Failed tasks at which the circuit breaker trips: half the desired count, rounded up, within 10
/// and 200; or what the service says.
/// Source: ECS Developer Guide, "deployment circuit breaker" (newer API documents have 3 for 10).
[[nodiscard]] int breaker_threshold(int desired,
                                    const scenarios::DeploymentCircuitBreaker& breaker);

/// How long ECS waits before it starts a task after so many in a row that never reached RUNNING.
/// Source: "the interval is increased, to at most 15 minutes" (service throttle logic).
///         Assumed: 5 s after the first, half as long again after each other one.
[[nodiscard]] sim::Duration start_back_off(int failures_in_a_row);

/// From so many failures in a row ECS says that it cannot start tasks consistently. Assumed.
inline constexpr int failures_until_told = 3;

}  // namespace hoplab::models::ecs
