#include "models/ecs/metadata_stats.hpp"

#include <fmt/format.h>

#include <chrono>

#include "models/ecs/metric_data.hpp"
#include "sim/random.hpp"

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;

/// Assumed: the machines had been up for so long when the run began.
constexpr sim::Duration up_before = 1h;

std::int64_t vcpus(const ec2::Instance& instance) { return instance.type->cpu.count() / 1024; }

std::string cpu_stats(sim::Duration used, sim::Duration of_system, const ec2::Instance& instance,
                      const Throttling& throttling) {
  return fmt::format(
      R"({{"cpu_usage":{{"total_usage":{0},"usage_in_kernelmode":0,"usage_in_usermode":{0}}},)"
      R"("system_cpu_usage":{1},"online_cpus":{2},"throttling_data":{{"periods":{3},)"
      R"("throttled_periods":{4},"throttled_time":{5}}}}})",
      used.count(), of_system.count(), vcpus(instance), throttling.periods,
      throttling.throttled_periods, throttling.throttled.count());
}

std::string networks(const TaskReport& report) {
  const std::uint64_t sharers = report.usage.containers.size();
  const vpc::InterfaceTraffic& all = report.usage.traffic;
  const vpc::InterfaceTraffic& latest = report.minute.traffic;
  const auto rate = [&](std::uint64_t bytes) {
    return rounded(per_second(bytes, report.minute.span) / static_cast<double>(sharers));
  };
  return fmt::format(
      R"("networks":{{"eth1":{{"rx_bytes":{},"rx_packets":{},"rx_errors":0,"rx_dropped":0,)"
      R"("tx_bytes":{},"tx_packets":{},"tx_errors":0,"tx_dropped":0}}}},)"
      R"("network_rate_stats":{{"rx_bytes_per_sec":{},"tx_bytes_per_sec":{}}})",
      all.received_bytes / sharers, all.received_packets / sharers, all.sent_bytes / sharers,
      all.sent_packets / sharers, rate(latest.received_bytes), rate(latest.sent_bytes));
}

std::string docker_name(const TaskReport& report, std::size_t index) {
  const TaskFacts& facts = report.facts;
  const std::string& container = report.usage.containers[index].name;
  const std::string seed = facts.task_id + "/" + container;
  return fmt::format("/ecs-{}-{}-{}-{:016x}{:04x}", facts.family, facts.revision, container,
                     sim::stable_hash(seed), sim::stable_hash(seed + "/low") & 0xFFFF);
}

std::string stats_of(const TaskReport& report, std::size_t index, sim::WallTime now,
                     sim::WallTime zero) {
  const ContainerUsage& container = report.usage.containers[index];
  const std::int64_t limit = container.memory_reserved.count() > 0
                                 ? container.memory_reserved.count()
                                 : report.facts.memory.count();
  const sim::Duration up = now - zero + up_before;
  const std::int64_t cores = vcpus(*report.facts.instance);
  const sim::Duration span = report.minute.span;
  const sim::Duration used_before = container.cpu_used - report.minute.cpu_time[index];
  return fmt::format(
      R"({{"read":"{}","preread":"{}","pids_stats":{{}},"blkio_stats":)"
      R"({{"io_service_bytes_recursive":[]}},"num_procs":0,)"
      R"("storage_stats":{{}},"cpu_stats":{},"precpu_stats":{},"memory_stats":{{"usage":{},)"
      R"("stats":{{"anon":{},"file":0,"inactive_file":0}},"limit":{}}},"name":"{}","id":"{}",{}}})",
      sim::format_iso8601(now), sim::format_iso8601(now - span),
      cpu_stats(container.cpu_used, up * cores, *report.facts.instance, report.runtime.throttling),
      cpu_stats(used_before, (up - span) * cores, *report.facts.instance,
                report.minute.throttling_before),
      container.memory_used.count(), container.memory_used.count(), limit,
      docker_name(report, index), report.runtime.docker_ids[index], networks(report));
}

}  // namespace

void MetadataStats::write(const TaskReport& report, sim::WallTime now) {
  std::string text = "{";
  for (std::size_t index = 0; index < report.usage.containers.size(); ++index) {
    if (index > 0) text += ',';
    const bool is_there = report.usage.containers[index].is_running;
    text += fmt::format(R"("{}":{})", report.runtime.docker_ids[index],
                        is_there ? stats_of(report, index, now, zero_) : "null");
  }
  sink_.task_stats(report.facts.task_id, now, text + "}");
}

}  // namespace hoplab::models::ecs
