// What ECS takes of a container health check, whichever form it is written in.
#pragma once

#include <cstdint>

namespace hoplab::scenarios {

/// Both ends included.
struct HealthCheckLimits {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// Source: ECS API reference, HealthCheck. All but the retries are whole seconds.
inline constexpr HealthCheckLimits health_check_interval{5, 300};
inline constexpr HealthCheckLimits health_check_timeout{2, 60};
inline constexpr HealthCheckLimits health_check_start_period{0, 300};
inline constexpr HealthCheckLimits health_check_retries{1, 10};

}  // namespace hoplab::scenarios
