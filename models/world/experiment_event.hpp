// An experiment's changes of state, as EventBridge brings them.
#pragma once

#include <string>

#include "models/ecs/identity.hpp"
#include "models/world/experiment_state.hpp"

namespace hoplab::models {

/// The event "FIS Experiment State Change", one JSON object. `epoch` is the instant 0 of the run.
/// The ids are made up: the template's is the cluster's, the experiment's is the run's.
/// Source: AWS FIS User Guide, "Monitor AWS FIS experiments using Amazon EventBridge".
[[nodiscard]] std::string experiment_event(const ExperimentState& before,
                                           const ExperimentState& after,
                                           const ecs::Identity& identity, sim::WallTime epoch);

}  // namespace hoplab::models
