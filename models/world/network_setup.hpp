// The network of a world: its constants, its zones, the limits of its machines.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/ec2/instance.hpp"
#include "models/ec2/network_allowance.hpp"
#include "models/ecs/ena_metrics.hpp"
#include "models/vpc/network.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"

namespace hoplab::models {

using Instances = std::map<std::string, std::unique_ptr<ec2::Instance>>;

/// Subnets with their rules, and what all connections have in common.
void configure_network(const scenarios::Scenario& scenario, sim::Engine& engine,
                       vpc::Network& network);

/// Between machines of two zones it takes longer, one way and the other.
void set_zone_latencies(const scenarios::Scenario& scenario, const Instances& instances,
                        sim::Platform& platform);

/// How much each machine may send, and how many connections it can track.
class NetworkLimits {
 public:
  NetworkLimits(sim::Engine& engine, vpc::Network& network, telemetry::Sink& sink,
                sim::WallTime start)
      : engine_(engine), network_(network), metrics_(engine, sink, start) {}

  void watch(const scenarios::Scenario& scenario, const Instances& instances);

 private:
  sim::Engine& engine_;
  vpc::Network& network_;
  ecs::EnaMetrics metrics_;
  std::vector<std::unique_ptr<ec2::NetworkAllowance>> allowances_;
};

}  // namespace hoplab::models
