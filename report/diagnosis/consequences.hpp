// Trouble that other trouble makes.
#pragma once

#include <vector>

#include "report/diagnosis/diagnosis.hpp"
#include "report/diagnosis/facts.hpp"

namespace hoplab::report::diagnosis {

/// Marks the findings that another one explains: a caller whose workers all wait for a callee that
/// does not answer, a call that starts late because the caller has no CPU, tasks that share a
/// host without CPU. `findings` are those of `facts`, in the same order.
void mark_consequences(const std::vector<Facts>& facts, const Symptoms& symptoms,
                       std::vector<Finding>& findings);

}  // namespace hoplab::report::diagnosis
