#include "scenarios/schema/targets.hpp"

#include <algorithm>

namespace hoplab::scenarios {

std::vector<std::string> targets_of(const VirtualService& service) {
  std::vector<std::string> targets;
  for (const Route& route : service.routes) {
    for (const WeightedTarget& target : route.targets) {
      if (std::ranges::find(targets, target.service) != targets.end()) continue;
      targets.push_back(target.service);
    }
  }
  return targets;
}

}  // namespace hoplab::scenarios
