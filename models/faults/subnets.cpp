#include "models/faults/subnets.hpp"

#include <algorithm>

namespace hoplab::models::faults {

std::vector<vpc::SubnetRef> subnets_of(Controls& world, const scenarios::Fault& spec) {
  const vpc::SubnetRules& rules = world.vpc_network().subnets();
  std::vector<vpc::SubnetRef> found;
  for (std::uint32_t index = 0; index < rules.subnets().size(); ++index) {
    const bool is_meant =
        rules.subnets()[index].name == spec.target || spec.target == scenarios::every_resource;
    if (is_meant) found.push_back({index});
  }
  if (!found.empty()) return found;
  for (TaskHandle* task : world.tasks(spec)) {
    const vpc::SubnetRef subnet = task->interface().subnet;
    if (std::ranges::find(found, subnet) == found.end()) found.push_back(subnet);
  }
  return found;
}

}  // namespace hoplab::models::faults
