// What `hoplab test` writes for other tools: escapes, limits and counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <fmt/format.h>

#include "report/suite/writers.hpp"

namespace hoplab::report::suite {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Case failing_case(const std::string& name) {
  Case item;
  item.name = name;
  item.line = 12;
  item.column = 5;
  item.runs = 1;
  item.failed = {7};
  item.shown = expectations::Result{name, "1m to 2m", "x.yaml",
                                    12,   false,      {{"a.http_reqs", "count>5", "3", false}}};
  return item;
}

FileReport failing_file(const std::string& path, std::size_t cases) {
  FileReport file;
  file.file = path;
  file.name = "x";
  file.verdict = Verdict::failed;
  file.seeds = {7};
  for (std::size_t i = 0; i < cases; ++i) file.cases.push_back(failing_case(fmt::format("e{}", i)));
  return file;
}

FileReport file_in_trouble(const std::string& path, Verdict verdict) {
  FileReport file;
  file.file = path;
  file.name = path;
  file.verdict = verdict;
  file.troubles = {{verdict, std::nullopt, "trouble", ""}};
  return file;
}

std::size_t count_of(const std::string& text, const std::string& piece) {
  std::size_t count = 0;
  for (auto at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++count;
  return count;
}

TEST(GithubAnnotations, EscapeWhatTheRunnerWouldTakeForSyntax) {
  SuiteReport report;
  report.files = {failing_file("a,b:c%\r\n.yaml", 0)};
  report.files[0].cases = {failing_case("50%: a, b\nc")};
  EXPECT_EQ(github_annotations(report),
            "::error file=a%2Cb%3Ac%25%0D%0A.yaml,line=12,col=5,title=50%25%3A a%2C b%0Ac::"
            "a.http_reqs: expected count>5, measured 3%0A"
            "again: hoplab run 'a,b:c%25%0D%0A.yaml' --seed 7\n");
}

TEST(GithubAnnotations, ShowAllOfTen) {
  SuiteReport report;
  report.files = {failing_file("x.yaml", 10)};
  EXPECT_EQ(count_of(github_annotations(report), "::error "), 10U);
  EXPECT_THAT(github_annotations(report), Not(HasSubstr("more")));
}

// GitHub drops what comes after the tenth without a word.
TEST(GithubAnnotations, ShowTheNineWorstOfMoreAndCountTheRest) {
  SuiteReport report;
  report.files = {failing_file("x.yaml", 20), file_in_trouble("limit.yaml", Verdict::limit_hit),
                  file_in_trouble("missing.yaml", Verdict::file_trouble),
                  file_in_trouble("crash.yaml", Verdict::crashed)};
  const std::string text = github_annotations(report);
  EXPECT_EQ(count_of(text, "::error "), 10U);
  EXPECT_THAT(text, StartsWith("::error file=crash.yaml"));
  EXPECT_LT(text.find("missing.yaml"), text.find("limit.yaml"));
  EXPECT_LT(text.find("limit.yaml"), text.find("x.yaml"));
  EXPECT_THAT(text, EndsWith("title=e5::a.http_reqs: expected count>5, measured 3%0Aagain: hoplab "
                             "run x.yaml --seed 7\n::error title=hoplab test::and 14 more\n"));
}

TEST(StepSummary, IsCutAtALineWhereItIsTooLong) {
  SuiteReport report;
  report.files = {failing_file("x.yaml", 1000)};
  const std::string whole = step_summary(report, std::size_t{1} << 20);
  EXPECT_THAT(whole, Not(HasSubstr("was cut")));
  constexpr std::size_t room = 5000;
  const std::string cut = step_summary(report, room);
  EXPECT_LE(cut.size(), room);
  EXPECT_GT(cut.size(), room - 400);
  EXPECT_THAT(cut, EndsWith("\n\nThe rest was cut: a step's page takes no more.\n"));
  EXPECT_EQ(step_summary(report, 0), "");
}

TEST(StepSummary, TakesNoNameForMarkup) {
  SuiteReport report;
  report.files = {failing_file("x.yaml", 0)};
  report.files[0].cases = {failing_case("a|b <img src=x> *c* `d`")};
  EXPECT_THAT(step_summary(report, 10'000), HasSubstr(R"(a\|b &lt;img src=x\> \*c\* \`d\`)"));
}

TEST(Junit, WritesOnlyCharactersThatXmlHas) {
  SuiteReport report;
  report.files = {failing_file("x.yaml", 0)};
  report.files[0].cases = {failing_case("bell \a, <&\">, half a letter \xc3")};
  const std::string text = junit_document(report);
  EXPECT_THAT(text, HasSubstr("name=\"bell ?, &lt;&amp;&quot;>, half a letter \xef\xbf\xbd\""));
}

// An alarm, say: neither held nor failed, and seen by whoever counts.
TEST(Junit, NamesWhatIsNotSimulatedYetAsSkipped) {
  SuiteReport report;
  report.files = {failing_file("x.yaml", 1)};
  Case item;
  item.name = "alarm";
  item.line = 14;
  item.skipped = "not simulated yet";
  report.files[0].cases.push_back(item);
  EXPECT_THAT(junit_document(report), HasSubstr("<skipped message=\"not simulated yet\" />"));
  EXPECT_THAT(file_line(report.files[0], writers::Ink(false), 0),
              EndsWith("0 of 1 held, 1 skipped\n"));
  EXPECT_THAT(summary_line(report), EndsWith("0 of 1 expectation held\n"));
}

TEST(Totals, CountEachFileOnce) {
  SuiteReport report;
  report.files = {failing_file("a.yaml", 3), file_in_trouble("b.yaml", Verdict::no_expectations),
                  file_in_trouble("c.yaml", Verdict::crashed), FileReport{}};
  EXPECT_EQ(summary_line(report),
            "4 files: 1 passed, 2 failed, 1 error; 0 of 3 expectations held\n");
}

TEST(SeedList, NamesTenAndCountsTheRest) {
  EXPECT_EQ(seed_list({4, 7}), "4, 7");
  EXPECT_EQ(seed_list({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
            "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
}

}  // namespace
}  // namespace hoplab::report::suite
