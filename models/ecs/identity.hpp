// Names that AWS would have given: ids, ARNs, addresses. Each is a hash of what it names, so that
// adding one entity renames no other.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/vpc/address.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::ecs {

/// The account, region and cluster in which everything stands. `seed` goes into the ids of what a
/// run creates (tasks, containers, interfaces), not into those of what it finds (instances).
struct Identity {
  std::string region;
  std::string account;
  std::string cluster;
  std::uint64_t seed = 0;

  /// "arn:aws:ecs:us-east-1:111122223333:" + what.
  [[nodiscard]] std::string arn(std::string_view what) const;
  [[nodiscard]] std::string cluster_arn() const;
  [[nodiscard]] std::string task_arn(std::string_view task_id) const;
  [[nodiscard]] std::string task_definition_arn(const scenarios::TaskDefinition&) const;
  [[nodiscard]] std::string container_instance_arn(std::string_view host) const;
  [[nodiscard]] std::string service_arn(std::string_view service) const;
  /// "ecs-svc/" and 19 digits: the service's `number`th deployment, from 1.
  [[nodiscard]] static std::string deployment_id(std::string_view service, int number);
  /// `digits` hex digits (at most 64) from the hash of `name` and the seed.
  [[nodiscard]] std::string hex(std::string_view name, int digits) const;
  /// A version-4 UUID from the hash of `name` and the seed.
  [[nodiscard]] std::string uuid(std::string_view name) const;
  /// "i-" and 17 digits, of a host's name alone.
  [[nodiscard]] static std::string instance_id(std::string_view host);
};

/// Hands out addresses of subnets, without the first four and the last of each. An address is where
/// the name's hash falls, or the next free one. Requires a subnet with an address left.
class AddressPlan {
 public:
  [[nodiscard]] vpc::Ipv4 take(std::string_view name, const vpc::Cidr& subnet);
  /// The interface is gone; somebody else may get its address.
  void give_back(vpc::Ipv4 address) { taken_.erase(address); }

 private:
  std::set<vpc::Ipv4> taken_;
};

/// The addresses of all tasks that are there at the start, by service, in the subnets of their
/// hosts; they do not hang on the order of the file.
[[nodiscard]] std::map<std::string, std::vector<vpc::Ipv4>> addresses_of(
    const scenarios::Scenario& scenario, AddressPlan& plan);
[[nodiscard]] std::map<std::string, std::vector<vpc::Ipv4>> addresses_of(
    const scenarios::Scenario& scenario);

}  // namespace hoplab::models::ecs
