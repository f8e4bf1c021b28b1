#include "scenarios/schema/timings.hpp"

namespace hoplab::scenarios {
namespace {

using namespace std::chrono_literals;

Distribution about(Duration mean, double cv) {
  Distribution distribution;
  distribution.kind = Distribution::Kind::lognormal;
  distribution.mean = mean;
  distribution.cv = cv;
  return distribution;
}

}  // namespace

EcsTimings default_ecs_timings() {
  return {.provisioning = about(5s, 0.3),
          .pull_cached = about(2s, 0.3),
          .pull = about(15s, 0.5),
          .activating = about(2s, 0.4),
          .deactivating = about(500ms, 0.4),
          .deprovisioning = about(9s, 0.2)};
}

ControlPlaneTimings default_control_plane_timings() {
  ControlPlaneTimings timings;
  timings.cloud_map = about(2500ms, 0.4);
  timings.endpoints = about(20s, 0.2);
  timings.configuration = about(20s, 0.5);
  return timings;
}

ControlPlaneTimings service_connect_timings() {
  ControlPlaneTimings timings = default_control_plane_timings();
  timings.cloud_map = about(1s, 0.4);
  timings.endpoints = about(3s, 0.3);
  return timings;
}

}  // namespace hoplab::scenarios
