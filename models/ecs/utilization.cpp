#include "models/ecs/utilization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration sample_interval = 20s;
constexpr sim::Duration period = 60s;
constexpr sim::Duration credits_period = 5min;
constexpr double units_per_cpu = 1024;
constexpr std::int64_t bytes_per_megabyte = 1024 * 1024;

std::string dimension(const char* name, const std::string& value) {
  return fmt::format(R"({{"Name":"{}","Value":"{}"}})", name, value);
}

/// Two decimals: what a percentage or a number of CPU units is worth.
std::string rounded(double value) { return fmt::format("{:.2f}", value); }

double units(sim::Duration used, sim::Duration span) {
  return static_cast<double>(used.count()) / static_cast<double>(span.count()) * units_per_cpu;
}

/// What a counter has grown by since it was told last. A container that was started anew counts
/// from nothing; a nanosecond less is rounding.
sim::Duration growth(sim::Duration& told, sim::Duration used) {
  const sim::Duration before = std::exchange(told, used);
  if (used + 1us < before) return used;
  return std::max(used - before, sim::Duration::zero());
}

std::string container_members(const ContainerUsage& container, double cpu) {
  return fmt::format(
      R"("Type":"Container","ContainerName":"{}","Image":"{}","ContainerKnownStatus":"{}",)"
      R"("CpuUtilized":{},"CpuReserved":{},"MemoryUtilized":{},"MemoryReserved":{})",
      container.name, container.image, container.is_running ? "RUNNING" : "STOPPED", rounded(cpu),
      container.cpu_reserved.count(), container.memory_used.count() / bytes_per_megabyte,
      container.memory_reserved.count() / bytes_per_megabyte);
}

}  // namespace

void Utilization::Statistic::add(double value) {
  minimum = count == 0 ? value : std::min(minimum, value);
  maximum = count == 0 ? value : std::max(maximum, value);
  sum += value;
  ++count;
}

Utilization::Utilization(sim::Engine& engine, telemetry::Sink& sink, const Identity& identity,
                         const scenarios::Scenario& scenario)
    : engine_(engine),
      sink_(sink),
      identity_(identity),
      zero_(scenario.start_time),
      minute_(scenario.start_time),
      has_metrics_(scenario.tells(scenarios::TelemetrySource::cloudwatch)),
      has_events_(scenario.tells(scenarios::TelemetrySource::container_insights)) {}

sim::WallTime Utilization::now() const { return zero_ + engine_.now().time_since_epoch(); }

void Utilization::watch(UsageSource& task) {
  Watched watched;
  watched.source = &task;
  watched.facts = task.facts();
  if (has_events_) {
    const std::string instance = identity_.container_instance_arn(watched.facts.host_name);
    watched.stream = sink_.open_log_stream(
        fmt::format("/aws/ecs/containerinsights/{}/performance", identity_.cluster),
        "AgentTelemetry-" + instance.substr(instance.rfind('/') + 1));
  }
  const std::size_t counts = task.usage().containers.size() + 1;
  watched.at_sample.resize(counts);
  watched.at_minute.resize(counts);
  tasks_.push_back(std::move(watched));
}

void Utilization::watch(const ec2::Instance& instance) { hosts_.push_back({&instance, {}}); }

void Utilization::start() {
  if (!has_metrics_ && !has_events_) return;
  minute_ = std::chrono::floor<std::chrono::minutes>(now());
  published_ = now();
  engine_.after(sample_interval, sim::call<&Utilization::on_sample>(*this));
}

void Utilization::on_sample() {
  for (Watched& task : tasks_) sample(task);
  if (now() - minute_ >= period) {
    publish(minute_);
    minute_ = std::chrono::floor<std::chrono::minutes>(now());
  }
  engine_.after(sample_interval, sim::call<&Utilization::on_sample>(*this));
}

void Utilization::sample(Watched& task) {
  const TaskUsage usage = task.source->usage();
  sim::Duration cpu{};
  sim::Bytes memory{0};
  for (std::size_t index = 0; index < usage.containers.size(); ++index) {
    const ContainerUsage& container = usage.containers[index];
    cpu += growth(task.at_sample[index], container.cpu_used);
    memory = sim::Bytes(memory.count() + container.memory_used.count());
  }
  cpu += growth(task.at_sample.back(), usage.cpu_beside);
  if (!usage.is_running || task.facts.instance->dead_since) return;
  const auto size = static_cast<double>(task.facts.cpu.count());
  const auto limit = static_cast<double>(task.facts.memory.count());
  for (Pair* pair : {&services_[task.facts.service], &cluster_}) {
    if (size > 0) pair->cpu.add(units(cpu, sample_interval) / size * 100);
    if (limit > 0) pair->memory.add(static_cast<double>(memory.count()) / limit * 100);
  }
}

void Utilization::publish(sim::WallTime minute) {
  const sim::Duration span = now() - published_;
  published_ = now();
  if (has_metrics_) {
    publish_metrics(minute);
    publish_hosts(minute, span);
  }
  if (!has_events_) return;
  for (Watched& task : tasks_) publish_events(task, minute, span);
}

void Utilization::publish_metrics(sim::WallTime minute) {
  const std::string cluster = dimension("ClusterName", identity_.cluster);
  for (const auto& [service, pair] : services_) {
    const std::string both = cluster + "," + dimension("ServiceName", service);
    write_metric({"AWS/ECS", "CPUUtilization"}, both, pair.cpu, minute);
    write_metric({"AWS/ECS", "MemoryUtilization"}, both, pair.memory, minute);
  }
  write_metric({"AWS/ECS", "CPUUtilization"}, cluster, cluster_.cpu, minute);
  write_metric({"AWS/ECS", "MemoryUtilization"}, cluster, cluster_.memory, minute);
  services_.clear();
  cluster_ = {};
}

void Utilization::publish_hosts(sim::WallTime minute, sim::Duration span) {
  if (span <= 0ns) return;
  for (WatchedHost& host : hosts_) {
    publish_status_checks(*host.instance, minute);
    const sim::Duration used = host.instance->cpu->used();
    const sim::Duration used_now = used - std::exchange(host.at_minute, used);
    if (host.instance->dead_since) continue;  // A gap, not a zero.
    const auto capacity = static_cast<double>(host.instance->type->cpu.count());
    Statistic statistic;
    statistic.add(units(used_now, span) / capacity * 100);
    write_metric({"AWS/EC2", "CPUUtilization"},
                 dimension("InstanceId", Identity::instance_id(host.instance->name)), statistic,
                 minute);
    if (host.instance->credits) publish_credits(host, minute);
  }
}

/// Source: Amazon EC2 User Guide, "Status checks for your instances": each minute.
/// Assumed: two in a row fail before the metric says so.
void Utilization::publish_status_checks(const ec2::Instance& instance, sim::WallTime minute) {
  constexpr sim::Duration noticed_after = 2min;
  const bool has_failed =
      instance.dead_since && engine_.now() - *instance.dead_since >= noticed_after;
  Statistic statistic;
  statistic.add(has_failed ? 1 : 0);
  for (const char* name :
       {"StatusCheckFailed", "StatusCheckFailed_Instance", "StatusCheckFailed_System"}) {
    write_metric({"AWS/EC2", name, "Count"},
                 dimension("InstanceId", Identity::instance_id(instance.name)), statistic, minute);
  }
}

/// Source: Amazon EC2 User Guide, "Additional CloudWatch metrics for burstable performance
///         instances": every five minutes, whatever the monitoring.
void Utilization::publish_credits(WatchedHost& host, sim::WallTime minute) {
  const sim::WallTime period_start =
      std::chrono::floor<std::chrono::minutes>(minute - minute.time_since_epoch() % credits_period);
  if (minute + period != period_start + credits_period) return;
  ec2::CpuCredits& credits = *host.instance->credits;
  const auto write = [&](const char* name, double value) {
    Statistic statistic;
    statistic.add(value);
    write_metric({"AWS/EC2", name, "Count"},
                 dimension("InstanceId", Identity::instance_id(host.instance->name)), statistic,
                 period_start);
  };
  write("CPUCreditUsage", credits.spent() - host.credits_told);
  host.credits_told = credits.spent();
  write("CPUCreditBalance", credits.balance());
  if (!credits.is_unlimited()) return;
  write("CPUSurplusCreditBalance", credits.surplus());
  write("CPUSurplusCreditsCharged", credits.charged());
}

void Utilization::write_metric(MetricName name, const std::string& dimensions,
                               const Statistic& statistic, sim::WallTime minute) {
  if (statistic.count == 0) return;
  sink_.metric(fmt::format(
      R"({{"Namespace":"{}","MetricName":"{}","Dimensions":[{}],"Timestamp":"{}",)"
      R"("StatisticValues":{{"SampleCount":{},"Sum":{},"Minimum":{},"Maximum":{}}},)"
      R"("Unit":"{}"}})",
      name.space, name.name, dimensions, sim::format_iso8601(minute), statistic.count,
      rounded(statistic.sum), rounded(statistic.minimum), rounded(statistic.maximum), name.unit));
}

void Utilization::publish_events(Watched& task, sim::WallTime minute, sim::Duration span) {
  const TaskUsage usage = task.source->usage();
  std::vector<double> cpu;
  for (std::size_t index = 0; index < usage.containers.size(); ++index) {
    const sim::Duration used = growth(task.at_minute[index], usage.containers[index].cpu_used);
    if (span > 0ns) cpu.push_back(units(used, span));
  }
  const sim::Duration beside = growth(task.at_minute.back(), usage.cpu_beside);
  if (!usage.is_running || task.facts.instance->dead_since || span <= 0ns) return;
  cpu.push_back(units(beside, span));
  write_event(task, minute, task_members(task.facts, usage, cpu));
  for (std::size_t index = 0; index < usage.containers.size(); ++index) {
    write_event(task, minute, container_members(usage.containers[index], cpu[index]));
  }
}

std::string Utilization::task_members(const TaskFacts& facts, const TaskUsage& usage,
                                      const std::vector<double>& cpu) const {
  constexpr const char* directive =
      R"("CloudWatchMetrics":[{"Namespace":"ECS/ContainerInsights","Metrics":[)"
      R"({"Name":"CpuUtilized","Unit":"None"},{"Name":"CpuReserved","Unit":"None"},)"
      R"({"Name":"MemoryUtilized","Unit":"Megabytes"},{"Name":"MemoryReserved",)"
      R"("Unit":"Megabytes"}],"Dimensions":[["ClusterName"],["ClusterName",)"
      R"("TaskDefinitionFamily"],["ServiceName","ClusterName"]]}])";
  std::int64_t memory = 0;
  for (const ContainerUsage& container : usage.containers) memory += container.memory_used.count();
  return fmt::format(
      R"("Type":"Task","ServiceName":"{}","AccountID":"{}","Region":"{}","LaunchType":"EC2",)"
      R"("KnownStatus":"RUNNING","CpuUtilized":{},"CpuReserved":{},"MemoryUtilized":{},)"
      R"("MemoryReserved":{},{})",
      facts.service, identity_.account, identity_.region,
      rounded(std::accumulate(cpu.begin(), cpu.end(), 0.0)), facts.cpu.count(),
      memory / bytes_per_megabyte, facts.memory.count() / bytes_per_megabyte, directive);
}

void Utilization::write_event(const Watched& task, sim::WallTime minute, const std::string& text) {
  const std::string instance = identity_.container_instance_arn(task.facts.host_name);
  const std::string message = fmt::format(
      R"({{"Version":"0",{},"TaskId":"{}","TaskDefinitionFamily":"{}",)"
      R"("TaskDefinitionRevision":"{}","ContainerInstanceId":"{}","EC2InstanceId":"{}",)"
      R"("ClusterName":"{}","Timestamp":{}}})",
      text, task.facts.task_id, task.facts.family, task.facts.revision,
      instance.substr(instance.rfind('/') + 1), Identity::instance_id(task.facts.host_name),
      identity_.cluster, sim::epoch_milliseconds(minute));
  sink_.log(task.stream, {minute, now(), message});
}

void Utilization::finish() {
  if (!has_metrics_ && !has_events_) return;
  if (now() > published_) publish(minute_);
}

}  // namespace hoplab::models::ecs
