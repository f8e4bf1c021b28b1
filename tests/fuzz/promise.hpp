// What a target holds its reader to.
#pragma once

#include "sim/diagnostic.hpp"

namespace hoplab::fuzz {

/// Ends the process, saying `what`, when it does not hold. Not HOPLAB_ASSERT: that one throws, and
/// a fuzzer wants the process to end here.
void promise(bool holds, const char* what);
/// Every diagnostic says something, and where.
void check_places(const sim::Diagnostics& diagnostics);

}  // namespace hoplab::fuzz
