// A scenario as every command takes it: read, and checked by all that will use it.
#pragma once

#include <optional>
#include <string>

#include "scenarios/schema/spec.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::cli {

/// Reads the file with the catalogue of faults, then its alarms. Nothing after a mistake, which
/// `diagnostics` has. Throws scenarios::FileError.
[[nodiscard]] std::optional<scenarios::Scenario> read_scenario_file(const std::string& path,
                                                                    sim::Diagnostics& diagnostics);

}  // namespace hoplab::report::cli
