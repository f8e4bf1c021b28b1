// From expectations and evidence to results.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/expectations/witness.hpp"
#include "report/recording/hop_book.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::expectations {

/// One comparison of one expectation.
struct Check {
  std::string what;      ///< "a.http_req_failed", "a.envoy egress to b, flag UF: share".
  std::string expected;  ///< As written: "rate<0.001".
  std::string measured;  ///< "0.0042 (5 of 1200)", "7.02 ms", "no samples".
  bool held = false;
};

struct Result {
  std::string name;
  std::string window;  ///< "1m to 2m", "whole run".
  std::string file;    ///< The scenario file's name without folders, and
  int line = 0;        ///< the line where the expectation stands.
  bool held = false;   ///< All of its checks did.
  std::vector<Check> checks;
  /// Why nothing was judged: "nothing is recorded in ...". Such a result is neither held nor
  /// failed.
  std::string skipped = {};
};

/// In the order of the scenario. Zero samples fail, except where a count is asked for.
[[nodiscard]] std::vector<Result> evaluate(const scenarios::Scenario& scenario,
                                           const recording::HopBook& book, const Witness& witness);

/// Of those that were judged.
[[nodiscard]] bool all_held(const std::vector<Result>& results);

/// expectations.json, "hoplab.expectations/1".
[[nodiscard]] std::string to_json(const std::vector<Result>& results);
/// The inverse. Throws BadRecording.
[[nodiscard]] std::vector<Result> results_from_json(std::string_view text);
/// The results in what `hoplab run --json` prints, "hoplab.result/1". Throws BadRecording.
[[nodiscard]] std::vector<Result> results_from_run(std::string_view text);

}  // namespace hoplab::report::expectations
