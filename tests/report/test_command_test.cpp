// `hoplab test` as a shell sees it, on the scenarios of suite_corpus/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/report/program.hpp"

namespace {

using hoplab::report::testing::bytes_of;
using hoplab::report::testing::Outcome;
using hoplab::report::testing::Program;
using hoplab::report::testing::write_bytes;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class TestCommand : public Program {
 protected:
  void SetUp() override {
    fs::copy(fs::path(HOPLAB_ROOT) / "tests/report/suite_corpus", folder_ / "corpus");
  }

  Outcome test(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "test");
    return hoplab(arguments);
  }

  /// The run that hoplab has under way, as soon as there is one that is not `known`.
  static pid_t child_of(pid_t process, pid_t known = 0) {
    const std::string list =
        "/proc/" + std::to_string(process) + "/task/" + std::to_string(process) + "/children";
    while (true) {
      std::istringstream children(bytes_of(list));
      for (pid_t child = 0; children >> child;) {
        if (child != known) return child;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
};

// --- Exit codes ----------------------------------------------------------------------------------

TEST_F(TestCommand, ExitsWithZeroWhenAllHeld) {
  const auto outcome = test({"corpus/passes.yaml"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_EQ(outcome.out,
            "\u2713 corpus/passes.yaml  2 of 2 held\n\n"
            "1 file: 1 passed; 2 of 2 expectations held\n");
  EXPECT_FALSE(fs::exists(folder_ / "recordings"));
}

TEST_F(TestCommand, ExitsWithOneForAFailureAndSaysHowToSeeItAgain) {
  const auto outcome = test({"corpus/fails.yaml", "corpus/passes.yaml"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("corpus/fails.yaml:12:5\n"));
  EXPECT_THAT(outcome.out, HasSubstr("a.http_req_failed rate>0.5"));
  EXPECT_THAT(outcome.out, HasSubstr("measured 0 (0 of "));
  EXPECT_THAT(outcome.out, HasSubstr("      again: hoplab run corpus/fails.yaml --seed 1\n"));
  EXPECT_THAT(outcome.out, EndsWith("2 files: 1 passed, 1 failed; 4 of 5 expectations held\n"));
}

TEST_F(TestCommand, ExitsWithOneForAFileThatExpectsNothing) {
  const auto outcome = test({"corpus/expects_nothing.yaml"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("no expectations"));
}

TEST_F(TestCommand, ExitsWithThreeForABadScenarioAndTellsEachMistakeOnce) {
  const auto outcome = test({"corpus/bad.yaml", "corpus/fails.yaml"});
  EXPECT_EQ(outcome.exit_code, 3);
  for (const char* mistake : {"corpus/bad.yaml:6:7: error[E0201]: service 'a' has no key",
                              "corpus/bad.yaml:7:1: error[E0201]: a scenario has no key",
                              "  hint: did you mean 'serviceTime'?"}) {
    const auto at = outcome.out.find(mistake);
    EXPECT_NE(at, std::string::npos) << mistake;
    EXPECT_EQ(outcome.out.find(mistake, at + 1), std::string::npos) << mistake;
  }
}

TEST_F(TestCommand, ExitsWithFourForWhatIsNotThere) {
  fs::create_directory(folder_ / "empty");
  EXPECT_EQ(test({"missing.yaml", "corpus/passes.yaml", "corpus/bad.yaml"}).exit_code, 4);
  EXPECT_EQ(test({"empty"}).exit_code, 4);
  EXPECT_EQ(test({"corpus/*.yml"}).exit_code, 4);
  EXPECT_EQ(test({"corpus", "--filter", "nothing*"}).exit_code, 4);
}

TEST_F(TestCommand, TellsTheResultAlsoWhereItsReportCannotBeWritten) {
  const auto outcome = test({"corpus/fails.yaml", "--junit", "corpus/fails.yaml/x.xml"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.out, EndsWith("2 of 3 expectations held\n"));
}

TEST_F(TestCommand, ExitsWithFiveAtALimit) {
  const auto outcome = test({"corpus/endless.yaml", "corpus/fails.yaml", "--max-wall", "300ms"});
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(outcome.out, HasSubstr("stopped: --max-wall 300ms was reached"));
  EXPECT_THAT(outcome.out, HasSubstr("again: hoplab run corpus/endless.yaml --seed 1\n"));
}

TEST_F(TestCommand, ExitsWithSeventyForARunThatWasKilled) {
  const pid_t parent = start({"test", "corpus/endless.yaml", "corpus/bad.yaml", "missing.yaml"});
  ::kill(child_of(parent), SIGKILL);
  const auto outcome = wait_for(parent);
  EXPECT_EQ(outcome.exit_code, 70);
  EXPECT_THAT(outcome.out, HasSubstr("corpus/endless.yaml: killed by signal 9\n"
                                     "      again: hoplab run corpus/endless.yaml --seed 1\n"));
}

TEST_F(TestCommand, ExitsWithTwoForMistakesOnTheCommandLine) {
  const std::vector<std::vector<std::string>> mistakes = {
      {},
      {"corpus", "--jobs", "0"},
      {"corpus", "--jobs", "many"},
      {"corpus", "--seed", "1", "--seeds", "1..2"},
      {"corpus", "--seeds", "2..1"},
      {"corpus", "--seeds", "1.."},
      {"corpus", "--annotations", "gitlab"},
      {"corpus", "--list", "--json"},
      {"corpus", "--max-wall", "soon"}};
  for (const auto& arguments : mistakes) EXPECT_EQ(test(arguments).exit_code, 2);
}

TEST_F(TestCommand, NoFailForgivesFailedExpectationsOnly) {
  for (const char* option : {"--no-fail", "--exit-zero"}) {
    EXPECT_EQ(test({"corpus/fails.yaml", "corpus/expects_nothing.yaml", option}).exit_code, 0);
    EXPECT_EQ(test({"corpus/bad.yaml", option}).exit_code, 3);
  }
}

// --- Signals -------------------------------------------------------------------------------------

TEST_F(TestCommand, StopsAtASignalTellsWhatIsKnownAndLeavesNoRunBehind) {
  for (const int signal : {SIGINT, SIGTERM}) {
    // One job at a time, by path: where there is a second child the first one is done.
    fs::remove_all(folder_ / "out.xml");
    fs::copy_file(folder_ / "corpus/endless.yaml", folder_ / "corpus/unending.yaml",
                  fs::copy_options::overwrite_existing);
    const pid_t parent = start({"test", "corpus/passes.yaml", "corpus/unending.yaml",
                                "corpus/zzz.yaml", "--jobs", "1", "--junit", "out.xml"});
    const pid_t second = child_of(parent, child_of(parent));
    ::kill(parent, signal);
    const auto outcome = wait_for(parent);
    EXPECT_EQ(outcome.exit_code, 128 + signal);
    EXPECT_THAT(outcome.out, StartsWith("\u2713 corpus/passes.yaml    2 of 2 held\n"));
    EXPECT_THAT(outcome.out, HasSubstr("! corpus/unending.yaml  interrupted\n"));
    EXPECT_THAT(bytes_of(folder_ / "out.xml"), HasSubstr("type=\"interrupted\""));
    EXPECT_NE(::kill(second, 0), 0);
  }
}

TEST_F(TestCommand, ItsRunsDieWithIt) {
  const pid_t parent = start({"test", "corpus/endless.yaml"});
  const pid_t child = child_of(parent);
  ::kill(parent, SIGKILL);
  EXPECT_EQ(wait_for(parent).exit_code, -SIGKILL);
  // Gone, or a zombie until init has seen it.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const std::string stat = "/proc/" + std::to_string(child) + "/stat";
  std::string state = bytes_of(stat);
  while (!state.empty() && state.find(") Z ") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << state;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    state = bytes_of(stat);
  }
}

// --- What is run ---------------------------------------------------------------------------------

TEST_F(TestCommand, FindsTheScenariosOfFoldersAndGlobsByPathEachOnce) {
  fs::create_directories(folder_ / "more/.hidden");
  for (const char* name :
       {"more/b.yml", "more/a.yaml", "more/.hidden/c.yaml", "more/.d.yaml", "more/e.json"}) {
    write_bytes(folder_ / name, "");
  }
  const auto outcome = test({"--list", "more", "corpus/fail*.yaml", "more/../more/b.yml"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            "corpus/fails.yaml\ncorpus/fails_with_some_seeds.yaml\nmore/a.yaml\nmore/b.yml\n");
  EXPECT_EQ(test({"--list", "corpus", "--filter", "*nothing"}).out,
            "corpus/expects_nothing.yaml\n");
  EXPECT_EQ(test({"--list", "corpus", "--filter", "corpus/p*"}).out, "corpus/passes.yaml\n");
}

TEST_F(TestCommand, SaysTheSameWithOneJobAndWithFour) {
  const std::vector<std::vector<std::string>> variants = {
      {},
      {"--json"},
      {"--fail-fast"},
      {"--seeds", "1..6"},
      {"--annotations", "github"},
      {"--seeds", "1..6", "--fail-fast", "--json"}};
  for (const auto& variant : variants) {
    std::vector<std::string> arguments = {"corpus/passes.yaml", "corpus/fail*.yaml",
                                          "corpus/expects_nothing.yaml", "corpus/bad.yaml"};
    arguments.insert(arguments.end(), variant.begin(), variant.end());
    auto one = arguments;
    one.insert(one.end(), {"--jobs", "1"});
    auto four = arguments;
    four.insert(four.end(), {"--jobs", "4"});
    const auto first = test(one);
    EXPECT_EQ(first.out, test(four).out);
    EXPECT_THAT(first.out, Not(IsEmpty()));
  }
}

TEST_F(TestCommand, FailFastStopsBehindTheFirstFailure) {
  const auto outcome =
      test({"corpus/fails.yaml", "corpus/passes.yaml", "missing.yaml", "--fail-fast"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("- corpus/passes.yaml  skipped\n"));
  EXPECT_THAT(outcome.out, HasSubstr("- missing.yaml        skipped\n"));
  EXPECT_THAT(outcome.out, EndsWith("3 files: 0 passed, 1 failed, 2 skipped; 2 of 3 "
                                    "expectations held\n"));
}

TEST_F(TestCommand, SeedsAreTriedOneByOneAndToldTogether) {
  const auto outcome = test({"corpus/fails_with_some_seeds.yaml", "--seeds", "1..8", "--json"});
  EXPECT_EQ(outcome.exit_code, 1);
  const auto json = nlohmann::json::parse(outcome.out);
  const auto& expectations = json.at("files").at(0).at("expectations");
  ASSERT_EQ(expectations.size(), 1U);
  EXPECT_EQ(expectations[0].at("name"), "more than usual");
  EXPECT_EQ(expectations[0].at("runs"), 8);
  const auto failed = expectations[0].at("failedSeeds").get<std::vector<int>>();
  EXPECT_GT(failed.size(), 0U);
  EXPECT_LT(failed.size(), 8U);
  // Each seed alone gives the same verdict as among others.
  for (int seed = 1; seed <= 8; ++seed) {
    const bool has_failed = std::find(failed.begin(), failed.end(), seed) != failed.end();
    const auto alone = test({"corpus/fails_with_some_seeds.yaml", "--seed", std::to_string(seed)});
    EXPECT_EQ(alone.exit_code, has_failed ? 1 : 0) << seed;
  }
  EXPECT_EQ(expectations[0].at("replay"), "hoplab run corpus/fails_with_some_seeds.yaml --seed " +
                                              std::to_string(failed.front()));
}

TEST_F(TestCommand, KeepsRecordingsWhereItIsTold) {
  EXPECT_EQ(test({"corpus/passes.yaml", "--seeds", "3..4", "--recordings", "kept"}).exit_code, 0);
  for (const char* name : {"kept/passes-3", "kept/passes-4"}) {
    EXPECT_EQ(hoplab({"report", name}).exit_code, 0) << name;
  }
}

TEST_F(TestCommand, LeavesNoRecordingOfARunThatNeedsOneToBeJudged) {
  fs::create_directory(folder_ / "tmp");
  const auto outcome = hoplab({"test", "corpus/diagnoses.yaml", "--seeds", "1..2"},
                              {{"TMPDIR", (folder_ / "tmp").string()}});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
  EXPECT_FALSE(fs::exists(folder_ / "recordings"));
}

TEST_F(TestCommand, GivesScenariosOfOneNameFoldersOfTheirOwn) {
  fs::copy(folder_ / "corpus/passes.yaml", folder_ / "corpus/second.yaml");
  EXPECT_EQ(test({"corpus/passes.yaml", "corpus/second.yaml", "--recordings", "kept"}).exit_code,
            0);
  EXPECT_TRUE(fs::exists(folder_ / "kept/passes-1/MANIFEST.json"));
  EXPECT_TRUE(fs::exists(folder_ / "kept/passes~2-1/MANIFEST.json"));
}

// --- What is written -----------------------------------------------------------------------------

TEST_F(TestCommand, PrintsJsonAndNothingElse) {
  const auto outcome = test({"corpus/bad.yaml", "corpus/fails.yaml", "--json"});
  EXPECT_THAT(outcome.err, IsEmpty());
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("schema"), "hoplab.test/1");
  EXPECT_EQ(json.at("exitCode"), 3);
  EXPECT_EQ(json.at("totals").at("expectations"), 3);
  EXPECT_EQ(json.at("totals").at("held"), 2);
  const auto& files = json.at("files");
  EXPECT_EQ(files.at(0).at("outcome"), "bad-scenario");
  EXPECT_EQ(files.at(0).at("diagnostics").at(1).at("line"), 7);
  EXPECT_EQ(files.at(1).at("expectations").at(2).at("name"), "nothing fails (2)");
  EXPECT_EQ(files.at(1).at("expectations").at(1).at("checks").size(), 2U);
}

TEST_F(TestCommand, SpeaksGithubsLanguageInGithubActions) {
  write_bytes(folder_ / "page.md", "before\n");
  const auto page = (folder_ / "page.md").string();
  const auto outcome = hoplab({"test", "corpus/fails.yaml", "corpus/bad.yaml"},
                              {{"GITHUB_ACTIONS", "true"}, {"GITHUB_STEP_SUMMARY", page}});
  EXPECT_THAT(outcome.out, HasSubstr("::group::! corpus/bad.yaml    bad scenario, 2 errors\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n::endgroup::\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr("::error file=corpus/bad.yaml,line=6,col=7,title=bad%3A E0201::service"));
  EXPECT_THAT(outcome.out,
              HasSubstr("::error file=corpus/fails.yaml,line=12,col=5,title=100%25 <fail> & "
                        "\"more\"%3A a%2C b::a.http_req_failed: expected rate>0.5"));
  EXPECT_THAT(bytes_of(page), StartsWith("before\n## hoplab test\n"));
  EXPECT_THAT(
      hoplab({"test", "corpus/fails.yaml", "--annotations", "none"}, {{"GITHUB_ACTIONS", "true"}})
          .out,
      Not(HasSubstr("::")));
}

TEST_F(TestCommand, KeepsAnOldReportUntilTheNewOneIsWhole) {
  EXPECT_EQ(test({"corpus/passes.yaml", "--junit", "deep/out.xml"}).exit_code, 0);
  EXPECT_EQ(test({"corpus/fails.yaml", "--junit", "deep/out.xml"}).exit_code, 1);
  EXPECT_THAT(bytes_of(folder_ / "deep/out.xml"), HasSubstr("failures=\"1\""));
  EXPECT_FALSE(fs::exists(folder_ / "deep/out.xml.partial"));
}

}  // namespace
