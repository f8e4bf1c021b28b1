// The service map, and Envoy's matrix, for people.
#pragma once

#include <string>

#include "report/writers/text_layout.hpp"
#include "report/xray/envoy_matrix.hpp"
#include "report/xray/service_map.hpp"

namespace hoplab::report::drawing {

/// Which other commands would find something in what the map was made of.
struct NextSteps {
  bool has_matrix = true;
  bool has_traces = true;
};

/// A tree of calls from the clients down; a service that is met again is only named. Each line has
/// the call as its requester saw it and the request as the service saw it. Faults that begin at a
/// service are red, those that it passes on are not. `recording` is for the commands to go on with.
[[nodiscard]] std::string map_text(const xray::ServiceMap& map, const std::string& recording,
                                   const NextSteps& next, const writers::Ink& ink);

/// The map in Graphviz's language.
[[nodiscard]] std::string map_dot(const xray::ServiceMap& map);

/// A line for each service and upstream. Requires cells.
[[nodiscard]] std::string matrix_text(const xray::EnvoyMatrix& matrix, const writers::Ink& ink);

}  // namespace hoplab::report::drawing
