// The build defines HOPLAB_VERSION and HOPLAB_COMMIT for this file alone.
#include "report/cli/version.hpp"

namespace hoplab::report::cli {

std::string version() { return HOPLAB_VERSION; }

std::string version_line() { return "hoplab " HOPLAB_VERSION " (commit " HOPLAB_COMMIT ")"; }

}  // namespace hoplab::report::cli
