// Which hoplab this is.
#pragma once

#include <string>

namespace hoplab::report::cli {

/// "0.1.0".
[[nodiscard]] std::string version();
/// "hoplab 0.1.0 (commit 0123456789ab)"; the commit is "unknown" in a tree without git.
[[nodiscard]] std::string version_line();

}  // namespace hoplab::report::cli
