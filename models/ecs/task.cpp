#include "models/ecs/task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "models/ecs/documents.hpp"

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration stop_timeout_default = 30s;

constexpr auto sidecars_of_aws =
    std::to_array<std::string_view>({"cloudwatch-agent", "log_router", "xray-daemon"});

sim::Duration between(sim::Rng& rng, sim::Duration least, sim::Duration most) {
  return least + sim::Duration(static_cast<std::int64_t>(
                     rng.below(static_cast<std::uint64_t>((most - least).count()))));
}

/// How long an Envoy goes on after SIGTERM; the image reads it from its environment.
sim::Duration drain_time(const scenarios::ContainerDefinition& envoy) {
  constexpr int drain_default = 20;
  constexpr int drain_min = 5;
  constexpr int drain_max = 110;
  const auto given = envoy.environment.find("LISTENER_DRAIN_WAIT_TIME_S");
  if (given == envoy.environment.end()) return std::chrono::seconds(drain_default);
  const std::string& text = given->second;
  int seconds = drain_default;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
  const bool is_fit = is_number && seconds >= drain_min && seconds <= drain_max;
  return std::chrono::seconds(is_fit ? seconds : drain_default);
}

}  // namespace

std::string_view to_string(TaskStatus status) {
  constexpr auto names = std::to_array<std::string_view>(
      {"RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"});
  return names[static_cast<std::size_t>(status)];
}

Task::Task(sim::Engine& engine, telemetry::Sink& sink, const Identity& identity, TaskSpec spec,
           TaskProcesses& processes)
    : engine_(engine),
      sink_(sink),
      identity_(identity),
      spec_(std::move(spec)),
      processes_(processes),
      name_(fmt::format("task/{}/{}", spec_.service, spec_.index)),
      id_(identity.hex(name_, 32)),
      rng_(sim::Rng::stream(engine.seed(), "ecs/" + name_)) {
  for (const scenarios::ContainerDefinition& container : spec_.definition->containers) {
    ContainerState state;
    state.definition = &container;
    containers_.push_back(std::move(state));
  }
}

ContainerState* Task::find(std::string_view container) {
  const auto found = std::ranges::find_if(containers_, [&](const ContainerState& state) {
    return state.definition->name == container;
  });
  return found == containers_.end() ? nullptr : &*found;
}

bool Task::container_is_running(std::string_view container) const {
  return std::ranges::any_of(containers_, [&](const ContainerState& state) {
    return state.definition->name == container && state.is_running;
  });
}

bool Task::has_container(std::string_view container) const {
  return std::ranges::any_of(containers_, [&](const ContainerState& state) {
    return state.definition->name == container;
  });
}

std::string Task::container_arn(std::string_view container) const {
  const std::string name = fmt::format("container/{}/{}", name_, container);
  return identity_.arn(
      fmt::format("container/{}/{}/{}", identity_.cluster, id_, identity_.uuid(name)));
}

telemetry::FireLensMetadata Task::firelens_metadata(std::string_view container) const {
  const std::string name = fmt::format("{}/{}", name_, container);
  return {
      .container_id = identity_.hex("docker/" + name, 64),
      .container_name =
          fmt::format("/ecs-{}-{}-{}-{}", spec_.definition->family, spec_.definition->revision,
                      container, identity_.hex("docker-name/" + name, 20)),
      .cluster = identity_.cluster,
      .task_arn = identity_.task_arn(id_),
      .task_definition = fmt::format("{}:{}", spec_.definition->family, spec_.definition->revision),
      .instance_id = Identity::instance_id(spec_.host_name),
  };
}

// --- Life -------------------------------------------------------------------------------------

void Task::announce() { tell(); }

void Task::tell() {
  // ECS's own clock is true; only what the task's host writes is off.
  const sim::WallTime now = spec_.clock.zero + engine_.now().time_since_epoch();
  const TaskDocument document(*this, now);
  sink_.ecs_event(document.state_change_event());
  sink_.ecs_task(now, document.describe_tasks());
}

void Task::change_status(TaskStatus status) {
  status_ = status;
  const sim::WallTime now = spec_.clock.zero + engine_.now().time_since_epoch();
  if (status == TaskStatus::deactivating) stopping_at_ = now;
  if (status == TaskStatus::deprovisioning) execution_stopped_at_ = now;
  if (status == TaskStatus::stopped) stopped_at_ = now;
  ++version_;
  tell();
}

void Task::container_exited(std::string_view container, int exit_code, std::string_view reason) {
  ContainerState* state = find(container);
  if (state == nullptr || !state->is_running) return;
  state->reason = reason;
  mark_ended(*state, exit_code);
  if (status_ != TaskStatus::running || !state->definition->essential) return;
  begin_stop("EssentialContainerExited", "Essential container in task exited");
}

void Task::stop_for_user(std::string_view reason) {
  if (status_ == TaskStatus::running) begin_stop("UserInitiated", reason);
}

void Task::mark_ended(ContainerState& state, int exit_code) {
  state.is_running = false;
  state.exit_code = exit_code;
  const bool is_last = std::ranges::none_of(containers_, &ContainerState::is_running);
  if (status_ == TaskStatus::stopping && is_last) return deprovision();
  // An essential container's end and the change it starts are one event.
  if (status_ == TaskStatus::running && state.definition->essential) return;
  ++version_;
  tell();
}

void Task::begin_stop(std::string_view stop_code, std::string_view reason) {
  stop_code_ = stop_code;
  stopped_reason_ = reason;
  change_status(TaskStatus::deactivating);
  // Deregistration takes seconds; SIGTERM does not wait for it.
  engine_.after(between(rng_, 100ms, 1s), sim::call<&Task::deliver_sigterm>(*this));
}

void Task::deliver_sigterm() {
  change_status(TaskStatus::stopping);
  if (std::ranges::none_of(containers_, &ContainerState::is_running)) return deprovision();
  for (ContainerState& state : containers_) {
    if (!state.is_running) continue;
    const std::string& name = state.definition->name;
    const sim::Duration patience = state.definition->stop_timeout.value_or(stop_timeout_default);
    const bool is_proxy = name == spec_.definition->proxy_container;
    if (std::ranges::find(sidecars_of_aws, name) != sidecars_of_aws.end()) {
      exit_cleanly(state);
    } else if (is_proxy && drain_time(*state.definition) <= patience) {
      engine_.after(drain_time(*state.definition), [this, &state] { exit_cleanly(state); });
    } else {
      engine_.after(patience, [this, &state] { kill(state); });
    }
  }
}

void Task::exit_cleanly(ContainerState& state) {
  if (!state.is_running) return;
  processes_.exit_cleanly(state.definition->name);
  mark_ended(state, 0);
}

void Task::kill(ContainerState& state) {
  if (!state.is_running) return;
  processes_.kill(state.definition->name);
  mark_ended(state, exit_code_sigkill);
}

void Task::deprovision() {
  change_status(TaskStatus::deprovisioning);
  engine_.after(between(rng_, 5s, 15s), [this] {
    processes_.detach_interface();
    change_status(TaskStatus::stopped);
  });
}

}  // namespace hoplab::models::ecs
