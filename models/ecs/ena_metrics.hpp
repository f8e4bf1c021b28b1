// The counters of a machine's network driver, as the CloudWatch agent's ethtool plugin sends them.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/ec2/instance.hpp"
#include "models/telemetry/sink.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::ecs {

/// Each minute one datapoint for each counter of each machine that is watched, while it is well.
///
/// Source: EC2 User Guide, "Network performance metrics for the ENA driver"; CloudWatch User Guide,
///         "Collect network performance metrics" (namespace CWAgent, prefix ethtool_).
/// Limits: machines whose limits the scenario sets; the others have no agent that collects them.
class EnaMetrics {
 public:
  /// "conntrack_allowance_exceeded" and where it is read.
  using Counter = std::pair<std::string, std::function<std::uint64_t()>>;

  EnaMetrics(sim::Engine& engine, telemetry::Sink& sink, sim::WallTime start)
      : engine_(engine), sink_(sink), start_(start) {}

  void watch(const ec2::Instance& machine, std::vector<Counter> counters);
  void start();

 private:
  struct Watched {
    const ec2::Instance* machine;
    std::vector<Counter> counters;
  };
  void publish();

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  sim::WallTime start_;
  std::vector<Watched> machines_;
};

}  // namespace hoplab::models::ecs
