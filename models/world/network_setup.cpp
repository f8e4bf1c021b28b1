#include "models/world/network_setup.hpp"

#include <algorithm>
#include <utility>

#include "models/vpc/build_subnets.hpp"

namespace hoplab::models {
namespace {

/// 5 Gbps: of one flow outside a cluster placement group. Source: EC2 User Guide, "Amazon EC2
/// instance network bandwidth".
constexpr sim::BytesPerSecond flow_rate_max{625'000'000};

}  // namespace

void configure_network(const scenarios::Scenario& scenario, sim::Engine& engine,
                       vpc::Network& network) {
  vpc::build_subnets(scenario, network.subnets());
  const scenarios::Network& spec = scenario.network;
  const bool is_linear = spec.syn_schedule == scenarios::Network::SynSchedule::linear;
  network.set_syn_linear_timeouts(is_linear ? vpc::tcp::syn_linear_timeouts : 0);
  if (scenario.telemetry) {
    network.count_packets();
    network.flow_logs().configure({.is_on = scenario.tells(scenarios::TelemetrySource::flow_logs),
                                   .interval_max = scenario.flow_log_interval,
                                   .zero = scenario.start_time,
                                   .account = scenario.account});
  }
  network.tracking().set_idle_timeout(spec.conntrack_established);
  engine.platform().set_transfer_rate_max(flow_rate_max);
}

void set_zone_latencies(const scenarios::Scenario& scenario, const Instances& instances,
                        sim::Platform& platform) {
  if (!scenario.network.zone_latency) return;
  for (const auto& [from_name, from] : instances) {
    for (const auto& [to_name, to] : instances) {
      if (from->subnet->availability_zone == to->subnet->availability_zone) continue;
      platform.set_latency(from->host, to->host, *scenario.network.zone_latency);
    }
  }
}

void NetworkLimits::watch(const scenarios::Scenario& scenario, const Instances& instances) {
  std::map<std::string, const scenarios::Host*> hosts;
  for (const scenarios::Host& host : scenario.hosts) hosts[host.name] = &host;
  for (const auto& [name, instance] : instances) {
    const scenarios::Host& host = *hosts.at(name);
    const sim::HostId id = instance->host;
    network_.tracking().set_limit(id, host.conntrack_max.value_or(instance->type->flows_tracked()));
    std::vector<ecs::EnaMetrics::Counter> counters;
    const auto performance = ec2::network_performance(host.instance_type);
    if (host.network_credits && performance) {
      allowances_.push_back(std::make_unique<ec2::NetworkAllowance>(engine_, id, *performance,
                                                                    *host.network_credits));
      const ec2::NetworkAllowance* allowance = allowances_.back().get();
      counters.emplace_back("bw_out_allowance_exceeded",
                            [allowance] { return allowance->exceeded(); });
    }
    if (host.conntrack_max) {
      counters.emplace_back("conntrack_allowance_exceeded",
                            [this, id] { return network_.tracking().exceeded(id); });
      counters.emplace_back("conntrack_allowance_available", [this, id] {
        return network_.tracking().limit(id) - network_.tracking().taken(id);
      });
    }
    if (!counters.empty()) metrics_.watch(*instance, std::move(counters));
  }
  if (scenario.tells(scenarios::TelemetrySource::cloudwatch)) metrics_.start();
}

}  // namespace hoplab::models
