#include "report/recording/recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <sstream>

#include <nlohmann/json.hpp>

#include "report/expectations/witness.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/manifest.hpp"
#include "report/writers/run_report.hpp"
#include "tests/report/fake_run.hpp"
#include "tests/report/temporary_folder.hpp"

namespace {

using namespace hoplab;
using namespace hoplab::report;
using report::testing::bytes_of;
using report::testing::FakeRun;
using report::testing::TemporaryFolder;
using report::testing::write_bytes;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

/// Records the fake run; the report of it comes back.
writers::RunReport record(
    const fs::path& directory, const scenarios::Scenario& scenario,
    const std::optional<writers::ExperimentFigures>& experiment = std::nullopt) {
  expectations::Witness witness(scenario);
  recording::Recorder recorder(scenario, {directory, "0.0.0", &witness});
  FakeRun(scenario, recorder).requests(1200);
  const auto end = sim::at(scenario.duration);
  auto shown = writers::make_report(scenario, recorder.book(), witness,
                                    {"0.0.0", 1200, {1200, 800, 400, 0}, end, experiment});
  recorder.finish({expectations::to_json(shown.results), writers::summary_json(shown), end});
  return shown;
}

std::vector<nlohmann::json> json_lines(const fs::path& path) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(bytes_of(path));
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST(Recording, WritesLogEventsAsCloudWatchHasThem) {
  const TemporaryFolder folder;
  record(folder / "run", report::testing::fake_scenario());
  const auto lines = json_lines(folder / "run/logs/%2Fecs%2Fb%2Fenvoy/envoy%2F0b.jsonl");
  ASSERT_EQ(lines.size(), 800U);
  EXPECT_EQ(lines[0].at("timestamp"), 1767614409008);
  EXPECT_EQ(lines[0].at("ingestionTime"), 1767614412000);
  EXPECT_EQ(lines[0].at("message").get<std::string>().substr(0, 26), "[2026-01-05T12:00:00.000Z]");
  EXPECT_EQ(lines[0].size(), 3U);
}

TEST(Recording, NamesGroupsAndStreamsInTheIndex) {
  const TemporaryFolder folder;
  record(folder / "run", report::testing::fake_scenario());
  const auto index = nlohmann::json::parse(bytes_of(folder / "run/logs/index.json"));
  const auto& last = index.at("streams").at(2);
  EXPECT_EQ(last.at("logGroupName"), "/ecs/b/envoy");
  EXPECT_EQ(last.at("logStreamName"), "envoy/0b");
  EXPECT_EQ(last.at("events"), 800);
  EXPECT_TRUE(fs::exists((folder / "run") / last.at("file").get<std::string>()));
}

TEST(Recording, PutsTheInstantBeforeEachDocument) {
  const TemporaryFolder folder;
  record(folder / "run", report::testing::fake_scenario());
  const auto tasks = json_lines(folder / "run/ecs/tasks.jsonl");
  EXPECT_EQ(tasks.at(0).at("at"), "2026-01-05T12:00:00.000Z");
  EXPECT_EQ(tasks.at(0).at("lastStatus"), "RUNNING");
  const auto groups = json_lines(folder / "run/config/security-groups.jsonl");
  EXPECT_TRUE(groups.at(0).contains("SecurityGroups"));
}

TEST(Recording, KeepsTheSourcesAndTheFaultsAsAnswerKey) {
  const TemporaryFolder folder;
  record(folder / "run", report::testing::fake_scenario());
  EXPECT_EQ(bytes_of(folder / "run/truth/sources/fake.yaml"), "hoplab: 1\nname: fake\n");
  const auto faults = json_lines(folder / "run/truth/faults.jsonl");
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].at("at"), "2026-01-05T12:00:20.000Z");
  EXPECT_EQ(faults[0].at("event"), "begins");
  EXPECT_EQ(faults[1].at("event"), "ends");
}

TEST(Recording, IsTheSameBytesForTheSameRun) {
  const TemporaryFolder folder;
  record(folder / "one", report::testing::fake_scenario());
  record(folder / "two", report::testing::fake_scenario());
  EXPECT_EQ(bytes_of(folder / "one/MANIFEST.json"), bytes_of(folder / "two/MANIFEST.json"));
  record(folder / "three", report::testing::fake_scenario(2));
  EXPECT_NE(bytes_of(folder / "one/MANIFEST.json"), bytes_of(folder / "three/MANIFEST.json"));
}

TEST(Recording, TellsNothingOfTheFoldersOfTheMachine) {
  const TemporaryFolder folder;
  auto scenario = report::testing::fake_scenario();
  scenario.file = "/home/someone/secret/fake.yaml";
  scenario.sources = {{scenario.file, "x"}};
  for (auto& expectation : scenario.expectations) expectation.mark.file = scenario.file;
  record(folder / "run", scenario);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "run")) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("someone")));
    if (entry.is_regular_file()) {
      EXPECT_THAT(bytes_of(entry.path()), Not(HasSubstr("someone"))) << entry.path();
    }
  }
}

TEST(Recording, IsReadBackAsTheReportThatWasWritten) {
  const TemporaryFolder folder;
  const auto written = record(folder / "run", report::testing::fake_scenario());
  const auto read = writers::read_report((folder / "run").string());
  EXPECT_EQ(writers::summary_json(read), writers::summary_json(written));
  EXPECT_EQ(expectations::to_json(read.results), expectations::to_json(written.results));
  EXPECT_EQ(read.book.to_json(), written.book.to_json());
  EXPECT_EQ(read.replay_file, (folder / "run/truth/sources/fake.yaml").string());
}

TEST(Recording, KeepsHowAnExperimentEnded) {
  const TemporaryFolder folder;
  const writers::ExperimentFigures stopped{"stopped", "Experiment halted by stop condition.",
                                           std::chrono::seconds(61), "b-slow"};
  record(folder / "run", report::testing::fake_scenario(), stopped);
  const auto read = writers::read_report((folder / "run").string()).experiment;
  ASSERT_TRUE(read);
  EXPECT_EQ(read->status, "stopped");
  EXPECT_EQ(read->reason, stopped.reason);
  EXPECT_EQ(read->since, stopped.since);
  EXPECT_EQ(read->alarm, "b-slow");
  record(folder / "without", report::testing::fake_scenario());
  EXPECT_FALSE(writers::read_report((folder / "without").string()).experiment);
}

TEST(Recording, ThatWasChangedIsNamedAsDamaged) {
  const TemporaryFolder folder;
  record(folder / "run", report::testing::fake_scenario());
  write_bytes(folder / "run/hops.json", "{}");
  EXPECT_THROW(static_cast<void>(writers::read_report((folder / "run").string())),
               recording::BadRecording);
  const auto manifest = recording::read_manifest(folder / "run");
  EXPECT_THAT(recording::differences(folder / "run", *manifest),
              ::testing::ElementsAre(HasSubstr("hops.json: 2 bytes")));
}

TEST(Recording, ReplacesAnOlderOne) {
  const TemporaryFolder folder;
  record(folder / "run", report::testing::fake_scenario(1));
  record(folder / "run", report::testing::fake_scenario(2));
  EXPECT_EQ(recording::read_manifest(folder / "run")->seed, 2U);
  EXPECT_FALSE(fs::exists(folder / "run.partial"));
}

std::string refusal(const fs::path& directory) {
  try {
    record(directory, report::testing::fake_scenario());
  } catch (const recording::FileTrouble& error) {
    return error.what();
  }
  return "";
}

TEST(Recording, DoesNotReplaceADirectoryOfSomethingElse) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  write_bytes(folder / "run/thesis.txt", "years of work");
  EXPECT_THAT(refusal(folder / "run"), HasSubstr("is not a hoplab recording"));
  EXPECT_EQ(bytes_of(folder / "run/thesis.txt"), "years of work");
}

TEST(Recording, DoesNotDeleteAFileThatSomeonePutIntoAnOlderOne) {
  const TemporaryFolder folder;
  record(folder / "run", report::testing::fake_scenario());
  write_bytes(folder / "run/notes.txt", "mine");
  EXPECT_THAT(refusal(folder / "run"), HasSubstr("notes.txt"));
  EXPECT_EQ(bytes_of(folder / "run/notes.txt"), "mine");
}

TEST(Recording, DoesNotTouchAPartialDirectoryOfSomethingElse) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run.partial");
  write_bytes(folder / "run.partial/x", "mine");
  EXPECT_THAT(refusal(folder / "run"), HasSubstr("was not left by a run"));
}

TEST(Recording, IsWrittenByOneRunAtATime) {
  const TemporaryFolder folder;
  const auto scenario = report::testing::fake_scenario();
  const recording::Recorder first(scenario, {folder / "run", "0.0.0", nullptr});
  EXPECT_THAT(refusal(folder / "run"), HasSubstr("another run is writing"));
}

TEST(Recording, ThatWasCutShortIsNamedAsUnfinished) {
  const TemporaryFolder folder;
  const auto scenario = report::testing::fake_scenario();
  {
    recording::Recorder recorder(scenario, {folder / "run", "0.0.0", nullptr});
    FakeRun(scenario, recorder).requests(10);
    recorder.abandon();
  }
  EXPECT_FALSE(fs::exists(folder / "run"));
  EXPECT_EQ(json_lines(folder / "run.partial/logs/%2Fecs%2Fa%2Fapp/app%2F0a.jsonl").size(), 10U);
  for (const auto& name : {folder / "run", folder / "run.partial"}) {
    try {
      static_cast<void>(writers::read_report(name.string()));
      FAIL() << "an unfinished run is no recording";
    } catch (const recording::BadRecording& error) {
      EXPECT_THAT(error.what(), HasSubstr("unfinished run"));
    }
  }
  EXPECT_EQ(refusal(folder / "run"), "") << "the next run clears it away";
}

TEST(Recording, KeepsEveryStreamWhenThereAreMoreThanMayBeOpen) {
  const TemporaryFolder folder;
  const auto scenario = report::testing::fake_scenario();
  recording::Recorder recorder(scenario, {folder / "run", "0.0.0", nullptr});
  std::vector<models::telemetry::LogStreamId> streams;
  for (int i = 0; i < 700; ++i) {
    streams.push_back(recorder.open_log_stream("/ecs/a/app", "app/" + std::to_string(i)));
  }
  const std::string message(70 * 1024, 'x');  // More than a buffer: each goes to disk at once.
  for (int round = 0; round < 2; ++round) {
    for (const auto stream : streams) recorder.log(stream, {{}, {}, message});
  }
  recorder.finish({"{}", "{}", {}});
  const auto manifest = recording::read_manifest(folder / "run");
  EXPECT_TRUE(recording::differences(folder / "run", *manifest).empty());
  EXPECT_EQ(json_lines(folder / "run/logs/%2Fecs%2Fa%2Fapp/app%2F699.jsonl").size(), 2U);
}

TEST(Recording, WritesNothingForAScenarioWithoutTelemetry) {
  const TemporaryFolder folder;
  auto scenario = report::testing::fake_scenario();
  scenario.telemetry = false;
  const recording::Recorder recorder(scenario, {folder / "run", "0.0.0", nullptr});
  EXPECT_FALSE(recorder.is_writing());
  EXPECT_FALSE(fs::exists(folder / "run.partial"));
}

}  // namespace
