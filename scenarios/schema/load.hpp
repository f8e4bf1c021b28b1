// From a file to a checked Scenario.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/schema/fault_action.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::scenarios {

/// Thrown when a file cannot be opened or read (exit code 4).
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads a scenario file, the artefacts it names (paths relative to the file), fills in defaults
/// and checks everything that can be checked before a run. All mistakes land in `diagnostics`, in
/// one go; the result is empty when there was an error.
///
/// Throws FileError for a missing or unreadable scenario or artefact. (A missing artefact is
/// reported after everything else has been checked.)
/// Limits: 1 MiB a scenario file, nesting 64, 600,000 values; 16 MiB and 500,000
/// values an AWS JSON file.
[[nodiscard]] std::optional<Scenario> load_scenario(const std::string& file,
                                                    const std::vector<FaultAction>& fault_actions,
                                                    sim::Diagnostics& diagnostics);

/// The same from text in memory; artefact paths are relative to `file`'s folder.
[[nodiscard]] std::optional<Scenario> parse_scenario(std::string_view text, const std::string& file,
                                                     const std::vector<FaultAction>& fault_actions,
                                                     sim::Diagnostics& diagnostics);

/// Reports each expectation, and each stop condition, that wants telemetry which is not made
/// (E0417). Loading does so; whoever changes a scenario's sources afterwards asks again.
void check_sources(const Scenario& scenario, sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
