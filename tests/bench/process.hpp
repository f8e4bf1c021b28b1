// Runs another program and measures it.
#pragma once

#include <string>
#include <vector>

namespace hoplab::bench {

/// What a finished program left behind.
struct Finished {
  int exit_code = 0;    ///< 128 + signal where a signal ended it.
  double wall_s = 0;    ///< From before its start to after its end.
  double peak_mib = 0;  ///< The most memory that it held at once.
  std::string output;   ///< Its standard output.
};

/// Runs `arguments` (the first names the program) to its end. Its standard error is ours.
/// Throws std::system_error when it cannot be started.
[[nodiscard]] Finished run_program(const std::vector<std::string>& arguments);

}  // namespace hoplab::bench
