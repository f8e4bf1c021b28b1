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

vpc::Ipv4 AddressPlan::take(std::string_view name) {
  constexpr std::uint32_t base = 0x0A000000;  // 10.0.0.0
  constexpr std::uint32_t first = 4;          // AWS keeps the first four and the last.
  constexpr std::uint32_t usable = 65'536 - first - 1;
  HOPLAB_ASSERT(taken_.size() < usable, "the subnet has no address left");
  std::uint64_t place = sim::stable_hash(fmt::format("address/{}", name)) % usable;
  while (!taken_.insert({base + first + static_cast<std::uint32_t>(place)}).second) {
    place = (place + 1) % usable;
  }
  return {base + first + static_cast<std::uint32_t>(place)};
}

std::map<std::string, std::vector<vpc::Ipv4>> addresses_of(const scenarios::Scenario& scenario) {
  std::map<std::string, std::vector<vpc::Ipv4>> addresses;
  for (const scenarios::Service& service : scenario.services) {
    addresses[service.name].resize(static_cast<std::size_t>(service.desired_count));
  }
  AddressPlan plan;
  for (auto& [service, tasks] : addresses) {
    for (std::size_t index = 0; index < tasks.size(); ++index) {
      tasks[index] = plan.take(fmt::format("{}/{}", service, index));
    }
  }
  return addresses;
}

}  // namespace hoplab::models::ecs
