#include "models/ecs/container.hpp"

#include <fmt/format.h>

namespace hoplab::models::ecs {
namespace {

using Condition = scenarios::Dependency::Condition;

bool has_timed_out(const Container& container, sim::SimTime now) {
  const auto& timeout = container.definition->start_timeout;
  return timeout && container.is_running() && now - container.started >= *timeout;
}

}  // namespace

DependencyState state_of(const scenarios::Dependency& dependency, const Container& container,
                         sim::SimTime now) {
  const bool has_started = container.status != ContainerStatus::pending;
  const bool has_stopped = container.status == ContainerStatus::stopped;
  // One that could not even be started has a reason and never ran.
  const bool never_ran =
      has_stopped && container.started == sim::SimTime{} && !container.reason.empty();
  if (never_ran) return DependencyState::never;
  const bool succeeded = has_stopped && container.exit_code.value_or(1) == 0;
  switch (dependency.condition) {
    case Condition::start:
      return has_started ? DependencyState::met : DependencyState::waits;
    case Condition::complete:
      if (has_stopped) return DependencyState::met;
      break;
    case Condition::success:
      if (succeeded) return DependencyState::met;
      if (has_stopped) return DependencyState::never;
      break;
    case Condition::healthy:
      if (container.is_running() && container.health() == Health::healthy) {
        return DependencyState::met;
      }
      if (has_stopped) return DependencyState::never;
      break;
  }
  return has_timed_out(container, now) ? DependencyState::never : DependencyState::waits;
}

std::string reason_of_unmet(const scenarios::Dependency& dependency, const Container& waited_for,
                            std::string_view target) {
  const std::string start = "CannotStartContainerError: dependency graph: ";
  if (waited_for.is_running()) {
    return start + fmt::format("container ordering dependency [{}] for target [{}] has timed out.",
                               dependency.container, target);
  }
  const bool has_run = waited_for.started != sim::SimTime{} || waited_for.reason.empty();
  return start + fmt::format(
                     "failed to resolve container ordering dependency [{}] for target [{}] "
                     "as dependency did not {}.",
                     dependency.container, target, has_run ? "exit successfully" : "start");
}

std::string reason_of_start_failure(int exit_code) {
  constexpr int cannot_execute = 126;
  constexpr int not_found = 127;
  if (exit_code != cannot_execute && exit_code != not_found) return {};
  return fmt::format(
      "CannotStartContainerError: Error response from daemon: failed to create task for container: "
      "failed to create shim task: OCI runtime create failed: runc create failed: unable to start "
      "container process: exec: \"/app\": {}: unknown",
      exit_code == not_found ? "stat /app: no such file or directory" : "permission denied");
}

}  // namespace hoplab::models::ecs
