// What the program's exit codes mean. The worst that applies wins: 70 > 4 > 3 > 5 > 1 > 0.
#pragma once

namespace hoplab::report::cli {

inline constexpr int exit_all_held = 0;
inline constexpr int exit_expectation_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_bad_input = 3;
inline constexpr int exit_file_trouble = 4;
inline constexpr int exit_limit_hit = 5;
inline constexpr int exit_internal_error = 70;
inline constexpr int exit_signal_base = 128;  ///< 130 after SIGINT, 143 after SIGTERM.

}  // namespace hoplab::report::cli
