// Which causes could have made an episode, and what speaks for and against each.
#pragma once

#include <string>
#include <vector>

#include "report/diagnosis/diagnosis.hpp"
#include "report/diagnosis/facts.hpp"

namespace hoplab::report::diagnosis {

/// One reason that counted for or against a cause.
struct Reason {
  int weight = 0;  ///< Against where negative.
  std::string says;
  std::vector<Citation> evidence;
};

struct Hypothesis {
  Verdict verdict = Verdict::undetermined;
  int score = 0;  ///< 0..100.
  int rank = 0;   ///< The score before it was cut to that range.
  std::vector<Reason> reasons;
};

/// All causes, best first. The order of equals is that of the table.
[[nodiscard]] std::vector<Hypothesis> weigh(const Facts& facts);

/// How much of a symptom the cause accounts for, in percent.
[[nodiscard]] int explains(Verdict verdict, Sign sign, const Facts& facts);

/// Where the cause would be: "a.envoy->b.envoy", "b.app", "b.envoy".
[[nodiscard]] std::string hop_of(Verdict verdict, const Facts& facts);

/// Below this nothing is named.
inline constexpr int score_min = 40;

}  // namespace hoplab::report::diagnosis
