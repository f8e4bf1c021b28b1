// How an experiment is, as GetExperiment would tell it.
#pragma once

#include <string>

#include "sim/units.hpp"

namespace hoplab::models {

/// Source: AWS FIS API reference, "ExperimentState".
struct ExperimentState {
  std::string status;  ///< pending, initiating, running, completed, stopping, stopped
  std::string reason;
  sim::SimTime since;
  std::string alarm;  ///< The one that stopped it; "" where none did.
};

}  // namespace hoplab::models
