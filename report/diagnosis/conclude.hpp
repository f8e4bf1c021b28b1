// From the facts of an episode to a finding that can be read and checked.
#pragma once

#include <vector>

#include "report/diagnosis/diagnosis.hpp"
#include "report/diagnosis/facts.hpp"
#include "report/diagnosis/hypotheses.hpp"

namespace hoplab::report::diagnosis {

[[nodiscard]] Finding conclude(const Facts& facts);

/// A container that ended of itself and hurt nobody that we can see.
[[nodiscard]] Finding conclude_death(const Evidence& evidence, const ContainerEnd& end);

/// Calls that failed where there is no Envoy to tell how: an honest "cannot be told".
[[nodiscard]] std::vector<Finding> conclude_without_mesh(const Evidence& evidence);

/// What an operator should look at next to be sure of the verdict.
[[nodiscard]] std::string next_check(Verdict verdict, const std::string& callee);

}  // namespace hoplab::report::diagnosis
