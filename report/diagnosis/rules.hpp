// What speaks for and against each cause beside the symptoms.
#pragma once

#include <vector>

#include "report/diagnosis/diagnosis.hpp"
#include "report/diagnosis/facts.hpp"

namespace hoplab::report::diagnosis {

struct Rule {
  Verdict verdict;
  int weight;  ///< Added to the score where it holds; negative: it counts against the cause.
  bool (*holds)(const Facts&);
  const char* says;
  std::vector<Citation> (*cite)(const Facts&);  ///< What it saw; nothing for a figure of our own.
};

[[nodiscard]] const std::vector<Rule>& all_rules();

}  // namespace hoplab::report::diagnosis
