#include "models/serviceconnect/metrics.hpp"

#include <fmt/format.h>

#include <utility>

#include "models/envoy/config.hpp"
#include "models/envoy/stat_pages.hpp"

namespace hoplab::models::serviceconnect {
namespace {

/// Sorted by name, as everything in metrics.jsonl.
std::string dimensions_of(const char* kind, const std::string& name, const std::string& service,
                          const std::string& cluster) {
  const std::string named = ecs::dimension(kind, name);
  const std::string served = ecs::dimension("ServiceName", service);
  const bool is_before = std::string_view(kind) < "ServiceName";
  return ecs::dimension("ClusterName", cluster) + "," +
         (is_before ? named + "," + served : served + "," + named);
}

}  // namespace

Metrics::Metrics(telemetry::Sink& sink, std::string cluster)
    : sink_(sink), cluster_(std::move(cluster)) {}

void Metrics::Sets::add(Metric metric, std::uint64_t value) const {
  of_name->metrics[metric].add(static_cast<double>(value));
  of_service->metrics[metric].add(static_cast<double>(value));
}

Metrics::Sets Metrics::sets_of(const char* kind, const std::string& name,
                               const std::string& service) {
  Minute& of_name = minutes_[ecs::dimension(kind, name)];
  Minute& of_service = minutes_[dimensions_of(kind, name, service, cluster_)];
  return {&of_name, &of_service};
}

void Metrics::read(const std::string& process, const scenarios::Service& service,
                   const envoy::Stats& stats) {
  Told& told = told_[process];
  constexpr auto ingress = static_cast<std::size_t>(envoy::Direction::ingress);
  if (service.connect.is_endpoint) read_inbound(told, service, stats.http[ingress]);
  told.targets.resize(stats.targets.size());
  for (std::size_t index = 0; index < stats.targets.size(); ++index) {
    const envoy::TargetStats& now = stats.targets[index];
    if (now.requests == 0) continue;
    const Sets sets = sets_of("TargetDiscoveryName", now.service, service.name);
    read_target(told.targets[index], sets, now, stats.target_times[index].cumulative());
  }
}

void Metrics::read_inbound(Told& told, const scenarios::Service& service,
                           const envoy::HttpStats& stats) {
  if (stats.cx_total == 0) return;
  const Sets sets = sets_of("DiscoveryName", service.connect.discovery_name, service.name);
  sets.add(active_connections, stats.cx_active);
  const auto add = [&](Metric metric, std::uint64_t& before, std::uint64_t now) {
    if (now > 0) sets.add(metric, now - std::exchange(before, now));
  };
  add(new_connections, told.connections, stats.cx_total);
  add(processed_bytes, told.bytes, stats.cx_rx_bytes + stats.cx_tx_bytes);
  add(requests, told.requests, stats.rq_completed);
}

void Metrics::read_target(Target& told, const Sets& sets, const envoy::TargetStats& now,
                          const envoy::LogLinearBins& times) {
  constexpr std::size_t first_class = 2;
  for (std::size_t digit = first_class; digit < now.classes.size(); ++digit) {
    if (now.classes[digit] == 0) continue;
    sets.add(static_cast<Metric>(class_2xx + digit - first_class),
             now.classes[digit] - told.counts.classes[digit]);
  }
  sets.add(requests_per_target, now.requests - told.counts.requests);
  sets.add(target_bytes, now.bytes - told.counts.bytes);
  told.counts = now;
  told.below.resize(envoy::prometheus_bounds.size());
  std::uint64_t before = 0;
  std::uint64_t earlier = 0;
  for (std::size_t index = 0; index < envoy::prometheus_bounds.size(); ++index) {
    const double bound = envoy::prometheus_bounds[index];
    const std::uint64_t below = times.count_below(bound);
    const std::uint64_t told_below = std::exchange(told.below[index], below);
    const std::uint64_t added = (below - before) - (told_below - earlier);
    before = below;
    earlier = told_below;
    if (added == 0) continue;
    sets.of_name->response_times[bound] += added;
    sets.of_service->response_times[bound] += added;
  }
}

void Metrics::publish(sim::WallTime start) {
  for (const auto& [dimensions, minute] : minutes_) {
    for (std::size_t metric = 0; metric < names.size(); ++metric) {
      ecs::write_metric(sink_, names[metric], dimensions, minute.metrics[metric], start);
    }
    if (!minute.response_times.empty()) write_response_times(dimensions, minute, start);
  }
  minutes_.clear();
}

void Metrics::write_response_times(const std::string& dimensions, const Minute& minute,
                                   sim::WallTime start) {
  std::string values;
  std::string counts;
  std::uint64_t samples = 0;
  double sum = 0;
  for (const auto& [bound, count] : minute.response_times) {
    const char* between = values.empty() ? "" : ",";
    values += fmt::format("{}{}", between, bound);
    counts += fmt::format("{}{}", between, count);
    samples += count;
    sum += bound * static_cast<double>(count);
  }
  sink_.metric(fmt::format(
      R"({{"Namespace":"AWS/ECS","MetricName":"TargetResponseTime","Dimensions":[{}],)"
      R"("Timestamp":"{}","Values":[{}],"Counts":[{}],"StatisticValues":{{"SampleCount":{},)"
      R"("Sum":{},"Minimum":{},"Maximum":{}}},"Unit":"Milliseconds"}})",
      dimensions, sim::format_iso8601(start), values, counts, samples, ecs::rounded(sum),
      minute.response_times.begin()->first, minute.response_times.rbegin()->first));
}

}  // namespace hoplab::models::serviceconnect
