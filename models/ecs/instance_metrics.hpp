// AWS/EC2: what a machine's hypervisor publishes of it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/ec2/instance.hpp"
#include "models/ecs/metric_data.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::ecs {

/// What a machine used in the minute that was published last.
struct InstanceMinute {
  const ec2::Instance* instance = nullptr;
  double cpu_units = 0;
  double network_bytes_per_second = 0;  ///< In and out.
};

/// CPU, network and status checks of each machine every minute (detailed monitoring), its credits
/// every five. A machine that is dead publishes nothing of its own, and its status checks fail; of
/// one that is stopped or terminated there is nothing at all.
///
/// Source: Amazon EC2 User Guide, "List the available CloudWatch metrics for your instances".
/// Limits: NetworkIn, NetworkOut and the packets are those of the tasks' interfaces: what the
///         machine itself sends (agents, log drivers, image pulls) is not simulated. No EBS.
///         One that has been back for less than a sample's 20 s has a gap, too.
class InstanceMetrics {
 public:
  /// Without metrics it only keeps what last_minute() tells.
  InstanceMetrics(sim::Engine& engine, telemetry::Sink& sink, bool has_metrics)
      : engine_(engine), sink_(sink), has_metrics_(has_metrics) {}

  void watch(const ec2::Instance& instance) { hosts_.push_back({.instance = &instance}); }
  /// A task's interface on it has carried so much in this minute.
  void add_traffic(const ec2::Instance& instance, const vpc::InterfaceTraffic& more);
  /// More often than each minute, and before publish() where both are due.
  void sample();
  /// `span` > 0: the minute, or what there was of it.
  void publish(sim::WallTime minute, sim::Duration span);
  /// Null: the machine told nothing.
  [[nodiscard]] const InstanceMinute* last_minute(std::string_view name) const;

 private:
  struct Host {
    const ec2::Instance* instance = nullptr;
    sim::Duration at_minute{};
    sim::Duration at_sample{};
    bool is_dead = false;     ///< At the last sample.
    bool was_dead = false;    ///< At the one before, and it has done nothing since.
    double credits_told = 0;  ///< Of those it has spent.
  };

  void publish_host(Host& host, sim::WallTime minute, sim::Duration span);
  void publish_own(Host& host, double units, sim::WallTime minute);
  void publish_network(const ec2::Instance& instance, const std::string& dimensions,
                       sim::WallTime minute);
  void publish_status_checks(const ec2::Instance& instance, sim::WallTime minute);
  void publish_credits(Host& host, sim::WallTime minute);

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  bool has_metrics_;
  std::vector<Host> hosts_;
  std::map<std::string, vpc::InterfaceTraffic, std::less<>> traffic_;  ///< This minute's, by name.
  std::map<std::string, InstanceMinute, std::less<>> told_;            ///< Of the minute before.
};

}  // namespace hoplab::models::ecs
