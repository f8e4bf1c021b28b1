// The program itself, as a shell sees it: exit codes, stdout and stderr.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "report/recording/manifest.hpp"
#include "tests/report/program.hpp"

namespace {

using hoplab::report::testing::bytes_of;
using hoplab::report::testing::Program;
using hoplab::report::testing::scenario;
using hoplab::report::testing::write_bytes;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

TEST_F(Program, SaysItsVersionAndCommit) {
  const auto outcome = hoplab({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, ::testing::MatchesRegex("hoplab [0-9.]+ \\(commit [0-9a-z-]+\\)\n"));
}

TEST_F(Program, HasAnExampleInEachHelp) {
  for (const char* command : {"run", "replay", "report", "validate", "explain", "init", "test",
                              "schema", "faults", "metrics", "alarms"}) {
    const auto outcome = hoplab({command, "--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr(std::string("Example:\n  hoplab ") + command));
  }
}

TEST_F(Program, ExitsWithTwoForMistakesOnTheCommandLine) {
  const std::vector<std::vector<std::string>> mistakes = {
      {},
      {"frobnicate"},
      {"run"},
      {"run", "first.yaml", "--seed", "-1"},
      {"run", "first.yaml", "--max-wall", "3"},
      {"run", "first.yaml", "--max-memory", "lots"},
      {"run", "first.yaml", "--no-such-option"}};
  for (const auto& arguments : mistakes) {
    const auto outcome = hoplab(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, Not(IsEmpty()));
  }
}

TEST_F(Program, HintsOnlyAtSourcesWhereOneIsTakenOut) {
  const auto missing_letter = hoplab({"run", "first.yaml", "--telemetry", "default,-statd"});
  EXPECT_THAT(missing_letter.err, HasSubstr("did you mean '-statsd'?"));
  const auto all_of_them = hoplab({"run", "first.yaml", "--telemetry", "xray,-default"});
  EXPECT_THAT(all_of_them.err, Not(HasSubstr("did you mean")));
  EXPECT_THAT(all_of_them.err, HasSubstr("there are accessLog"));
}

TEST_F(Program, ExitsWithZeroWhenAllHeldAndLeavesAWholeRecording) {
  const auto outcome = hoplab({"run", "first.yaml"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, StartsWith("first  10s, seed 1, 2 services, 0 faults\n"));
  const fs::path directory = folder_ / "recordings/first-1";
  const auto manifest = hoplab::report::recording::read_manifest(directory);
  ASSERT_TRUE(manifest);
  EXPECT_THAT(hoplab::report::recording::differences(directory, *manifest), IsEmpty());
}

TEST_F(Program, PrintsTheSameReportFromTheRecording) {
  const auto run = hoplab({"run", "first.yaml", "-o", "rec"});
  const auto report = hoplab({"report", "rec"});
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.out, run.out);
}

TEST_F(Program, WritesTheSameBytesForTheSameSeed) {
  static_cast<void>(hoplab({"run", "first.yaml", "-o", "one"}));
  static_cast<void>(hoplab({"run", "first.yaml", "-o", "two"}));
  static_cast<void>(hoplab({"run", "first.yaml", "-o", "three", "--seed", "3"}));
  EXPECT_EQ(bytes_of(folder_ / "one/MANIFEST.json"), bytes_of(folder_ / "two/MANIFEST.json"));
  EXPECT_NE(bytes_of(folder_ / "one/MANIFEST.json"), bytes_of(folder_ / "three/MANIFEST.json"));
}

TEST_F(Program, WritesAScenarioOutThatRunsToTheSame) {
  const auto written = hoplab({"explain", "--long", "first.yaml"});
  EXPECT_EQ(written.exit_code, 0);
  write_bytes(folder_ / "long.yaml", written.out);
  static_cast<void>(hoplab({"run", "first.yaml", "-o", "short"}));
  EXPECT_EQ(hoplab({"run", "long.yaml", "-o", "long"}).exit_code, 0);
  for (const char* file : {"hops.json", "ecs/tasks.jsonl", "config/security-groups.jsonl",
                           "config/task-definitions.jsonl"}) {
    EXPECT_EQ(bytes_of(folder_ / "long" / file), bytes_of(folder_ / "short" / file)) << file;
  }
}

TEST_F(Program, ExplainsNothingThatIsWrong) {
  write_variant("wrong.yaml", "rate<0.001", "rate<7");
  const auto outcome = hoplab({"explain", "wrong.yaml"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("error[E0503]"));
  EXPECT_EQ(hoplab({"explain", "--long", "--json", "first.yaml"}).exit_code, 2);
}

TEST_F(Program, ExitsWithOneWhenAnExpectationFailed) {
  write_variant("fails.yaml", "rate<0.001", "rate>0.5");
  const auto outcome = hoplab({"run", "fails.yaml", "--no-recording"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("again: hoplab run fails.yaml --seed 1\n"));
  EXPECT_FALSE(fs::exists(folder_ / "recordings"));
}

TEST_F(Program, JudgesADiagnosisFromTheRecordingEvenWhereNoneIsKept) {
  const std::string diagnosing = R"(hoplab: 1
duration: 60s
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: 7ms}
workload: [{rate: 20/s, to: a}]
faults: [{at: 30s, action: "hoplab:ecs:container-exit", target: b}]
expectations:
  - {diagnose: {at: 30s, verdict: healthy}}
  - {diagnose: {from: a, to: b, verdict: app.crashed, hop: b.app}}
)";
  write_bytes(folder_ / "right.yaml", diagnosing);
  EXPECT_EQ(hoplab({"run", "right.yaml", "--no-recording"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(folder_ / "recordings"));

  std::string wrong = diagnosing;
  wrong.replace(wrong.find("app.crashed"), 11, "app.hung");
  write_bytes(folder_ / "wrong.yaml", wrong);
  const auto outcome = hoplab({"run", "wrong.yaml", "--no-recording"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("app.crashed")) << "what was measured";
}

TEST_F(Program, PrintsJsonAndNothingElse) {
  const auto outcome = hoplab({"run", "first.yaml", "--json", "--no-recording"});
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("schema"), "hoplab.result/1");
  EXPECT_EQ(json.at("exitCode"), 0);
  const auto& requests = json.at("requests");
  EXPECT_EQ(requests.at("issued").get<int>(), requests.at("answered").get<int>() +
                                                  requests.at("failed").get<int>() +
                                                  requests.at("inFlight").get<int>());
  EXPECT_GT(json.at("events").get<int>(), 0);
}

TEST_F(Program, ExitsWithThreeForABadScenarioAndSaysWhere) {
  write_variant("bad.yaml", "serviceTime", "servceTime");
  for (const char* command : {"run", "validate"}) {
    const auto outcome = hoplab({command, "bad.yaml"});
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_THAT(outcome.err, StartsWith("bad.yaml:6:"));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST_F(Program, ExitsWithFourForWhatIsNotThere) {
  EXPECT_EQ(hoplab({"run", "missing.yaml"}).exit_code, 4);
  EXPECT_EQ(hoplab({"validate", "missing.yaml"}).exit_code, 4);
  EXPECT_EQ(hoplab({"report", "missing"}).exit_code, 4);
}

TEST_F(Program, ExitsWithFourForAPlaceThatIsNotItsOwn) {
  const auto outcome = hoplab({"run", "first.yaml", "-o", "first.yaml"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_EQ(bytes_of(folder_ / "first.yaml"), scenario);
}

TEST_F(Program, ExitsWithFiveAtALimitAndLeavesAnUnfinishedRun) {
  const auto outcome = hoplab({"run", "first.yaml", "-o", "rec", "--max-events", "100"});
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("--max-events 100 was reached"));
  EXPECT_FALSE(fs::exists(folder_ / "rec"));
  const auto report = hoplab({"report", "rec"});
  EXPECT_EQ(report.exit_code, 3);
  EXPECT_THAT(report.err, HasSubstr("unfinished run"));
}

TEST_F(Program, StopsAtASignalAndLeavesAnUnfinishedRun) {
  write_variant("long.yaml", "duration: 10s", "duration: 100h");
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t child = start({"run", "long.yaml", "-o", "rec"});
    while (!fs::exists(folder_ / "rec.partial/truth")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    // Until it simulates: before, a signal ends it like any program.
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    ::kill(child, signal);
    const auto outcome = wait_for(child);
    EXPECT_EQ(outcome.exit_code, 128 + signal);
    EXPECT_THAT(outcome.err, HasSubstr("as an unfinished run"));
    EXPECT_FALSE(fs::exists(folder_ / "rec"));
  }
}

TEST_F(Program, WritesAStarterThatIsValidAndHolds) {
  EXPECT_EQ(hoplab({"init", "start.yaml"}).exit_code, 0);
  const auto validated = hoplab({"validate", "start.yaml"});
  EXPECT_EQ(validated.exit_code, 0);
  EXPECT_THAT(validated.err, IsEmpty());  // No warning either.
  EXPECT_THAT(validated.out, HasSubstr("1 fault, 3 expectations"));
  const auto tested = hoplab({"test", "start.yaml"});
  EXPECT_EQ(tested.exit_code, 0);
  EXPECT_THAT(tested.out, HasSubstr("3 of 3 expectations held"));
  EXPECT_EQ(hoplab({"init", "-"}).out, bytes_of(folder_ / "start.yaml"));
}

// Else an expectation of it could not fail.
TEST_F(Program, ItsStarterSeesItsFault) {
  std::string text = hoplab({"init", "-"}).out;
  const auto from = text.find("faults:  ");
  ASSERT_NE(from, std::string::npos);
  text.erase(from, text.find("expectations:") - from);
  write_bytes(folder_ / "calm.yaml", text);
  const auto outcome = hoplab({"test", "calm.yaml"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("2 of 3 expectations held"));
}

TEST_F(Program, MakesTheFolderOfAStarter) {
  EXPECT_EQ(hoplab({"init", "scenarios/new/first.yaml"}).exit_code, 0);
  EXPECT_EQ(hoplab({"validate", "scenarios/new/first.yaml"}).exit_code, 0);
}

TEST_F(Program, NeverWritesAStarterOverAFile) {
  EXPECT_EQ(hoplab({"init", "first.yaml"}).exit_code, 4);
  EXPECT_EQ(bytes_of(folder_ / "first.yaml"), scenario);
  EXPECT_EQ(hoplab({"init", "first.yaml/below-a-file.yaml"}).exit_code, 4);
}

TEST_F(Program, ListsEveryFaultWithItsSymptom) {
  const auto json = nlohmann::json::parse(hoplab({"faults", "--json"}).out);
  EXPECT_EQ(json.at("schema"), "hoplab.faults/1");
  EXPECT_THAT(json.at("faults"), Not(IsEmpty()));
  for (const auto& fault : json.at("faults")) {
    EXPECT_THAT(fault.at("symptom").get<std::string>(), Not(IsEmpty())) << fault.at("action");
  }
}

TEST_F(Program, SaysOfActionsOfFisThatTheyAreNotSimulated) {
  const auto json = nlohmann::json::parse(hoplab({"faults", "--json"}).out);
  EXPECT_THAT(json.at("notSimulated"), Contains("aws:ssm:send-command/AWSFIS-Run-IO-Stress"));
  for (const auto& fault : json.at("faults")) {
    EXPECT_THAT(json.at("notSimulated"), Not(Contains(fault.at("action"))));
  }
  EXPECT_THAT(hoplab({"faults"}).out, HasSubstr("\n  aws:ecs:task-io-stress\n"));
  const auto one = hoplab({"faults", "aws:ecs:task-io-stress"});
  EXPECT_EQ(one.exit_code, 3);
  EXPECT_THAT(one.err, HasSubstr("not simulated yet"));
}

TEST_F(Program, ShowsOneFaultAlone) {
  const auto one = hoplab({"faults", "hoplab:ecs:hang"});
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_THAT(one.out, StartsWith("hoplab:ecs:hang  target: service\n"));
  EXPECT_THAT(one.out, Not(HasSubstr("hoplab:ecs:infinite-loop")));
  const auto none = hoplab({"faults", "hoplab:ecs:hung"});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.err, HasSubstr("there is no fault action 'hoplab:ecs:hung'"));
}

}  // namespace
