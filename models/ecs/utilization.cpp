#include "models/ecs/utilization.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace hoplab::models::ecs {

using scenarios::TelemetrySource;

Utilization::Utilization(sim::Engine& engine, telemetry::Sink& sink, const Identity& identity,
                         const scenarios::Scenario& scenario)
    : engine_(engine),
      sink_(sink),
      identity_(identity),
      zero_(scenario.start_time),
      has_metrics_(scenario.tells(TelemetrySource::cloudwatch)),
      has_insights_(scenario.tells(TelemetrySource::container_insights)),
      has_task_stats_(scenario.tells(TelemetrySource::ecs)),
      instances_(engine, sink, has_metrics_),
      insights_(sink, identity),
      metadata_(sink, scenario.start_time),
      minute_(scenario.start_time) {}

void Utilization::watch(UsageSource& task) {
  Watched watched;
  watched.source = &task;
  watched.facts = task.facts();
  if (has_insights_) watched.stream = insights_.stream_of(watched.facts);
  const std::size_t counts = task.usage().containers.size() + 1;
  watched.at_sample.resize(counts);
  watched.at_minute.resize(counts);
  tasks_.push_back(std::move(watched));
}

void Utilization::start() {
  if (!has_metrics_ && !has_insights_ && !has_task_stats_) return;
  minute_ = std::chrono::floor<std::chrono::minutes>(now());
  published_ = now();
  engine_.after(sample_interval, sim::call<&Utilization::on_sample>(*this));
}

void Utilization::on_sample() {
  Amount used;
  for (Watched& task : tasks_) {
    const Amount own = sample(task);
    used.cpu += own.cpu;
    used.memory += own.memory;
  }
  sample_cluster(used);
  instances_.sample();
  if (now() - minute_ >= period) {
    publish(minute_);
    minute_ = std::chrono::floor<std::chrono::minutes>(now());
  }
  engine_.after(sample_interval, sim::call<&Utilization::on_sample>(*this));
}

Utilization::Amount Utilization::sample(Watched& task) {
  const TaskUsage usage = task.source->usage();
  sim::Duration cpu{};
  sim::Bytes memory{0};
  for (std::size_t index = 0; index < usage.containers.size(); ++index) {
    const ContainerUsage& container = usage.containers[index];
    cpu += growth(task.at_sample[index], container.cpu_used);
    memory = sim::Bytes(memory.count() + container.memory_used.count());
  }
  cpu += growth(task.at_sample.back(), usage.cpu_beside);
  if (!usage.is_running || task.facts.instance->dead_since) return {};
  const Amount used{cpu_units(cpu, sample_interval), static_cast<double>(memory.count())};
  const auto size = static_cast<double>(task.facts.cpu.count());
  const auto limit = static_cast<double>(task.facts.memory.count());
  Pair& service = services_[task.facts.service];
  if (size > 0) service.cpu.add(used.cpu / size * 100);
  if (limit > 0) service.memory.add(used.memory / limit * 100);
  return used;
}

void Utilization::sample_cluster(Amount used) {
  Amount registered;
  Amount reserved;
  for (const auto& [name, instance] : cluster_->instances()) {
    if (instance->status == ContainerInstance::Status::inactive) continue;
    registered.cpu += static_cast<double>(instance->registered.cpu.count());
    registered.memory += static_cast<double>(instance->registered.memory.count());
    reserved.cpu += static_cast<double>(instance->used.cpu.count());
    reserved.memory += static_cast<double>(instance->used.memory.count());
  }
  if (registered.cpu > 0) {
    used_of_cluster_.cpu.add(used.cpu / registered.cpu * 100);
    reserved_of_cluster_.cpu.add(reserved.cpu / registered.cpu * 100);
  }
  if (registered.memory > 0) {
    used_of_cluster_.memory.add(used.memory / registered.memory * 100);
    reserved_of_cluster_.memory.add(reserved.memory / registered.memory * 100);
  }
}

void Utilization::publish(sim::WallTime minute) {
  const sim::Duration span = now() - published_;
  published_ = now();
  if (has_metrics_) publish_metrics(minute);
  if (span <= sim::Duration::zero()) return;
  // One that has ended, and of which the minute before told the rest, has no more to tell: a crash
  // loop leaves many.
  std::erase_if(tasks_, [](Watched& task) {
    const TaskUsage usage = task.source->usage();
    if (usage.is_running || usage.cpu_beside != task.at_minute.back()) return false;
    for (std::size_t index = 0; index < usage.containers.size(); ++index) {
      const ContainerUsage& container = usage.containers[index];
      if (container.is_running || container.cpu_used != task.at_minute[index]) return false;
    }
    const vpc::InterfaceTraffic& told = task.traffic_at_minute;
    const bool is_silent = usage.traffic.received_packets == told.received_packets &&
                           usage.traffic.sent_packets == told.sent_packets;
    return is_silent && task.source->runtime_stats().started != sim::WallTime{};
  });
  for (Watched& task : tasks_) publish_task(task, minute, span);
  instances_.publish(minute, span);
  if (!has_insights_) return;
  for (const auto& [name, instance] : cluster_->instances()) {
    const InstanceMinute* told = instances_.last_minute(name);
    if (told != nullptr) insights_.write_instance(*instance, *told, {minute, now()});
  }
  insights_.write_services({minute, now()});
  insights_.write_cluster(*cluster_, {minute, now()});
}

void Utilization::publish_metrics(sim::WallTime minute) {
  const std::string cluster = dimension("ClusterName", identity_.cluster);
  for (const auto& [service, pair] : services_) {
    const std::string both = cluster + "," + dimension("ServiceName", service);
    write_metric(sink_, {"AWS/ECS", "CPUUtilization"}, both, pair.cpu, minute);
    write_metric(sink_, {"AWS/ECS", "MemoryUtilization"}, both, pair.memory, minute);
  }
  write_metric(sink_, {"AWS/ECS", "CPUUtilization"}, cluster, used_of_cluster_.cpu, minute);
  write_metric(sink_, {"AWS/ECS", "MemoryUtilization"}, cluster, used_of_cluster_.memory, minute);
  write_metric(sink_, {"AWS/ECS", "CPUReservation"}, cluster, reserved_of_cluster_.cpu, minute);
  write_metric(sink_, {"AWS/ECS", "MemoryReservation"}, cluster, reserved_of_cluster_.memory,
               minute);
  services_.clear();
  used_of_cluster_ = {};
  reserved_of_cluster_ = {};
}

void Utilization::publish_task(Watched& task, sim::WallTime minute, sim::Duration span) {
  const TaskUsage usage = task.source->usage();
  TaskMinute told;
  told.traffic = growth(task.traffic_at_minute, usage.traffic);
  told.span = span;
  for (std::size_t index = 0; index < usage.containers.size(); ++index) {
    told.cpu_time.push_back(growth(task.at_minute[index], usage.containers[index].cpu_used));
  }
  told.cpu_time.push_back(growth(task.at_minute.back(), usage.cpu_beside));
  for (const sim::Duration used : told.cpu_time) told.cpu.push_back(cpu_units(used, span));
  instances_.add_traffic(*task.facts.instance, told.traffic);
  if (!usage.is_running || task.facts.instance->dead_since) return;
  if (!has_insights_ && !has_task_stats_) return;
  const TaskRuntimeStats runtime = task.source->runtime_stats();
  told.throttling_before = std::exchange(task.throttling_at_minute, runtime.throttling);
  const TaskReport report{task.facts, usage, runtime, told};
  if (has_insights_) insights_.write_task(report, task.stream, {minute, now()});
  if (has_task_stats_) metadata_.write(report, now());
}

void Utilization::finish() {
  if (!has_metrics_ && !has_insights_ && !has_task_stats_) return;
  if (now() > published_) publish(minute_);
}

}  // namespace hoplab::models::ecs
