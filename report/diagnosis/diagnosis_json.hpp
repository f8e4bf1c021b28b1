// "hoplab.diagnosis/1", as `hoplab diagnose --json` prints it.
#pragma once

#include <string>

#include "report/diagnosis/diagnosis.hpp"

namespace hoplab::report::diagnosis {

/// report/README.md documents every member.
[[nodiscard]] std::string diagnosis_json(const Diagnosis& diagnosis);

}  // namespace hoplab::report::diagnosis
