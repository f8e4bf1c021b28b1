// stdout carries the answer, stderr everything else.
#pragma once

#include <string>
#include <string_view>

#include "sim/diagnostic.hpp"

namespace hoplab::report::cli {

/// Prints the answer; on a terminal without what would steer it. Throws FileTrouble when stdout
/// does not take it (a full disk behind `>`).
void print(std::string_view text);
/// One line on stderr, "hoplab: " before it.
void complain(std::string_view text);
/// Text on stderr; on a terminal without what would steer it.
void print_error(std::string_view text);
/// Every diagnostic on stderr, in the order of the file; notes only where asked for.
void print_diagnostics(const sim::Diagnostics& diagnostics, bool with_notes);

/// Colour is for a terminal whose user has not set NO_COLOR and is not called dumb.
[[nodiscard]] bool stdout_wants_colour();
[[nodiscard]] bool stderr_is_terminal();
[[nodiscard]] bool stdout_is_terminal();

}  // namespace hoplab::report::cli
