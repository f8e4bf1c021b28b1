#include "report/cli/scenario_file.hpp"

#include "models/cloudwatch/scenario_alarms.hpp"
#include "models/cloudwatch/scenario_history.hpp"
#include "models/faults/registry.hpp"
#include "scenarios/schema/load.hpp"

namespace hoplab::report::cli {

std::optional<scenarios::Scenario> read_scenario_file(const std::string& path,
                                                      sim::Diagnostics& diagnostics) {
  auto scenario = scenarios::load_scenario(path, models::faults::catalogue(), diagnostics);
  if (!scenario) return std::nullopt;
  const int errors_before = diagnostics.errors();
  (void)models::cloudwatch::alarms_of(*scenario, diagnostics);
  (void)models::cloudwatch::histories_of(*scenario, diagnostics);
  if (diagnostics.errors() > errors_before) return std::nullopt;
  return scenario;
}

}  // namespace hoplab::report::cli
