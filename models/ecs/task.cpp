#include "models/ecs/task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "models/app/draw.hpp"
#include "models/ecs/documents.hpp"
#include "models/ecs/sidecar.hpp"

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;
using scenarios::OnSigterm;

constexpr sim::Duration stop_timeout_default = 30s;
/// How often a program that finishes what it has begun looks whether it is done.
constexpr sim::Duration idle_look = 50ms;

// What a task that runs from the start says of its past.
constexpr sim::Duration created_before = 60s;
constexpr sim::Duration pull_started_before = 55s;
constexpr sim::Duration pull_stopped_before = 40s;
constexpr sim::Duration started_before = 30s;

constexpr auto sidecars_of_aws =
    std::to_array<std::string_view>({"cloudwatch-agent", "log_router", "xray-daemon"});

bool is_sidecar_of_aws(const scenarios::ContainerDefinition& container) {
  return std::ranges::find(sidecars_of_aws, container.name) != sidecars_of_aws.end() ||
         find_sidecar(container.image) != nullptr;
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

std::string Task::runtime_id(std::string_view container) const {
  return identity_.hex(fmt::format("docker/{}/{}", name_, container), 64);
}

std::string_view to_string(TaskStatus status) {
  constexpr auto names =
      std::to_array<std::string_view>({"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING",
                                       "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"});
  return names[static_cast<std::size_t>(status)];
}

Task::Task(sim::Engine& engine, telemetry::Sink& sink, const Identity& identity, TaskSpec spec,
           TaskProcesses& processes, TaskListener* listener)
    : engine_(engine),
      sink_(sink),
      identity_(identity),
      spec_(std::move(spec)),
      processes_(processes),
      listener_(listener),
      name_(fmt::format("task/{}/{}", spec_.service, spec_.index)),
      id_(identity.hex(name_, 32)),
      rng_(sim::Rng::stream(engine.seed(), "ecs/" + name_)) {
  for (const scenarios::ContainerDefinition& definition : spec_.definition->containers) {
    Container& container = containers_.emplace_back();
    container.definition = &definition;
    if (!definition.health_check) continue;
    HealthCheckUser& self = *this;
    container.check = std::make_unique<HealthCheck>(engine, *definition.health_check, self);
  }
  const sim::WallTime zero = spec_.clock.zero;
  created_at_ = connectivity_at_ = zero - created_before;
  pull_started_at_ = zero - pull_started_before;
  pull_stopped_at_ = zero - pull_stopped_before;
  started_at_ = zero - started_before;
}

Container* Task::find(std::string_view container) {
  const auto found = std::ranges::find_if(
      containers_, [&](const Container& it) { return it.definition->name == container; });
  return found == containers_.end() ? nullptr : &*found;
}

bool Task::container_is_running(std::string_view container) const {
  return std::ranges::any_of(containers_, [&](const Container& it) {
    return it.definition->name == container && it.is_running();
  });
}

bool Task::has_container(std::string_view container) const {
  return std::ranges::any_of(containers_,
                             [&](const Container& it) { return it.definition->name == container; });
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

// --- Telling ----------------------------------------------------------------------------------

// ECS's own clock is true; only what the task's host writes is off.
sim::WallTime Task::wall_now() const { return spec_.clock.zero + engine_.now().time_since_epoch(); }

void Task::tell() {
  if (!spec_.is_telling) return;
  if (!is_connected_) {
    has_untold_change_ = true;
    return;
  }
  const sim::WallTime now = wall_now();
  const TaskDocument document(*this, now);
  sink_.ecs_event(document.state_change_event());
  sink_.ecs_task(now, document.describe_tasks());
}

void Task::change_status(TaskStatus status) {
  status_ = status;
  const sim::WallTime now = wall_now();
  if (status == TaskStatus::running) started_at_ = now;
  if (status == TaskStatus::deactivating) stopping_at_ = now;
  if (status == TaskStatus::stopping && stopping_at_ == sim::WallTime{}) stopping_at_ = now;
  if (status == TaskStatus::deprovisioning) execution_stopped_at_ = now;
  if (status == TaskStatus::stopped) stopped_at_ = now;
  ++version_;
  tell();
  if (listener_ != nullptr && is_connected_) listener_->on_task_status(*this);
}

Task::Telling Task::connectivity(bool is_connected, sim::WallTime now) {
  is_called_connected_ = is_connected;
  connectivity_at_ = now;
  ++version_;
  const TaskDocument document(*this, now);
  return {document.state_change_event(), document.describe_tasks()};
}

void Task::call_connected(bool is_connected) {
  if (is_called_connected_ == is_connected) return;
  Telling telling = connectivity(is_connected, wall_now());
  if (auto notice = std::exchange(notice_, std::nullopt); notice && !is_connected) {
    telling = *std::move(notice);
  }
  if (!spec_.is_telling) return;
  sink_.ecs_event(telling.event);
  sink_.ecs_task(wall_now(), telling.description);
}

void Task::lose_contact(sim::Duration until_noticed) {
  if (!std::exchange(is_connected_, false)) return;
  const sim::WallTime connected_since = connectivity_at_;
  notice_ = connectivity(false, wall_now() + until_noticed);
  is_called_connected_ = true;
  connectivity_at_ = connected_since;
  --version_;
}

void Task::set_connected(bool is_connected) {
  if (!is_connected) {
    is_connected_ = false;
    return call_connected(false);
  }
  if (std::exchange(is_connected_, true)) return;
  notice_.reset();
  if (!is_called_connected_) {
    call_connected(true);
  } else if (has_untold_change_) {
    tell();
  }
  if (std::exchange(has_untold_change_, false) && listener_ != nullptr) {
    listener_->on_task_status(*this);
    listener_->on_task_health(*this);
  }
  if (const auto wish = std::exchange(stop_to_deliver_, std::nullopt)) {
    begin_stop(wish->code, wish->reason);
  }
}

// --- Health -----------------------------------------------------------------------------------

Container& Task::of(const HealthCheck& check) {
  return *std::ranges::find_if(containers_,
                               [&](const Container& it) { return it.check.get() == &check; });
}

void Task::begin_probe(HealthCheck& check, std::uint64_t number) {
  processes_.probe(of(check).definition->name, check, number);
}

void Task::abandon_probe(HealthCheck& check) {
  processes_.abandon_probe(of(check).definition->name);
}

void Task::on_health_changed(HealthCheck& check) {
  ++version_;
  tell();
  if (status_ == TaskStatus::pending && check.state() == Health::healthy) start_ready_containers();
  if (listener_ != nullptr && is_connected_) listener_->on_task_health(*this);
}

bool Task::has_health_check() const {
  return std::ranges::any_of(containers_, [](const Container& it) {
    return it.check != nullptr && it.definition->essential;
  });
}

Health Task::health() const {
  Health health = Health::unknown;
  for (const Container& container : containers_) {
    if (!container.check || !container.definition->essential) continue;
    if (container.health() == Health::unhealthy) return Health::unhealthy;
    if (container.health() == Health::unknown) return Health::unknown;
    health = Health::healthy;
  }
  return health;
}

// --- Its beginning ----------------------------------------------------------------------------

void Task::after(const scenarios::Distribution& time, sim::Callback next) {
  next_step_ = engine_.after(app::draw(time, rng_), next);
}

void Task::announce() {
  for (Container& container : containers_) {
    if (!container.check) continue;
    const std::uint64_t interval =
        static_cast<std::uint64_t>(container.definition->health_check->interval.count());
    sim::Rng rng = sim::Rng::stream(engine_.seed(),
                                    fmt::format("health/{}/{}", name_, container.definition->name));
    container.check->resume(sim::Duration(static_cast<std::int64_t>(rng.below(interval))));
  }
  tell();  // Its checks have passed for long: HEALTHY.
}

void Task::launch(bool images_are_cached) {
  images_are_cached_ = images_are_cached;
  has_reached_running_ = false;
  version_ = 0;
  for (Container& container : containers_) container.status = ContainerStatus::pending;
  created_at_ = connectivity_at_ = wall_now();
  pull_started_at_ = pull_stopped_at_ = started_at_ = {};
  change_status(TaskStatus::provisioning);
  after(spec_.timings.provisioning, sim::call<&Task::on_provisioned>(*this));
}

void Task::on_provisioned() {
  processes_.attach_interface();
  pull_started_at_ = wall_now();
  change_status(TaskStatus::pending);
  after(images_are_cached_ ? spec_.timings.pull_cached : spec_.timings.pull,
        sim::call<&Task::on_pulled>(*this));
}

void Task::on_pulled() {
  pull_stopped_at_ = wall_now();
  if (const std::string error = processes_.pull(); !error.empty()) {
    for (Container& container : containers_) {
      if (container.definition->essential) container.reason = error;
    }
    return begin_stop("TaskFailedToStart", "Task failed to start");
  }
  start_ready_containers();
}

// Until nothing changes: one start may be what another one waits for.
void Task::start_ready_containers() {
  if (!is_wanted()) return;
  for (bool has_changed = true; has_changed && is_wanted();) {
    has_changed = false;
    for (Container& container : containers_) {
      if (container.status != ContainerStatus::pending || !is_wanted()) continue;
      has_changed = start_ready_container(container) || has_changed;
    }
  }
  const auto is_pending = [](const Container& it) { return it.status == ContainerStatus::pending; };
  if (!is_wanted() || status_ != TaskStatus::pending ||
      std::ranges::any_of(containers_, is_pending)) {
    return;
  }
  change_status(TaskStatus::activating);
  after(spec_.timings.activating, sim::call<&Task::on_activated>(*this));
}

bool Task::start_ready_container(Container& container) {
  for (const scenarios::Dependency& dependency : container.definition->depends_on) {
    const Container* waited_for = find(dependency.container);
    if (waited_for == nullptr) continue;
    const DependencyState state = state_of(dependency, *waited_for, engine_.now());
    if (state == DependencyState::met) continue;
    if (state == DependencyState::waits) return false;
    fail_to_start(container, exit_code_sigterm,
                  reason_of_unmet(dependency, *waited_for, container.definition->name));
    return true;
  }
  run(container);
  return true;
}

void Task::run(Container& container) {
  StartResult result = processes_.start(container.definition->name);
  if (!result.has_started) {
    return fail_to_start(container, result.exit_code, std::move(result.reason));
  }
  container.status = ContainerStatus::running;
  container.started = engine_.now();
  if (container.check) container.check->start();
  const auto& timeout = container.definition->start_timeout;
  if (timeout && status_ == TaskStatus::pending) {
    engine_.after(*timeout, [this] {
      if (status_ == TaskStatus::pending) start_ready_containers();
    });
  }
}

void Task::fail_to_start(Container& container, std::optional<int> exit_code, std::string reason) {
  container.status = ContainerStatus::stopped;
  container.exit_code = exit_code;
  container.reason = std::move(reason);
  if (container.definition->essential) {
    return begin_stop("TaskFailedToStart", "Task failed to start");
  }
  ++version_;
  tell();
}

void Task::on_activated() {
  has_reached_running_ = true;
  started_ = engine_.now();
  change_status(TaskStatus::running);
}

// --- A container's end ------------------------------------------------------------------------

void Task::container_exited(std::string_view container, int exit_code, std::string_view reason) {
  Container* ended = find(container);
  if (ended == nullptr || !ended->is_running()) return;
  ended->reason = reason;
  const bool is_restarted = restarts(*ended, exit_code);
  mark_ended(*ended, exit_code);
  if (!is_wanted()) return;
  if (is_restarted) {
    ++ended->restarts;
    run(*ended);
    ++version_;
    return tell();
  }
  if (ended->definition->essential) {
    return begin_stop("EssentialContainerExited", "Essential container in task exited");
  }
  if (status_ == TaskStatus::pending) start_ready_containers();
}

bool Task::restarts(const Container& container, int exit_code) const {
  const auto& policy = container.definition->restart_policy;
  if (!policy || !is_wanted()) return false;
  const auto& ignored = policy->ignored_exit_codes;
  return std::ranges::find(ignored, exit_code) == ignored.end() &&
         engine_.now() - container.started >= policy->attempt_period;
}

void Task::mark_ended(Container& container, int exit_code) {
  container.status = ContainerStatus::stopped;
  container.exit_code = exit_code;
  if (container.check) container.check->stop();
  const bool is_last = std::ranges::none_of(containers_, &Container::is_running);
  if (status_ == TaskStatus::stopping && is_last) return deprovision();
  // An essential container's end and the change it starts are one event.
  if (is_wanted() && container.definition->essential) return;
  ++version_;
  tell();
  if (status_ == TaskStatus::stopping) signal_next();
}

void Task::end(Container& container, int exit_code) {
  if (!container.is_running()) return;
  processes_.kill(container.definition->name);
  mark_ended(container, exit_code);
}

void Task::exit_cleanly(Container& container) {
  if (!container.is_running()) return;
  processes_.exit_cleanly(container.definition->name);
  mark_ended(container, 0);
}

void Task::kill(Container& container) { end(container, exit_code_sigkill); }

// --- The task's end ---------------------------------------------------------------------------

void Task::stop(std::string_view stop_code, std::string_view reason) {
  if (!is_wanted()) return;
  if (!is_connected_) {
    stop_to_deliver_ = {std::string(stop_code), std::string(reason)};
    return;
  }
  begin_stop(stop_code, reason);
}

void Task::begin_stop(std::string_view stop_code, std::string_view reason) {
  if (!is_wanted()) return;
  stop_code_ = stop_code;
  stopped_reason_ = reason;
  engine_.cancel(next_step_);
  if (status_ < TaskStatus::activating) return deliver_sigterm();
  change_status(TaskStatus::deactivating);
  // Deregistration takes seconds; SIGTERM does not wait for it.
  after(spec_.timings.deactivating, sim::call<&Task::deliver_sigterm>(*this));
}

void Task::deliver_sigterm() {
  for (Container& container : containers_) {
    if (container.status == ContainerStatus::pending) container.status = ContainerStatus::stopped;
  }
  change_status(TaskStatus::stopping);
  if (std::ranges::none_of(containers_, &Container::is_running)) return deprovision();
  signal_next();
}

// Those on which nothing that runs depends any more.
void Task::signal_next() {
  const auto depends_on = [](const Container& it, const Container& other) {
    return std::ranges::any_of(it.definition->depends_on, [&](const auto& dependency) {
      return dependency.container == other.definition->name;
    });
  };
  std::vector<Container*> free;
  for (Container& container : containers_) {
    if (!container.is_running() || container.was_signalled) continue;
    const bool is_needed = std::ranges::any_of(containers_, [&](const Container& it) {
      return it.is_running() && &it != &container && depends_on(it, container);
    });
    if (!is_needed) free.push_back(&container);
  }
  for (Container* container : free) container->was_signalled = true;
  for (Container* container : free) signal(*container);
}

void Task::signal(Container& container) {
  const scenarios::ContainerDefinition& definition = *container.definition;
  const sim::Duration patience = definition.stop_timeout.value_or(stop_timeout_default);
  if (processes_.stands_still(definition.name)) {
    processes_.keep_sigterm(definition.name);
    engine_.after(patience, [this, &container] { kill(container); });
    return;
  }
  if (is_sidecar_of_aws(definition)) return exit_cleanly(container);
  if (definition.name == spec_.definition->proxy_container) {
    if (!spec_.envoy_drains) return exit_cleanly(container);
    processes_.begin_drain(definition.name);
    const sim::Duration drain = drain_time(definition);
    if (drain <= patience) {
      engine_.after(drain, [this, &container] { exit_cleanly(container); });
      return;
    }
  }
  const bool is_app = definition.name == spec_.app_container;
  const bool dies = definition.has_init_process || (is_app && spec_.on_sigterm == OnSigterm::dies);
  if (is_app && spec_.on_sigterm == OnSigterm::drains) {
    processes_.begin_drain(definition.name);
    wait_for_idle(container);
    if (!container.is_running()) return;
  } else if (dies) {
    return end(container, exit_code_sigterm);
  }
  engine_.after(patience, [this, &container] { kill(container); });
}

void Task::wait_for_idle(Container& container) {
  if (!container.is_running()) return;
  const std::string& name = container.definition->name;
  if (processes_.is_idle(name) && !processes_.stands_still(name)) return exit_cleanly(container);
  engine_.after(idle_look, [this, &container] { wait_for_idle(container); });
}

void Task::lose(std::string_view reason) {
  if (status_ == TaskStatus::stopped) return;
  is_connected_ = is_called_connected_ = true;  // What ECS says now it says of itself.
  if (is_wanted()) {
    stop_code_ = "TerminationNotice";
    stopped_reason_ = reason;
  }
  engine_.cancel(next_step_);
  for (Container& container : containers_) {
    if (container.is_running()) processes_.kill(container.definition->name);
    if (container.check) container.check->stop();
    container.status = ContainerStatus::stopped;
  }
  if (stopping_at_ == sim::WallTime{}) stopping_at_ = wall_now();
  execution_stopped_at_ = wall_now();
  processes_.detach_interface();
  change_status(TaskStatus::stopped);
}

void Task::deprovision() {
  change_status(TaskStatus::deprovisioning);
  after(spec_.timings.deprovisioning, sim::call<&Task::on_deprovisioned>(*this));
}

void Task::on_deprovisioned() {
  processes_.detach_interface();
  change_status(TaskStatus::stopped);
}

}  // namespace hoplab::models::ecs
