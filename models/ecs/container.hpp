// A container of a task, as the ECS agent knows it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "models/ecs/health_check.hpp"
#include "scenarios/schema/spec_ecs.hpp"
#include "sim/units.hpp"

namespace hoplab::models::ecs {

inline constexpr int exit_code_sigkill = 137;
inline constexpr int exit_code_sigterm = 143;
/// Source: ECS agent, agent/dockerclient/dockerapi/errors.go (Docker's State.OOMKilled).
inline constexpr std::string_view out_of_memory_reason =
    "OutOfMemoryError: Container killed due to memory usage";

/// The container's `lastStatus`, in the order of a life:
///
///   PENDING --created and started--> RUNNING --its main process ends--> STOPPED
///      \-- cannot be started -------------------------------------------^
///   STOPPED --restartPolicy, if it had run long enough--> RUNNING
///
/// What ends it: itself (any exit code), the kernel (137, OutOfMemoryError), SIGTERM (143, or 0 of
/// a handler), SIGKILL at stopTimeout (137 without a reason), or a dependency that can never be met
/// (143, which the agent makes up).
enum class ContainerStatus : std::uint8_t { pending, running, stopped };

struct Container {
  const scenarios::ContainerDefinition* definition = nullptr;
  ContainerStatus status = ContainerStatus::running;
  std::optional<int> exit_code;
  std::string reason;
  std::unique_ptr<HealthCheck> check;  ///< Null where the definition has none.
  sim::SimTime started{};
  std::uint32_t restarts = 0;
  bool was_signalled = false;  ///< SIGTERM has been sent.

  [[nodiscard]] bool is_running() const { return status == ContainerStatus::running; }
  [[nodiscard]] Health health() const { return check ? check->state() : Health::unknown; }
};

/// Whether a container may start as far as one of its dependencies is concerned.
enum class DependencyState : std::uint8_t { waits, met, never };

/// Source: ECS agent, agent/engine/dependencygraph/graph.go (verifyContainerOrderingStatus and
///         verifyContainerOrderingStatusResolvable). startTimeout is that of the container waited
///         for, and runs from its start.
[[nodiscard]] DependencyState state_of(const scenarios::Dependency& dependency,
                                       const Container& container, sim::SimTime now);

/// The agent's reason for a container that will never start, "CannotStartContainerError: ...".
[[nodiscard]] std::string reason_of_unmet(const scenarios::Dependency& dependency,
                                          const Container& waited_for, std::string_view target);

/// Docker's reason for a main process that could not be run: 126 (it cannot be executed), 127 (it
/// is not there); "" for any other code.
[[nodiscard]] std::string reason_of_start_failure(int exit_code);

}  // namespace hoplab::models::ecs
