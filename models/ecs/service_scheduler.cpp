#include "models/ecs/service_scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/ecs/documents.hpp"

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t events_kept = 100;
constexpr std::string_view troubleshooting =
    " For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

std::string tasks_named(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += fmt::format(" (task {})", id);
  return text;
}

}  // namespace

ServiceScheduler::ServiceScheduler(const Parts& parts, const scenarios::Service& service,
                                   const Revision& revision)
    : parts_(parts),
      service_(service),
      rng_(sim::Rng::stream(parts.engine.seed(), "ecs-service/" + service.name)),
      desired_(service.desired_count) {
  Deployment& first = deployments_.emplace_back();
  first.id = Identity::deployment_id(service.name, 1);
  first.revision = &revision;
  first.has_run_a_task = true;
  first.created = first.updated = parts.zero - 60s;
}

sim::WallTime ServiceScheduler::now() const {
  return parts_.zero + parts_.engine.now().time_since_epoch();
}

void ServiceScheduler::adopt(Task& task, ContainerInstance& instance) {
  Member& member = members_.emplace_back();
  member.task = &task;
  member.instance = &instance;
  member.resources = resources_of(*task.spec().definition);
  member.deployment = primary().id;
  by_task_id_[task.id()] = &member;
  ++tasks_by_host_[instance.host_name];
  instance.take(member.resources);
  count_on_instance(member);
}

void ServiceScheduler::start(bool is_cold) {
  is_acting_ = true;
  Deployment& first = primary();
  if (is_cold) {
    first.rollout = Deployment::Rollout::in_progress;
    first.reason = fmt::format("ECS deployment {} in progress.", first.id);
    first.has_run_a_task = false;
    first.created = first.updated = now();
    is_steady_ = desired_ == 0;
    look_after(0s);
  } else {
    first.reason = fmt::format("ECS deployment {} completed.", first.id);
    history_.push_back(first.revision);
  }
  tell();
}

ServiceScheduler::TaskCounts ServiceScheduler::task_counts() const {
  TaskCounts counts;
  for (const Member& member : members_) {
    if (!member.task->is_wanted()) continue;
    ++(member.task->is_running() ? counts.running : counts.pending);
  }
  return counts;
}

ServiceScheduler::Member* ServiceScheduler::find(const Task& task) {
  const auto found = by_task_id_.find(task.id());
  return found == by_task_id_.end() ? nullptr : found->second;
}

Deployment* ServiceScheduler::find_deployment(const std::string& id) {
  const auto found = std::ranges::find(deployments_, id, &Deployment::id);
  return found == deployments_.end() ? nullptr : &*found;
}

// --- What it hears ----------------------------------------------------------------------------

void ServiceScheduler::on_task_status(Task& task) {
  Member* member = find(task);
  if (member == nullptr) return;
  count_on_instance(*member);
  if (task.status() == TaskStatus::running) {
    failures_in_a_row_ = 0;
    if (Deployment* deployment = find_deployment(member->deployment)) {
      deployment->has_run_a_task = true;
    }
  }
  if (task.status() == TaskStatus::stopped) on_stopped(*member);
  if (!is_acting_) return;
  if (!task.is_wanted() && !std::exchange(member->is_leaving, true)) is_steady_ = false;
  look_after(reaction);
}

void ServiceScheduler::on_task_health(Task& task) {
  Member* member = find(task);
  if (member == nullptr || !is_acting_ || !task.is_wanted()) return;
  look_after(reaction);
  if (task.health() != Health::unhealthy) return;
  is_steady_ = false;
  using Discovery = scenarios::VirtualNodeSettings::Discovery;
  if (service_.node.discovery == Discovery::cloud_map) {
    service_action("WARN", "SERVICE_DISCOVERY_INSTANCE_UNHEALTHY");
  }
  if (!is_failing(*member)) {
    look_after(task.started_at() + service_.health_check_grace - parts_.engine.now());
  }
}

void ServiceScheduler::on_stopped(Member& member) {
  if (std::exchange(member.is_forgotten, true)) return;
  member.instance->give_back(member.resources);
  --tasks_by_host_[member.instance->host_name];
  const Task& task = *member.task;
  const bool was_unwanted = task.stop_code() == "ServiceSchedulerInitiated" ||
                            task.stop_code() == "UserInitiated" ||
                            task.stop_code() == "TerminationNotice";
  if (!task.has_reached_running() && !was_unwanted) count_failure(member, "failed to start");
}

// The next start waits; the circuit breaker counts.
void ServiceScheduler::count_failure(Member& member, std::string_view why) {
  if (std::exchange(member.has_failed, true)) return;
  if (!member.task->has_reached_running()) {
    may_start_at_ = parts_.engine.now() + start_back_off(++failures_in_a_row_);
    if (failures_in_a_row_ == failures_until_told) {
      say(fmt::format("(service {}) is unable to consistently start tasks successfully.{}",
                      service_.name, troubleshooting));
      service_action("WARN", "SERVICE_TASK_START_IMPAIRED");
    }
  }
  Deployment* deployment = find_deployment(member.deployment);
  if (deployment == nullptr || deployment->rollout != Deployment::Rollout::in_progress) return;
  ++deployment->failed_tasks;
  // Once a task of it has run, a start that fails no longer condemns the deployment.
  if (!member.task->has_reached_running() && deployment->has_run_a_task) return;
  deployment->updated = now();
  const auto& breaker = service_.deployment.circuit_breaker;
  if (breaker.is_enabled && deployment == &primary() &&
      deployment->failed_tasks >= breaker_threshold(desired_, breaker)) {
    trip(*deployment, why);
  }
}

void ServiceScheduler::trip(Deployment& deployment, std::string_view why) {
  deployment.rollout = Deployment::Rollout::failed;
  deployment.reason = fmt::format("ECS deployment circuit breaker: tasks {}.", why);
  deployment_event(deployment, "ERROR", "SERVICE_DEPLOYMENT_FAILED",
                   fmt::format("ECS deployment circuit breaker: task {}.", why));
  say(fmt::format("(service {}) (deployment {}) deployment failed: tasks {}.", service_.name,
                  deployment.id, why));
  if (!service_.deployment.circuit_breaker.rolls_back || history_.empty()) return;
  roll_back_to_completed();
}

// The last one that was completed: where it still has tasks it is the primary one again, and these
// stay.
void ServiceScheduler::roll_back_to_completed() {
  const auto standing = std::ranges::find_if(deployments_, [&](const Deployment& it) {
    return it.rollout == Deployment::Rollout::completed && it.revision == history_.back();
  });
  const std::string id = standing == deployments_.end()
                             ? Identity::deployment_id(service_.name, deployments_made_ + 1)
                             : standing->id;
  const std::string reason =
      fmt::format("ECS deployment circuit breaker: rolling back to deploymentId {}.", id);
  say(fmt::format("(service {}) rolling back to (deployment {})", service_.name, id));
  if (standing == deployments_.end()) return begin_deployment(*history_.back(), reason, true);
  Deployment before = *standing;
  deployments_.erase(standing);
  before.rollout = Deployment::Rollout::in_progress;
  before.reason = reason;
  before.is_rollback = true;
  before.updated = now();
  deployments_.push_front(std::move(before));
  is_steady_ = false;
  failures_in_a_row_ = 0;
  may_start_at_ = parts_.engine.now();
  deployment_event(primary(), "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", reason);
  look_after(reaction);
  tell();
}

// --- What it is told to do --------------------------------------------------------------------

void ServiceScheduler::update(const ServiceUpdate& update) {
  if (update.desired_count && *update.desired_count != desired_) {
    desired_ = *update.desired_count;
    is_steady_ = false;
    service_action("INFO", "SERVICE_DESIRED_COUNT_UPDATED");
  }
  const Revision& revision = update.revision == nullptr ? *primary().revision : *update.revision;
  const bool is_new = &revision != primary().revision;
  if (is_new || update.force_new_deployment) begin_deployment(revision, "", false);
  tell();
  look_after(reaction);
}

bool ServiceScheduler::roll_back() {
  const auto other = std::ranges::find_if(history_.rbegin(), history_.rend(),
                                          [&](const auto* it) { return it != primary().revision; });
  if (other == history_.rend()) return false;
  begin_deployment(**other, "", false);
  look_after(reaction);
  return true;
}

void ServiceScheduler::begin_deployment(const Revision& revision, std::string reason,
                                        bool is_rollback) {
  Deployment& deployment = deployments_.emplace_front();
  deployment.id = Identity::deployment_id(service_.name, ++deployments_made_);
  deployment.revision = &revision;
  deployment.rollout = Deployment::Rollout::in_progress;
  deployment.reason =
      reason.empty() ? fmt::format("ECS deployment {} in progress.", deployment.id) : reason;
  deployment.is_rollback = is_rollback;
  deployment.created = deployment.updated = now();
  is_steady_ = false;
  failures_in_a_row_ = 0;
  may_start_at_ = parts_.engine.now();
  placement_complaint_.clear();
  deployment_event(deployment, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", deployment.reason);
  look_after(reaction);
  tell();
}

// --- What it does -----------------------------------------------------------------------------

// The earliest look that was asked for.
void ServiceScheduler::look_after(sim::Duration delay) {
  const sim::SimTime at = parts_.engine.now() + std::max(delay, sim::Duration::zero());
  if (next_look_.is_set() && next_look_at_ <= at) return;
  parts_.engine.cancel(next_look_);
  next_look_at_ = at;
  next_look_ = parts_.engine.at(at, sim::call<&ServiceScheduler::look>(*this));
}

bool ServiceScheduler::is_usable(const Member& member) const {
  const Task& task = *member.task;
  return task.is_running() && task.is_wanted() && !must_go(member) &&
         (!task.has_health_check() || task.health() == Health::healthy);
}

bool ServiceScheduler::is_failing(const Member& member) const {
  const Task& task = *member.task;
  if (!task.is_wanted() || task.health() != Health::unhealthy) return false;
  // One that is not yet RUNNING has no grace to lose: its start is what fails.
  return !task.has_reached_running() ||
         parts_.engine.now() - task.started_at() >= service_.health_check_grace;
}

bool ServiceScheduler::must_go(const Member& member) const {
  return is_failing(member) || member.instance->status == ContainerInstance::Status::draining;
}

ServiceScheduler::Counts ServiceScheduler::count() const {
  Counts counts;
  for (const Member& member : members_) {
    if (member.is_forgotten || !member.task->is_wanted()) continue;
    ++counts.wanted;
    const bool usable = is_usable(member);
    if (usable) ++counts.usable;
    if (member.deployment != primary().id) {
      ++counts.old;
    } else if (!must_go(member)) {
      ++counts.primary;
      if (usable) ++counts.primary_running;
    }
  }
  return counts;
}

void ServiceScheduler::look() {
  next_look_ = {};
  stop_unhealthy();
  stop_drained();
  stop_old();
  scale_in();
  start_missing(count());
  settle();
  tell();
}

void ServiceScheduler::start_missing(const Counts& counts) {
  if (primary().rollout == Deployment::Rollout::failed) return;
  const int room = most_tasks(desired_, service_.deployment.maximum_percent) - counts.wanted;
  int missing = std::min(desired_ - counts.primary, room);
  if (missing <= 0) return complain_of_deadlock(counts);
  if (parts_.engine.now() < may_start_at_) return look_after(may_start_at_ - parts_.engine.now());
  std::vector<std::string> started;
  const Resources wanted = resources_of(*primary().revision->definition);
  for (; missing > 0; --missing) {
    const Placed placed = parts_.cluster.place({.wanted = wanted,
                                                .strategy = &service_.placement_strategy,
                                                .preferred = &service_.placement,
                                                .tasks_by_host = &tasks_by_host_},
                                               rng_);
    if (placed.instance == nullptr) {
      complain_of_placement(placed);
      look_after(placement_retry);
      break;
    }
    placement_complaint_.clear();
    placed.instance->take(wanted);
    ++tasks_by_host_[placed.instance->host_name];
    // The task tells of itself at once, so it is known before it is made.
    Task& task = parts_.launcher.launch(service_.name, primary(), *placed.instance);
    Member& member = members_.emplace_back();
    member.task = &task;
    member.instance = placed.instance;
    member.resources = wanted;
    member.deployment = primary().id;
    by_task_id_[task.id()] = &member;
    count_on_instance(member);
    started.push_back(task.id());
  }
  if (started.empty()) return;
  is_steady_ = false;
  say(fmt::format("(service {}) has started {} tasks:{}.", service_.name, started.size(),
                  tasks_named(started)));
}

// It may neither start a task before it stops one nor stop one before it starts one.
void ServiceScheduler::complain_of_deadlock(const Counts& counts) {
  const auto& settings = service_.deployment;
  const bool can_start = most_tasks(desired_, settings.maximum_percent) > desired_;
  const bool can_stop = least_healthy(desired_, settings.minimum_healthy_percent) < desired_;
  if (can_start || can_stop || counts.old == 0 || counts.primary >= desired_) return;
  const std::string text = fmt::format(
      "(service {}) was unable to stop or start tasks during a deployment because of the service "
      "deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try "
      "again.",
      service_.name);
  if (std::exchange(placement_complaint_, text) != text) say(text);
}

void ServiceScheduler::complain_of_placement(const Placed& placed) {
  std::string text = fmt::format(
      "(service {}) was unable to place a task because no container instance met all of its "
      "requirements.",
      service_.name);
  if (!placed.closest.empty()) {
    const std::string arn = parts_.identity.container_instance_arn(placed.closest);
    text += fmt::format(" The closest matching (container-instance {}) {}",
                        arn.substr(arn.rfind('/') + 1), placed.reason);
  }
  text += troubleshooting;
  if (placement_complaint_ == text) return;
  placement_complaint_ = text;
  say(text);
  service_action("ERROR", "SERVICE_TASK_PLACEMENT_FAILURE", placed.event_reason);
}

// Unhealthy tasks: once they are replaced, or to make room for that.
void ServiceScheduler::stop_unhealthy() {
  const Counts counts = count();
  const int room = most_tasks(desired_, service_.deployment.maximum_percent) - counts.wanted;
  const bool are_replaced = counts.primary_running >= desired_;
  std::vector<Member*> leaving;
  for (Member& member : members_) {
    if (member.is_forgotten || !is_failing(member)) continue;
    const bool is_starting = !member.task->has_reached_running();
    if (is_starting || are_replaced || room <= 0) leaving.push_back(&member);
  }
  for (Member* member : leaving) {
    say(fmt::format("(service {}) (task {}) failed container health checks.", service_.name,
                    member->task->id()));
    count_failure(*member, "failed container health checks");
  }
  stop_members(leaving, "Task failed container health checks");
}

// Tasks of draining instances: as far as enough others serve.
void ServiceScheduler::stop_drained() {
  const Counts counts = count();
  int serving = counts.usable;
  std::vector<Member*> leaving;
  std::vector<Member*> drained;
  for (Member& member : members_) {
    if (member.is_forgotten || !member.task->is_wanted() || is_failing(member) ||
        !must_go(member)) {
      continue;
    }
    const bool serves = member.task->is_running();
    if (serves) ++serving;
    (serves ? drained : leaving).push_back(&member);
  }
  const int least = least_healthy(desired_, service_.deployment.minimum_healthy_percent);
  const int spare = std::clamp(serving - least, 0, static_cast<int>(drained.size()));
  leaving.insert(leaving.end(), drained.begin(), drained.begin() + spare);
  stop_members(leaving, fmt::format("Scaling activity initiated by (deployment {})", primary().id));
}

void ServiceScheduler::stop_old() {
  const Counts counts = count();
  if (counts.old == 0) return;
  const int least = least_healthy(desired_, service_.deployment.minimum_healthy_percent);
  int spare = std::max(counts.usable - least, 0);
  std::vector<Member*> leaving;
  for (Member& member : members_) {
    if (member.is_forgotten || !member.task->is_wanted() || member.deployment == primary().id) {
      continue;
    }
    const bool serves = is_usable(member);
    if (serves && spare-- <= 0) continue;
    leaving.push_back(&member);
  }
  stop_members(leaving, fmt::format("Scaling activity initiated by (deployment {})", primary().id));
}

// One by one from the zone, then the host, that has most; of its tasks those that do not run yet,
// then the youngest.
void ServiceScheduler::scale_in() {
  std::vector<Member*> staying;
  for (Member& member : members_) {
    const bool counts = !member.is_forgotten && member.task->is_wanted() &&
                        member.deployment == primary().id && !must_go(member);
    if (counts) staying.push_back(&member);
  }
  std::vector<Member*> leaving;
  while (static_cast<int>(staying.size()) > desired_) {
    std::map<std::string, int> zones;
    std::map<std::string, int> hosts;
    for (const Member* member : staying) {
      ++zones[member->instance->availability_zone];
      ++hosts[member->instance->host_name];
    }
    const auto weight = [&](const Member* it) {
      return std::tuple(!it->task->has_reached_running(), zones[it->instance->availability_zone],
                        hosts[it->instance->host_name], it->task->spec().index);
    };
    const auto victim = std::ranges::max_element(staying, {}, weight);
    leaving.push_back(*victim);
    staying.erase(victim);
  }
  stop_members(leaving, fmt::format("Scaling activity initiated by (deployment {})", primary().id));
}

void ServiceScheduler::stop_members(const std::vector<Member*>& members, std::string_view reason) {
  if (members.empty()) return;
  is_steady_ = false;
  std::vector<std::string> ids;
  for (const Member* member : members) ids.push_back(member->task->id());
  for (Member* member : members) member->task->stop("ServiceSchedulerInitiated", reason);
  say(fmt::format("(service {}) has stopped {} running tasks:{}.", service_.name, ids.size(),
                  tasks_named(ids)));
}

void ServiceScheduler::settle() {
  const Counts counts = count();
  const auto has_tasks = [&](const Deployment& it) {
    return std::ranges::any_of(members_, [&](const Member& member) {
      return !member.is_forgotten && member.task->is_wanted() && member.deployment == it.id;
    });
  };
  const std::string primary_id = primary().id;
  std::erase_if(deployments_,
                [&](const Deployment& it) { return it.id != primary_id && !has_tasks(it); });
  const bool is_whole = counts.primary_running == desired_ && counts.wanted == desired_;
  if (!is_whole || primary().rollout == Deployment::Rollout::failed) return;
  if (primary().rollout == Deployment::Rollout::in_progress && deployments_.size() == 1) {
    primary().rollout = Deployment::Rollout::completed;
    primary().reason = fmt::format("ECS deployment {} completed.", primary().id);
    primary().updated = now();
    history_.push_back(primary().revision);
    say(fmt::format("(service {}) (deployment {}) deployment completed.", service_.name,
                    primary().id));
    deployment_event(primary(), "INFO", "SERVICE_DEPLOYMENT_COMPLETED", primary().reason);
  }
  if (is_steady_ || deployments_.size() > 1) return;
  is_steady_ = true;
  say(fmt::format("(service {}) has reached a steady state.", service_.name));
  service_action("INFO", "SERVICE_STEADY_STATE");
}

// --- What it says -----------------------------------------------------------------------------

void ServiceScheduler::count_on_instance(Member& member) {
  ContainerInstance& instance = *member.instance;
  const auto slot = [&](TaskStatus status) -> int* {
    if (status == TaskStatus::running) return &instance.running_tasks;
    return status < TaskStatus::running ? &instance.pending_tasks : nullptr;
  };
  if (int* before = slot(member.counted_as)) --*before;
  member.counted_as = member.task->status();
  if (int* after = slot(member.counted_as)) ++*after;
}

void ServiceScheduler::say(const std::string& message) {
  const std::string name = fmt::format("service-event/{}/{}", service_.name, ++events_made_);
  events_.push_front({parts_.identity.uuid(name), now(), message});
  if (events_.size() > events_kept) events_.pop_back();
}

void ServiceScheduler::tell() {
  if (!parts_.is_telling) return;
  std::string document = ServiceDocument(*this).describe_services();
  if (document == last_told_) return;
  parts_.sink.ecs_service(now(), document);
  last_told_ = std::move(document);
}

void ServiceScheduler::service_action(std::string_view type, std::string_view name,
                                      const std::string& reason) {
  if (!parts_.is_telling) return;
  std::string detail =
      fmt::format(R"({{"eventType":"{}","eventName":"{}","clusterArn":"{}","createdAt":"{}")", type,
                  name, parts_.identity.cluster_arn(), sim::format_iso8601(now()));
  if (!reason.empty()) detail += fmt::format(R"(,"reason":"{}")", reason);
  detail += "}";
  const std::string id = fmt::format("event/service/{}/{}/{}", service_.name, name, ++events_made_);
  parts_.sink.ecs_event(event_bridge_envelope(
      parts_.identity,
      {"ECS Service Action", id, parts_.identity.service_arn(service_.name), now()}, detail));
}

void ServiceScheduler::deployment_event(const Deployment& deployment, std::string_view type,
                                        std::string_view name, const std::string& reason) {
  if (!parts_.is_telling) return;
  const std::string detail = fmt::format(
      R"({{"eventType":"{}","eventName":"{}","deploymentId":"{}","updatedAt":"{}","reason":"{}"}})",
      type, name, deployment.id, sim::format_iso8601(now()), reason);
  const std::string id =
      fmt::format("event/deployment/{}/{}/{}", deployment.id, name, ++events_made_);
  parts_.sink.ecs_event(event_bridge_envelope(
      parts_.identity,
      {"ECS Deployment State Change", id, parts_.identity.service_arn(service_.name), now()},
      detail));
}

}  // namespace hoplab::models::ecs
