// How long ECS, Cloud Map and App Mesh take where a scenario does not say.
#pragma once

#include "scenarios/schema/spec_ecs.hpp"

namespace hoplab::scenarios {

/// AWS publishes none of these. Assumed: lognormal, about what people report.
[[nodiscard]] EcsTimings default_ecs_timings();
/// As above; endpoints are stale for 20 to 30 s in all (App Mesh roadmap issue 151).
[[nodiscard]] ControlPlaneTimings default_control_plane_timings();
/// The same where ECS tells its proxies itself. All assumed.
[[nodiscard]] ControlPlaneTimings service_connect_timings();

}  // namespace hoplab::scenarios
