#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/diagnosis/diagnose.hpp"
#include "report/diagnosis/diagnosis_json.hpp"
#include "report/diagnosis/diagnosis_text.hpp"

namespace hoplab::report::cli {

int diagnose_command(const DiagnoseOptions& options) {
  diagnosis::Question question;
  question.from = options.range.from;
  question.to = options.range.to;
  const auto answer = diagnosis::diagnose(options.recording, question);
  print(options.json ? diagnosis::diagnosis_json(answer)
                     : diagnosis::diagnosis_text(answer, writers::Ink(stdout_wants_colour())));
  const bool is_fault = answer.main().verdict != diagnosis::Verdict::healthy;
  return options.fail_on_fault && is_fault ? exit_expectation_failed : exit_all_held;
}

}  // namespace hoplab::report::cli
