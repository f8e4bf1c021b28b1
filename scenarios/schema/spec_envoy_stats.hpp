// What becomes of the Envoys' statistics.
#pragma once

#include <string>
#include <vector>

#include "sim/units.hpp"

namespace hoplab::scenarios {

struct EnvoyStats {
  /// When /stats and /stats/prometheus of each Envoy are kept, besides its end. Rising.
  std::vector<sim::Duration> snapshots;
  /// APPMESH_METRIC_EXTENSION_VERSION=1 in every Envoy's container.
  bool metrics_extension = false;
  /// Each value of a histogram is a datagram, as Envoy sends them.
  bool timings = true;
  bool operator==(const EnvoyStats&) const = default;
};

/// The CloudWatch agents in the tasks that have one.
struct StatsdAgents {
  bool is_on = true;                   ///< They listen to the Envoys.
  std::string name_space = "CWAgent";  ///< Where CW_CONFIG_CONTENT names none.
  bool operator==(const StatsdAgents&) const = default;
};

}  // namespace hoplab::scenarios
