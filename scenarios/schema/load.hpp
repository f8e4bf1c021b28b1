// From a file to a checked Scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/schema/spec.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::scenarios {

/// What the language knows of one fault action; the models hand over the whole list, so that the
/// reader can check names and values without knowing how a fault works.
struct FaultAction {
  enum class Target { service, host, link };
  enum class Type { integer, duration, ratio, text, bandwidth, bytes };
  struct Parameter {
    std::string name;
    Type type = Type::text;
    bool required = false;
    std::string default_value;  ///< As text; "" when there is none.
    std::string meaning;        ///< With unit and range, for people.
    std::int64_t minimum = 0;   ///< integer only.
    std::int64_t maximum = 0;
  };
  std::string action;  ///< "hoplab:ecs:container-exit".
  Target target = Target::service;
  std::vector<Parameter> parameters;
  std::string symptom;         ///< What an operator sees first.
  std::string fis_equivalent;  ///< The FIS action it equals, or "".
};

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

}  // namespace hoplab::scenarios
