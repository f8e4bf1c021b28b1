#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/writers/result_document.hpp"
#include "report/writers/run_report.hpp"
#include "report/writers/terminal.hpp"

namespace hoplab::report::cli {

int report_command(const ReportOptions& options) {
  const auto report = writers::read_report(options.recording);
  const int exit_code =
      expectations::all_held(report.results) ? exit_all_held : exit_expectation_failed;
  print(options.json ? writers::result_document(report, exit_code)
                     : writers::terminal_report(report, writers::Ink(stdout_wants_colour())));
  return exit_code;
}

}  // namespace hoplab::report::cli
