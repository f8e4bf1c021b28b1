#include "models/ecs/metric_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace hoplab::models::ecs {

using namespace std::chrono_literals;

void Statistic::add(double value) {
  minimum = count == 0 ? value : std::min(minimum, value);
  maximum = count == 0 ? value : std::max(maximum, value);
  sum += value;
  ++count;
}

std::string dimension(const char* name, const std::string& value) {
  return fmt::format(R"({{"Name":"{}","Value":"{}"}})", name, value);
}

std::string rounded(double value) { return fmt::format("{:.2f}", value); }

void write_metric(telemetry::Sink& sink, MetricName name, const std::string& dimensions,
                  const Statistic& statistic, sim::WallTime period_start) {
  if (statistic.count == 0) return;
  sink.metric(fmt::format(
      R"({{"Namespace":"{}","MetricName":"{}","Dimensions":[{}],"Timestamp":"{}",)"
      R"("StatisticValues":{{"SampleCount":{},"Sum":{},"Minimum":{},"Maximum":{}}},)"
      R"("Unit":"{}"}})",
      name.space, name.name, dimensions, sim::format_iso8601(period_start), statistic.count,
      rounded(statistic.sum), rounded(statistic.minimum), rounded(statistic.maximum), name.unit));
}

double cpu_units(sim::Duration used, sim::Duration span) {
  constexpr double units_per_cpu = 1024;
  return static_cast<double>(used.count()) / static_cast<double>(span.count()) * units_per_cpu;
}

sim::Duration growth(sim::Duration& told, sim::Duration used) {
  const sim::Duration before = std::exchange(told, used);
  if (used + 1us < before) return used;
  return std::max(used - before, sim::Duration::zero());
}

vpc::InterfaceTraffic growth(vpc::InterfaceTraffic& told, const vpc::InterfaceTraffic& now) {
  const vpc::InterfaceTraffic before = std::exchange(told, now);
  return {.received_packets = now.received_packets - before.received_packets,
          .received_bytes = now.received_bytes - before.received_bytes,
          .sent_packets = now.sent_packets - before.sent_packets,
          .sent_bytes = now.sent_bytes - before.sent_bytes};
}

double per_second(std::uint64_t amount, sim::Duration span) {
  return static_cast<double>(amount) * 1e9 / static_cast<double>(span.count());
}

}  // namespace hoplab::models::ecs
