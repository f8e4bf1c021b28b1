#include "models/ecs/identity.hpp"

#include <fmt/format.h>

#include "sim/diagnostic.hpp"
#include "sim/random.hpp"

namespace hoplab::models::ecs {

std::string Identity::arn(std::string_view what) const {
  return fmt::format("arn:aws:ecs:{}:{}:{}", region, account, what);
}

std::string Identity::cluster_arn() const { return arn("cluster/" + cluster); }

std::string Identity::task_arn(std::string_view task_id) const {
  return arn(fmt::format("task/{}/{}", cluster, task_id));
}

std::string Identity::service_arn(std::string_view service) const {
  return arn(fmt::format("service/{}/{}", cluster, service));
}

std::string Identity::deployment_id(std::string_view service, int number) {
  std::string name = fmt::format("deployment/{}", service);
  if (number > 1) name += fmt::format("/{}", number);
  return fmt::format("ecs-svc/{:019}", sim::stable_hash(name) % 9'000'000'000'000'000'000U);
}

std::string Identity::task_definition_arn(const scenarios::TaskDefinition& definition) const {
  return arn(fmt::format("task-definition/{}:{}", definition.family, definition.revision));
}

std::string Identity::container_instance_arn(std::string_view host) const {
  const std::string name = fmt::format("container-instance/{}", host);
  return arn(fmt::format("container-instance/{}/{:016x}{:016x}", cluster, sim::stable_hash(name),
                         sim::stable_hash(name + "/low")));
}

std::string Identity::hex(std::string_view name, int digits) const {
  std::string text;
  for (int part = 0; std::ssize(text) < digits; ++part) {
    text += fmt::format("{:016x}", sim::stable_hash(fmt::format("{}/{}/{}", seed, name, part)));
  }
  text.resize(static_cast<std::size_t>(digits));
  return text;
}

std::string Identity::uuid(std::string_view name) const {
  std::string text = hex(name, 32);
  text[12] = '4';
  text[16] = "89ab"[static_cast<unsigned char>(text[16]) % 4];
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, "-");
  return text;
}

std::string Identity::instance_id(std::string_view host) {
  return fmt::format("i-{:017x}", sim::stable_hash(fmt::format("instance/{}", host)));
}

vpc::Ipv4 AddressPlan::take(std::string_view name, const vpc::Cidr& subnet) {
  constexpr std::uint64_t first = 4;  // AWS keeps the first four and the last.
  const std::uint64_t size = std::uint64_t{1} << (32 - subnet.prefix_length);
  HOPLAB_ASSERT(size > first + 1, "a subnet without addresses passed validation");
  const std::uint64_t usable = size - first - 1;
  const std::uint32_t base = subnet.base.bits & ~static_cast<std::uint32_t>(size - 1);
  std::uint64_t place = sim::stable_hash(fmt::format("address/{}", name)) % usable;
  const auto at = [&] { return vpc::Ipv4{base + static_cast<std::uint32_t>(first + place)}; };
  for (std::uint64_t tried = 0; !taken_.insert(at()).second; ++tried) {
    HOPLAB_ASSERT(tried < usable, "the subnet has no address left");
    place = (place + 1) % usable;
  }
  return at();
}

std::map<std::string, std::vector<vpc::Ipv4>> addresses_of(const scenarios::Scenario& scenario,
                                                           AddressPlan& plan) {
  std::map<std::string, vpc::Cidr> blocks;
  for (const scenarios::Subnet& subnet : scenario.subnets) {
    blocks[subnet.name] = *vpc::parse_cidr(subnet.cidr_block);
  }
  std::map<std::string, const vpc::Cidr*> by_host;
  for (const scenarios::Host& host : scenario.hosts) by_host[host.name] = &blocks.at(host.subnet);
  std::map<std::string, const scenarios::Service*> services;
  for (const scenarios::Service& service : scenario.services) services[service.name] = &service;
  std::map<std::string, std::vector<vpc::Ipv4>> addresses;
  for (const auto& [name, service] : services) {
    std::vector<vpc::Ipv4>& tasks = addresses[name];
    for (int index = 0; index < service->desired_count; ++index) {
      const auto& wish = service->placement;
      const std::string& host = wish[static_cast<std::size_t>(index) % wish.size()];
      tasks.push_back(plan.take(fmt::format("{}/{}", name, index), *by_host.at(host)));
    }
  }
  return addresses;
}

std::map<std::string, std::vector<vpc::Ipv4>> addresses_of(const scenarios::Scenario& scenario) {
  AddressPlan plan;
  return addresses_of(scenario, plan);
}

}  // namespace hoplab::models::ecs
