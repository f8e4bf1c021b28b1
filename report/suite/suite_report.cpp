#include "report/suite/suite_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/writers/run_report.hpp"

namespace hoplab::report::suite {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed:
      return "passed";
    case Verdict::skipped:
      return "skipped";
    case Verdict::failed:
      return "failed";
    case Verdict::no_expectations:
      return "no-expectations";
    case Verdict::limit_hit:
      return "limit-hit";
    case Verdict::bad_scenario:
      return "bad-scenario";
    case Verdict::file_trouble:
      return "file-trouble";
    case Verdict::crashed:
      return "crashed";
    case Verdict::interrupted:
      return "interrupted";
  }
  return "";
}

bool is_error(Verdict verdict) { return verdict >= Verdict::limit_hit; }

Totals totals_of(const SuiteReport& report) {
  Totals totals;
  for (const auto& file : report.files) {
    if (file.verdict == Verdict::passed) ++totals.passed;
    if (file.verdict == Verdict::skipped) ++totals.skipped;
    if (is_error(file.verdict)) ++totals.errors;
    for (const auto& item : file.cases) {
      if (item.runs == 0) continue;
      ++totals.cases;
      if (item.held()) ++totals.cases_held;
    }
  }
  totals.failed = report.files.size() - totals.passed - totals.skipped - totals.errors;
  return totals;
}

std::string check_text(const expectations::Check& check) {
  return fmt::format("{}: expected {}, measured {}", check.what, check.expected, check.measured);
}

std::string seed_list(const std::vector<Seed>& seeds) {
  constexpr std::size_t named_max = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(seeds.size(), named_max); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", seeds[i]);
  }
  if (seeds.size() > named_max) text += fmt::format(" and {} more", seeds.size() - named_max);
  return text;
}

std::string failure_line(const Case& item) {
  std::string text;
  for (const auto& check : item.shown->checks) {
    if (check.held) continue;
    text += (text.empty() ? "" : "; ") + check_text(check);
  }
  if (item.runs == 1) return text;
  return fmt::format("{} (failed with {} of {} seeds: {})", text, item.failed.size(), item.runs,
                     seed_list(item.failed));
}

std::string replay_of(const FileReport& file, const Case& item) {
  return writers::replay_line(file.file, item.failed.front());
}

}  // namespace hoplab::report::suite
