#include "models/ecs/instance_metrics.hpp"

#include <chrono>
#include <utility>

#include "models/ecs/identity.hpp"

namespace hoplab::models::ecs {

using namespace std::chrono_literals;

void InstanceMetrics::add_traffic(const ec2::Instance& instance,
                                  const vpc::InterfaceTraffic& more) {
  vpc::InterfaceTraffic& sum = traffic_[instance.name];
  sum.received_packets += more.received_packets;
  sum.received_bytes += more.received_bytes;
  sum.sent_packets += more.sent_packets;
  sum.sent_bytes += more.sent_bytes;
}

const InstanceMinute* InstanceMetrics::last_minute(std::string_view name) const {
  const auto found = told_.find(name);
  return found == told_.end() ? nullptr : &found->second;
}

void InstanceMetrics::sample() {
  for (Host& host : hosts_) {
    const sim::Duration used = host.instance->cpu->used();
    const bool is_idle = used == std::exchange(host.at_sample, used);
    host.was_dead = std::exchange(host.is_dead, host.instance->dead_since.has_value()) && is_idle;
  }
}

void InstanceMetrics::publish(sim::WallTime minute, sim::Duration span) {
  told_.clear();
  for (Host& host : hosts_) publish_host(host, minute, span);
  traffic_.clear();
}

void InstanceMetrics::publish_host(Host& host, sim::WallTime minute, sim::Duration span) {
  const ec2::Instance& instance = *host.instance;
  const sim::Duration used = instance.cpu->used();
  const double units = cpu_units(used - std::exchange(host.at_minute, used), span);
  if (instance.has_ended) return;
  if (has_metrics_) publish_status_checks(instance, minute);
  // A gap, not a zero, unless it died as the minute ended; and so where its power came back then.
  if (instance.dead_since && *instance.dead_since < engine_.now()) return;
  if (host.was_dead && !host.is_dead) return;
  if (has_metrics_) publish_own(host, units, minute);
  const vpc::InterfaceTraffic& traffic = traffic_[instance.name];
  told_[instance.name] = {&instance, units,
                          per_second(traffic.received_bytes + traffic.sent_bytes, span)};
}

void InstanceMetrics::publish_own(Host& host, double units, sim::WallTime minute) {
  const ec2::Instance& instance = *host.instance;
  const std::string dimensions = dimension("InstanceId", Identity::instance_id(instance.name));
  const double share = units / static_cast<double>(instance.type->cpu.count()) * 100;
  write_metric(sink_, {"AWS/EC2", "CPUUtilization"}, dimensions, Statistic::of(share), minute);
  publish_network(instance, dimensions, minute);
  if (instance.credits) publish_credits(host, minute);
}

void InstanceMetrics::publish_network(const ec2::Instance& instance, const std::string& dimensions,
                                      sim::WallTime minute) {
  const vpc::InterfaceTraffic& traffic = traffic_[instance.name];
  const auto write = [&](const char* name, const char* unit, std::uint64_t value) {
    write_metric(sink_, {"AWS/EC2", name, unit}, dimensions,
                 Statistic::of(static_cast<double>(value)), minute);
  };
  write("NetworkIn", "Bytes", traffic.received_bytes);
  write("NetworkOut", "Bytes", traffic.sent_bytes);
  write("NetworkPacketsIn", "Count", traffic.received_packets);
  write("NetworkPacketsOut", "Count", traffic.sent_packets);
}

/// Source: Amazon EC2 User Guide, "Status checks for your instances": each minute.
/// Assumed: two in a row fail before the metric says so.
void InstanceMetrics::publish_status_checks(const ec2::Instance& instance, sim::WallTime minute) {
  constexpr sim::Duration noticed_after = 2min;
  const bool has_failed =
      instance.dead_since && engine_.now() - *instance.dead_since >= noticed_after;
  const std::string dimensions = dimension("InstanceId", Identity::instance_id(instance.name));
  for (const char* name :
       {"StatusCheckFailed", "StatusCheckFailed_Instance", "StatusCheckFailed_System"}) {
    write_metric(sink_, {"AWS/EC2", name, "Count"}, dimensions, Statistic::of(has_failed ? 1 : 0),
                 minute);
  }
}

/// Source: Amazon EC2 User Guide, "Additional CloudWatch metrics for burstable performance
///         instances": every five minutes, whatever the monitoring.
void InstanceMetrics::publish_credits(Host& host, sim::WallTime minute) {
  constexpr sim::Duration period = 1min;
  constexpr sim::Duration credits_period = 5min;
  const sim::WallTime period_start =
      std::chrono::floor<std::chrono::minutes>(minute - minute.time_since_epoch() % credits_period);
  if (minute + period != period_start + credits_period) return;
  ec2::CpuCredits& credits = *host.instance->credits;
  const std::string dimensions =
      dimension("InstanceId", Identity::instance_id(host.instance->name));
  const auto write = [&](const char* name, double value) {
    write_metric(sink_, {"AWS/EC2", name, "Count"}, dimensions, Statistic::of(value), period_start);
  };
  write("CPUCreditUsage", credits.spent() - host.credits_told);
  host.credits_told = credits.spent();
  write("CPUCreditBalance", credits.balance());
  if (!credits.is_unlimited()) return;
  write("CPUSurplusCreditBalance", credits.surplus());
  write("CPUSurplusCreditsCharged", credits.charged());
}

}  // namespace hoplab::models::ecs
