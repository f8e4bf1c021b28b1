#include "models/ecs/ena_metrics.hpp"

#include <fmt/format.h>

#include "models/ecs/identity.hpp"

namespace hoplab::models::ecs {
namespace {

constexpr sim::Duration interval = std::chrono::minutes(1);

}  // namespace

void EnaMetrics::watch(const ec2::Instance& machine, std::vector<Counter> counters) {
  machines_.push_back({&machine, std::move(counters)});
}

void EnaMetrics::start() {
  if (!machines_.empty()) engine_.after(interval, sim::call<&EnaMetrics::publish>(*this));
}

void EnaMetrics::publish() {
  engine_.after(interval, sim::call<&EnaMetrics::publish>(*this));
  const std::string when = sim::format_iso8601(start_ + engine_.now().time_since_epoch());
  for (const Watched& machine : machines_) {
    if (machine.machine->dead_since || machine.machine->has_ended) continue;
    for (const auto& [name, read] : machine.counters) {
      const std::uint64_t value = read();
      sink_.metric(fmt::format(
          R"({{"Namespace":"CWAgent","MetricName":"ethtool_{0}","Dimensions":[)"
          R"({{"Name":"InstanceId","Value":"{1}"}},{{"Name":"driver","Value":"ena"}},)"
          R"({{"Name":"interface","Value":"eth0"}}],"Timestamp":"{2}",)"
          R"("StatisticValues":{{"SampleCount":1,"Sum":{3},"Minimum":{3},"Maximum":{3}}},)"
          R"("Unit":"None"}})",
          name, Identity::instance_id(machine.machine->name), when, value));
    }
  }
}

}  // namespace hoplab::models::ecs
