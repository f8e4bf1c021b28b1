#include "models/ecs/container_insights.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <numeric>
#include <utility>

#include "models/ecs/service_scheduler.hpp"

namespace hoplab::models::ecs {
namespace {

constexpr std::int64_t bytes_per_megabyte = 1024 * 1024;

struct Metric {
  const char* name;
  const char* unit;
};

/// "CloudWatchMetrics":[{...}]: which members are metrics, and with which dimensions.
std::string directive(std::initializer_list<Metric> metrics, const char* dimensions) {
  std::string text = R"("CloudWatchMetrics":[{"Namespace":"ECS/ContainerInsights","Metrics":[)";
  const char* separator = "";
  for (const Metric& metric : metrics) {
    text += fmt::format(R"({}{{"Name":"{}","Unit":"{}"}})", separator, metric.name, metric.unit);
    separator = ",";
  }
  return text + fmt::format(R"(],"Dimensions":{}}}])", dimensions);
}

/// Bytes and packets a second, of one of so many that share the interface.
std::string io_members(const TaskMinute& minute, std::size_t sharers) {
  const auto share = [&](std::uint64_t amount) {
    return rounded(per_second(amount, minute.span) / static_cast<double>(sharers));
  };
  const vpc::InterfaceTraffic& traffic = minute.traffic;
  return fmt::format(
      R"("StorageReadBytes":0,"StorageWriteBytes":0,)"
      R"("NetworkRxBytes":{},"NetworkRxDropped":0,"NetworkRxErrors":0,"NetworkRxPackets":{},)"
      R"("NetworkTxBytes":{},"NetworkTxDropped":0,"NetworkTxErrors":0,"NetworkTxPackets":{})",
      share(traffic.received_bytes), share(traffic.received_packets), share(traffic.sent_bytes),
      share(traffic.sent_packets));
}

std::string container_members(const ContainerUsage& container, double cpu) {
  return fmt::format(
      R"("Type":"Container","ContainerName":"{}","Image":"{}","ContainerKnownStatus":"{}",)"
      R"("CpuUtilized":{},"CpuReserved":{},"MemoryUtilized":{},"MemoryReserved":{})",
      container.name, container.image, container.is_running ? "RUNNING" : "STOPPED", rounded(cpu),
      container.cpu_reserved.count(), container.memory_used.count() / bytes_per_megabyte,
      container.memory_reserved.count() / bytes_per_megabyte);
}

/// Members for the instants that have come.
std::string instants(const TaskRuntimeStats& runtime) {
  std::string text;
  const std::initializer_list<std::pair<const char*, sim::WallTime>> all = {
      {"PullStartedAt", runtime.pull_started},
      {"PullStoppedAt", runtime.pull_stopped},
      {"CreatedAt", runtime.created},
      {"StartedAt", runtime.started}};
  for (const auto& [name, instant] : all) {
    if (instant == sim::WallTime{}) continue;
    text += fmt::format(R"("{}":{},)", name, sim::epoch_milliseconds(instant));
  }
  return text;
}

std::string usage_members(const TaskReport& report) {
  std::int64_t memory = 0;
  for (const ContainerUsage& container : report.usage.containers) {
    memory += container.memory_used.count();
  }
  const std::vector<double>& cpu = report.minute.cpu;
  return fmt::format(R"("CpuUtilized":{},"CpuReserved":{},"MemoryUtilized":{},"MemoryReserved":{})",
                     rounded(std::accumulate(cpu.begin(), cpu.end(), 0.0)),
                     report.facts.cpu.count(), memory / bytes_per_megabyte,
                     report.facts.memory.count() / bytes_per_megabyte);
}

}  // namespace

telemetry::LogStreamId ContainerInsights::open(const std::string& name) {
  return sink_.open_log_stream(
      fmt::format("/aws/ecs/containerinsights/{}/performance", identity_.cluster), name);
}

std::string ContainerInsights::id_of_container_instance(const std::string& host_name) const {
  const std::string arn = identity_.container_instance_arn(host_name);
  return arn.substr(arn.rfind('/') + 1);
}

telemetry::LogStreamId ContainerInsights::stream_of(const TaskFacts& task) {
  return open("AgentTelemetry-" + id_of_container_instance(task.host_name));
}

void ContainerInsights::watch(const ServiceScheduler& service) {
  services_.push_back({&service, open("ServiceTelemetry-" + service.name())});
}

std::string ContainerInsights::place_of(const TaskFacts& task) const {
  return fmt::format(R"("TaskId":"{}","TaskDefinitionFamily":"{}","TaskDefinitionRevision":"{}",)"
                     R"("ContainerInstanceId":"{}","EC2InstanceId":"{}")",
                     task.task_id, task.family, task.revision,
                     id_of_container_instance(task.host_name),
                     Identity::instance_id(task.host_name));
}

void ContainerInsights::write(telemetry::LogStreamId stream, const std::string& members,
                              When when) {
  sink_.log(stream,
            {when.minute, when.now,
             fmt::format(R"({{"Version":"0",{},"ClusterName":"{}","Timestamp":{}}})", members,
                         identity_.cluster, sim::epoch_milliseconds(when.minute))});
}

void ContainerInsights::write_task(const TaskReport& report, telemetry::LogStreamId stream,
                                   When when) {
  static const std::string metrics = directive(
      {{"CpuUtilized", "None"},
       {"CpuReserved", "None"},
       {"MemoryUtilized", "Megabytes"},
       {"MemoryReserved", "Megabytes"},
       {"StorageReadBytes", "Bytes/Second"},
       {"StorageWriteBytes", "Bytes/Second"},
       {"NetworkRxBytes", "Bytes/Second"},
       {"NetworkTxBytes", "Bytes/Second"}},
      R"([["ClusterName"],["ClusterName","TaskDefinitionFamily"],["ServiceName","ClusterName"]])");
  const std::string place = place_of(report.facts);
  write(stream,
        fmt::format(R"("Type":"Task","ServiceName":"{}","AccountID":"{}","Region":"{}",)"
                    R"("AvailabilityZone":"{}","KnownStatus":"RUNNING","LaunchType":"EC2",{}{},{},)"
                    R"({},{})",
                    report.facts.service, identity_.account, identity_.region,
                    report.facts.instance->subnet->availability_zone, instants(report.runtime),
                    usage_members(report), io_members(report.minute, 1), metrics, place),
        when);
  const std::size_t sharers = report.usage.containers.size();
  const std::string io = io_members(report.minute, sharers);
  for (std::size_t index = 0; index < sharers; ++index) {
    const ContainerUsage& container = report.usage.containers[index];
    write(
        stream,
        fmt::format("{},{},{}", container_members(container, report.minute.cpu[index]), io, place),
        when);
  }
}

void ContainerInsights::write_instance(const ContainerInstance& instance,
                                       const InstanceMinute& told, When when) {
  static const std::string metrics =
      directive({{"instance_cpu_utilization", "Percent"},
                 {"instance_cpu_reserved_capacity", "Percent"},
                 {"instance_memory_utilization", "Percent"},
                 {"instance_memory_reserved_capacity", "Percent"},
                 {"instance_network_total_bytes", "Bytes/Second"},
                 {"instance_number_of_running_tasks", "Count"}},
                R"([["ClusterName"],["InstanceId","ContainerInstanceId","ClusterName"]])");
  static const std::string of_cluster_alone = directive({{"instance_cpu_limit", "None"},
                                                         {"instance_cpu_usage_total", "None"},
                                                         {"instance_memory_limit", "Bytes"},
                                                         {"instance_memory_working_set", "Bytes"}},
                                                        R"([["ClusterName"]])");
  // Both directives stand in one list.
  const std::string both = metrics.substr(0, metrics.size() - 1) + "," +
                           of_cluster_alone.substr(of_cluster_alone.find('{'));
  const std::string id = id_of_container_instance(instance.host_name);
  const auto cpu = static_cast<double>(told.instance->type->cpu.count());
  const auto memory = static_cast<double>(told.instance->type->memory.count());
  const sim::Bytes held = told.instance->memory->used();
  const auto percent = [](double part, double whole) { return rounded(part / whole * 100); };
  write(open("instanceTelemetry/" + id),
        fmt::format(
            R"("Type":"Instance","InstanceId":"{}","ContainerInstanceId":"{}","InstanceType":"{}",)"
            R"("instance_cpu_limit":{},"instance_cpu_usage_total":{},)"
            R"("instance_cpu_utilization":{},"instance_cpu_reserved_capacity":{},)"
            R"("instance_memory_limit":{},"instance_memory_working_set":{},)"
            R"("instance_memory_utilization":{},"instance_memory_reserved_capacity":{},)"
            R"("instance_network_total_bytes":{},"instance_number_of_running_tasks":{},{})",
            Identity::instance_id(instance.host_name), id, instance.instance_type,
            told.instance->type->cpu.count(), rounded(told.cpu_units), percent(told.cpu_units, cpu),
            percent(static_cast<double>(instance.used.cpu.count()), cpu),
            told.instance->type->memory.count(), held.count(),
            percent(static_cast<double>(held.count()), memory),
            percent(static_cast<double>(instance.used.memory.count()), memory),
            rounded(told.network_bytes_per_second), instance.running_tasks, both),
        when);
}

void ContainerInsights::write_services(When when) {
  static const std::string metrics = directive({{"DesiredTaskCount", "Count"},
                                                {"RunningTaskCount", "Count"},
                                                {"PendingTaskCount", "Count"},
                                                {"DeploymentCount", "Count"},
                                                {"TaskSetCount", "Count"}},
                                               R"([["ServiceName","ClusterName"]])");
  for (const Service& service : services_) {
    const ServiceScheduler& it = *service.scheduler;
    const ServiceScheduler::TaskCounts tasks = it.task_counts();
    write(service.stream,
          fmt::format(R"("Type":"Service","ServiceName":"{}","DesiredTaskCount":{},)"
                      R"("RunningTaskCount":{},"PendingTaskCount":{},"DeploymentCount":{},)"
                      R"("TaskSetCount":0,{})",
                      it.name(), it.desired_count(), tasks.running, tasks.pending,
                      it.deployments().size(), metrics),
          when);
  }
}

void ContainerInsights::write_cluster(const Cluster& cluster, When when) {
  static const std::string metrics = directive(
      {{"TaskCount", "Count"}, {"ContainerInstanceCount", "Count"}, {"ServiceCount", "Count"}},
      R"([["ClusterName"]])");
  int tasks = 0;
  int instances = 0;
  for (const auto& [name, instance] : cluster.instances()) {
    if (instance->status == ContainerInstance::Status::inactive) continue;
    tasks += instance->running_tasks;
    ++instances;
  }
  write(open("ClusterTelemetry-" + identity_.cluster),
        fmt::format(R"("Type":"Cluster","TaskCount":{},"ContainerInstanceCount":{},)"
                    R"("ServiceCount":{},{})",
                    tasks, instances, services_.size(), metrics),
        when);
}

}  // namespace hoplab::models::ecs
