// The machines of a world, and the addresses of its subnets.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "models/ec2/instance.hpp"
#include "models/ecs/identity.hpp"
#include "models/vpc/network.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"

namespace hoplab::models {

class Places {
 public:
  Places(sim::Engine& engine, const scenarios::Scenario& scenario, vpc::Network& network);

  /// Makes it at the first mention. Requires a host of the scenario.
  ec2::Instance& instance_named(const std::string& name);
  /// The hosts that no task has mentioned are there too.
  void add_spare_instances();
  /// Latencies, jitters and bandwidths of their own; wants all instances.
  void build_links();

  /// A free address of the instance's subnet, for the interface of the task of that name.
  [[nodiscard]] vpc::Ipv4 take_address(std::string_view name, const ec2::Instance& instance);
  [[nodiscard]] ecs::AddressPlan& addresses() { return addresses_; }

  [[nodiscard]] const std::map<std::string, std::unique_ptr<ec2::Instance>>& instances() const {
    return instances_;
  }

 private:
  sim::Engine& engine_;
  const scenarios::Scenario& scenario_;
  vpc::Network& network_;
  std::map<std::string, std::unique_ptr<ec2::Instance>> instances_;
  std::map<std::string, const scenarios::Host*, std::less<>> hosts_;
  std::map<std::string, const scenarios::Subnet*, std::less<>> subnets_;
  ecs::AddressPlan addresses_;
};

}  // namespace hoplab::models
