// The answer as a tired person reads it: three lines, the ladder as a picture, the evidence.
#pragma once

#include <string>

#include "report/diagnosis/diagnosis.hpp"
#include "report/writers/text_layout.hpp"

namespace hoplab::report::diagnosis {

[[nodiscard]] std::string diagnosis_text(const Diagnosis& diagnosis, const writers::Ink& ink);

/// The rungs from the caller's application to the callee's, with the broken one marked.
[[nodiscard]] std::string ladder_picture(const Diagnosis& diagnosis, const Finding& finding,
                                         const writers::Ink& ink);

}  // namespace hoplab::report::diagnosis
