#include <string>

#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/scenario_file.hpp"
#include "report/writers/explanation.hpp"
#include "report/writers/terminal.hpp"
#include "scenarios/schema/load.hpp"
#include "scenarios/schema/long_form.hpp"

namespace hoplab::report::cli {

int explain_command(const ExplainOptions& options) {
  sim::Diagnostics diagnostics;
  const auto scenario = read_scenario_file(options.file, diagnostics);
  if (!scenario) {
    print_diagnostics(diagnostics, true);
    return exit_bad_input;
  }
  if (options.long_form_only) {
    print(scenarios::long_form(*scenario));
    return exit_all_held;
  }
  const auto explanation = writers::explain(*scenario, diagnostics.sorted());
  print(options.json ? writers::to_json(explanation)
                     : writers::to_text(explanation, writers::Ink(stdout_wants_colour())));
  return exit_all_held;
}

}  // namespace hoplab::report::cli
