// From the facts of an episode to a finding that can be read and checked.
#pragma once

#include <optional>
#include <string>
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

/// What an operator should look at next to be sure of the verdict; of `host.overloaded`, by what
/// there is too little of.
[[nodiscard]] std::string next_check(Verdict verdict, const std::string& callee);
[[nodiscard]] std::string next_check(Shortage::Kind kind, const std::string& callee);

/// The finding in one sentence.
[[nodiscard]] std::string summary_of(Verdict verdict, const Facts& facts, const std::string& hop);

/// A cause that the evidence names plainly, and that is none of the verdicts.
struct OpenCause {
  std::string cause;  ///< "stopped on request".
  std::string says;   ///< The finding in one sentence.
  std::string hop;    ///< "" where it is the callee's application.
  std::string check;
  std::vector<Citation> evidence;
};

[[nodiscard]] std::optional<OpenCause> open_cause_of(const Facts& facts);

}  // namespace hoplab::report::diagnosis
