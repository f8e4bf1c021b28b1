// What becomes of machines: their agents, their power, the instances that ECS knows them as.

#include <fmt/format.h>

#include <utility>

#include "models/world/fleet.hpp"

namespace hoplab::models {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration boot_time = 60s;          // Assumed.
constexpr sim::Duration missed_heartbeats = 60s;  // Assumed.

}  // namespace

std::vector<TaskRuntime*> Fleet::tasks_on(const std::string& host) {
  std::vector<TaskRuntime*> found;
  for (const auto& [service, tasks] : tasks_) {
    for (const auto& task : tasks) {
      // One that has ended where nobody could tell is still to be heard of.
      const bool is_over =
          task->task().status() == ecs::TaskStatus::stopped && task->task().is_connected();
      const bool is_there = task->instance().name == host && !is_over;
      if (is_there) found.push_back(task.get());
    }
  }
  return found;
}

void Fleet::look_again() {
  for (const auto& [name, scheduler] : schedulers_) scheduler->look_again();
}

void Fleet::tell_instance(const ecs::ContainerInstance& instance, bool is_event) {
  if (!scenario_.tells(scenarios::TelemetrySource::ecs)) return;
  const sim::WallTime now = scenario_.start_time + engine_.now().time_since_epoch();
  const sim::WallTime registered_at = scenario_.start_time - 1h;
  telemetry::Sink& sink = parts_.surroundings.sink;
  const ecs::Identity& identity = parts_.surroundings.identity;
  sink.ecs_container_instance(now,
                              ecs::describe_container_instance(instance, identity, registered_at));
  if (is_event) {
    sink.ecs_event(ecs::container_instance_event(instance, identity, registered_at, now));
  }
}

// Source: ECS Developer Guide, "Container instance state change events": placing or stopping a task
// changes the available resources.
void Fleet::tell_task_change(ecs::ContainerInstance& instance, bool are_resources_changed) {
  if (are_resources_changed) ++instance.version;
  tell_instance(instance, are_resources_changed);
}

void Fleet::set_agent_connected(const ec2::Instance& machine, bool is_connected) {
  int& disconnections = disconnections_[machine.name];
  disconnections += is_connected ? -1 : 1;
  if (is_connected && disconnections > 0) return;
  const ecs::ContainerInstance* instance = cluster_.find(machine.name);
  if (!is_connected && instance != nullptr && instance->is_silent) return;  // It closes nothing.
  show_agent(machine, is_connected);
}

void Fleet::silence_agent(const ec2::Instance& machine) {
  ecs::ContainerInstance* instance = cluster_.find(machine.name);
  ++disconnections_[machine.name];
  if (instance == nullptr || !instance->agent_connected || instance->is_silent) return;
  instance->is_silent = true;
  for (TaskRuntime* task : tasks_on(machine.name)) {
    task->task().lose_contact(missed_heartbeats);
  }
  notices_[machine.name] =
      engine_.after(missed_heartbeats, [this, &machine] { show_agent(machine, false); });
}

void Fleet::show_agent(const ec2::Instance& machine, bool is_connected) {
  ecs::ContainerInstance* instance = cluster_.find(machine.name);
  if (instance == nullptr) return;
  if (is_connected && instance->status == ecs::ContainerInstance::Status::inactive) return;
  engine_.cancel(notices_[machine.name]);
  const bool was_silent = std::exchange(instance->is_silent, false);
  if (instance->agent_connected == is_connected) {
    if (!was_silent) return;
    for (TaskRuntime* task : tasks_on(machine.name)) task->task().set_connected(true);
    return look_again();
  }
  instance->agent_connected = is_connected;
  ++instance->version;
  tell_instance(*instance, true);
  for (TaskRuntime* task : tasks_on(machine.name)) task->task().set_connected(is_connected);
  look_again();
}

void Fleet::set_draining(const ec2::Instance& machine, bool is_draining) {
  using Status = ecs::ContainerInstance::Status;
  ecs::ContainerInstance* instance = cluster_.find(machine.name);
  if (instance == nullptr || instance->status == Status::inactive) return;
  instance->status = is_draining ? Status::draining : Status::active;
  ++instance->version;
  tell_instance(*instance, true);
  look_again();
}

void Fleet::lose_instance(const ec2::Instance& machine, const std::string& how) {
  using Status = ecs::ContainerInstance::Status;
  ecs::ContainerInstance* instance = cluster_.find(machine.name);
  if (instance == nullptr || instance->status == Status::inactive) return;
  parts_.places.instance_named(machine.name).has_ended = true;
  instance->status = Status::inactive;
  instance->agent_connected = false;
  instance->is_silent = false;
  engine_.cancel(notices_[machine.name]);
  ++instance->version;
  tell_instance(*instance, true);
  const std::string reason =
      fmt::format("Host EC2 (instance {}) {}.", ecs::Identity::instance_id(machine.name), how);
  for (TaskRuntime* task : tasks_on(machine.name)) task->task().lose(reason);
  look_again();
}

void Fleet::bring_back_instance(const ec2::Instance& machine) {
  using Status = ecs::ContainerInstance::Status;
  ecs::ContainerInstance* instance = cluster_.find(machine.name);
  if (instance == nullptr || instance->status != Status::inactive) return;
  parts_.places.instance_named(machine.name).has_ended = false;
  instance->status = Status::active;
  instance->agent_connected = disconnections_[machine.name] == 0;
  ++instance->version;
  tell_instance(*instance, true);
  look_again();
}

void Fleet::lose_power(const ec2::Instance& machine) {
  silence_agent(machine);
  for (TaskRuntime* task : tasks_on(machine.name)) task->lose_power();
}

// When the agent is back it finds that its containers have gone, and tells.
void Fleet::boot(const ec2::Instance& machine) {
  engine_.after(boot_time, [this, &machine] {
    end_containers(machine);
    set_agent_connected(machine, true);
  });
}

// The agent cannot tell what it does not see: it is down, too.
void Fleet::reboot_instance(const ec2::Instance& machine) {
  set_agent_connected(machine, false);
  end_containers(machine);
  engine_.after(boot_time, [this, &machine] { set_agent_connected(machine, true); });
}

void Fleet::end_containers(const ec2::Instance& machine) {
  for (TaskRuntime* task : tasks_on(machine.name)) {
    for (const auto& container : task->plan().definition->containers) {
      task->exit_container(container.name, ecs::exit_code_sigkill);
    }
  }
}

}  // namespace hoplab::models
