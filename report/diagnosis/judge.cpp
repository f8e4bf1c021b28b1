#include "report/diagnosis/judge.hpp"

#include <algorithm>
#include <string>

#include "report/diagnosis/diagnose.hpp"

namespace hoplab::report::diagnosis {
namespace {

using expectations::Check;
using scenarios::Expectation;

bool is_diagnosis(const Expectation& expectation) {
  return expectation.kind == Expectation::Kind::diagnose;
}

Question question_of(const scenarios::Scenario& scenario, const Expectation& expectation) {
  const auto instant = [&scenario](sim::Duration since_start) {
    return Instant{sim::epoch_milliseconds(scenario.start_time + since_start), false};
  };
  Question question;
  if (expectation.window) {
    question.from = instant(expectation.window->from);
    question.to = instant(expectation.window->to);
  }
  if (expectation.at) question.to = instant(*expectation.at);
  return question;
}

bool concerns(const Finding& finding, const Expectation& expectation) {
  const auto& callers = finding.extent.callers;
  const bool fits_caller =
      expectation.from.empty() || std::ranges::find(callers, expectation.from) != callers.end();
  return fits_caller && (expectation.to.empty() || finding.extent.callee == expectation.to);
}

/// Null: nothing is wrong between the services that were asked about.
const Finding* finding_about(const Diagnosis& diagnosis, const Expectation& expectation) {
  if (expectation.from.empty() && expectation.to.empty()) return &diagnosis.main();
  const auto found = std::ranges::find_if(diagnosis.findings, [&](const Finding& finding) {
    return finding.verdict != Verdict::healthy && concerns(finding, expectation);
  });
  return found == diagnosis.findings.end() ? nullptr : &*found;
}

std::vector<Check> checks_of(const Diagnosis& diagnosis, const Expectation& expectation) {
  const Finding* finding = finding_about(diagnosis, expectation);
  std::string verdict(to_string(finding == nullptr ? Verdict::healthy : finding->verdict));
  std::vector<Check> checks = {
      {"verdict", expectation.verdict, verdict, verdict == expectation.verdict}};
  if (expectation.hop.empty()) return checks;
  const std::string hop = finding == nullptr ? "" : finding->hop;
  checks.push_back({"hop", expectation.hop, hop.empty() ? "none" : hop, hop == expectation.hop});
  return checks;
}

}  // namespace

bool expects_diagnosis(const scenarios::Scenario& scenario) {
  return std::ranges::any_of(scenario.expectations, is_diagnosis);
}

void judge(const scenarios::Scenario& scenario, const std::filesystem::path& recording,
           std::vector<expectations::Result>& results) {
  for (std::size_t index = 0; index < results.size(); ++index) {
    const Expectation& expectation = scenario.expectations[index];
    if (!is_diagnosis(expectation)) continue;
    expectations::Result& result = results[index];
    result.skipped.clear();
    if (expectation.at) result.window = "up to " + sim::format(*expectation.at);
    result.checks = checks_of(diagnose(recording, question_of(scenario, expectation)), expectation);
    result.held = std::ranges::all_of(result.checks, &Check::held);
  }
}

}  // namespace hoplab::report::diagnosis
