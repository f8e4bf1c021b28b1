// A scenario written out in AWS's words: nothing left to a default.
#pragma once

#include <string>

#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// The long form of a scenario as a YAML text. Read beside the file that it came from (artefacts
/// stay references to their files), it gives the same scenario: the same run, byte for byte.
[[nodiscard]] std::string long_form(const Scenario& scenario);

}  // namespace hoplab::scenarios
