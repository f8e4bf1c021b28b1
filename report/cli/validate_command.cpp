#include <string>

#include <fmt/format.h>

#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/scenario_file.hpp"
#include "report/writers/terminal.hpp"
#include "scenarios/schema/load.hpp"

namespace hoplab::report::cli {

int validate_command(const ValidateOptions& options) {
  sim::Diagnostics diagnostics;
  const auto scenario = read_scenario_file(options.file, diagnostics);
  print_diagnostics(diagnostics, options.verbose);
  if (!scenario) {
    complain(writers::counted(static_cast<std::uint64_t>(diagnostics.errors()), "error") + " in " +
             options.file);
    return exit_bad_input;
  }
  std::string text = fmt::format("{}: valid; {}, {}, {}, {}\n", options.file,
                                 writers::counted(scenario->services.size(), "service"),
                                 writers::counted(scenario->workload.size(), "load"),
                                 writers::counted(scenario->faults.size(), "fault"),
                                 writers::counted(scenario->expectations.size(), "expectation"));
  if (options.verbose) {
    for (const auto& what : scenario->artefacts.accepted_not_simulated) {
      text += "accepted, not simulated: " + what + "\n";
    }
  }
  print(text);
  return exit_all_held;
}

}  // namespace hoplab::report::cli
