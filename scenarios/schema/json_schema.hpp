// The scenario language as a JSON Schema, for editors and for whoever writes scenarios by program.
#pragma once

#include <string>
#include <vector>

#include "scenarios/schema/load.hpp"

namespace hoplab::scenarios {

/// Draft-07, the newest that yaml-language-server reads. Every key has its meaning, its default and
/// examples; lists of mappings have snippets in that server's words.
///
/// Every scenario that the reader takes is valid. Limits: what needs the whole scenario to be
/// judged (names, windows, comparisons that fit their metric) is left to the reader.
[[nodiscard]] std::string json_schema(const std::vector<FaultAction>& fault_actions);

}  // namespace hoplab::scenarios
