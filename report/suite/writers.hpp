// The forms that a suite's report takes. All of them are pure functions of it, and but for the wall
// times in JUnit's file they are the same for every number of jobs.
#pragma once

#include <cstddef>
#include <string>

#include "report/suite/suite_report.hpp"
#include "report/writers/text_layout.hpp"

namespace hoplab::report::suite {

/// One line for a file, as soon as it is done; `column` is where what became of it begins.
[[nodiscard]] std::string file_line(const FileReport& file, const writers::Ink& ink,
                                    std::size_t column);
/// Every expectation of a file with what was measured.
[[nodiscard]] std::string file_details(const FileReport& file, const writers::Ink& ink);
/// Whatever failed, each with expected and measured, its place and a line that runs it again; ""
/// when nothing did.
[[nodiscard]] std::string failures_text(const SuiteReport& report, const writers::Ink& ink);
/// "5 files: 3 passed, 1 failed, 1 error; 17 of 18 expectations held".
[[nodiscard]] std::string summary_line(const SuiteReport& report);

/// "hoplab.test/1".
[[nodiscard]] std::string test_document(const SuiteReport& report, int exit_code);

/// JUnit's XML, in the subset that testmoapp/junitxml and Jenkins' junit-10.xsd share: a testsuite
/// for each file, a testcase for each expectation, whichever and however many seeds were run.
[[nodiscard]] std::string junit_document(const SuiteReport& report);

/// GitHub's workflow commands for what failed, the worst first; ten at most, for GitHub shows no
/// more of one step: when there are more, the tenth counts the rest.
[[nodiscard]] std::string github_annotations(const SuiteReport& report);
/// The beginning and the end of a foldable part of GitHub's log.
[[nodiscard]] std::string github_group(const std::string& title);
[[nodiscard]] std::string github_end_group();

/// Markdown for $GITHUB_STEP_SUMMARY, at most `bytes_max` long; what is cut says so.
[[nodiscard]] std::string step_summary(const SuiteReport& report, std::size_t bytes_max);

}  // namespace hoplab::report::suite
