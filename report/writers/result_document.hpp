// What `--json` prints.
#pragma once

#include <string>

#include "report/writers/run_report.hpp"

namespace hoplab::report::writers {

/// "hoplab.result/1"; report/README.md documents every member. `exit_code` is what the program is
/// about to exit with.
[[nodiscard]] std::string result_document(const RunReport& report, int exit_code);

}  // namespace hoplab::report::writers
