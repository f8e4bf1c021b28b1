#include "models/ecs/deployment.hpp"

#include <algorithm>

namespace hoplab::models::ecs {

using namespace std::chrono_literals;

int least_healthy(int desired, std::uint32_t minimum_healthy_percent) {
  const auto hundredths = static_cast<std::int64_t>(desired) * minimum_healthy_percent;
  return static_cast<int>((hundredths + 99) / 100);
}

int most_tasks(int desired, std::uint32_t maximum_percent) {
  return static_cast<int>(static_cast<std::int64_t>(desired) * maximum_percent / 100);
}

int breaker_threshold(int desired, const scenarios::DeploymentCircuitBreaker& breaker) {
  constexpr int least = 10;
  constexpr int most = 200;
  if (breaker.threshold) return static_cast<int>(*breaker.threshold);
  return std::clamp((desired + 1) / 2, least, most);
}

sim::Duration start_back_off(int failures_in_a_row) {
  constexpr sim::Duration most = 15min;
  if (failures_in_a_row <= 0) return {};
  sim::Duration wait = 5s;
  for (int failure = 1; failure < failures_in_a_row && wait < most; ++failure) wait += wait / 2;
  return std::min(wait, most);
}

}  // namespace hoplab::models::ecs
