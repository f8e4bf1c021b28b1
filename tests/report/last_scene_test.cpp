// The talk's last scene, with nothing but the files of a recording: from the slowest trace to its
// transaction id, from there to the line on stderr, from there to the version that has the bug.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "models/faults/registry.hpp"
#include "models/world.hpp"
#include "report/expectations/witness.hpp"
#include "report/recording/recorder.hpp"
#include "scenarios/schema/load.hpp"
#include "tests/report/temporary_folder.hpp"

namespace {

using namespace hoplab;
using report::testing::TemporaryFolder;
using Json = nlohmann::json;
namespace fs = std::filesystem;

void record(const char* scenario_file, const fs::path& place) {
  sim::Diagnostics diagnostics;
  const std::string file = std::string(HOPLAB_ROOT) + "/scenarios/" + scenario_file;
  const auto scenario = scenarios::load_scenario(file, models::faults::catalogue(), diagnostics);
  ASSERT_TRUE(scenario.has_value()) << file;
  report::recording::Recorder recorder(*scenario, {place, "0.0.0", nullptr});
  sim::Engine engine(scenario->seed);
  models::World world(engine, *scenario, recorder);
  world.run({});
  recorder.finish({"{}", "{}", world.now()});
}

/// Calls use(json) for each line of a file in which the text occurs.
template <typename Use>
void for_each_line(const fs::path& file, const std::string& text, Use use) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.find(text) != std::string::npos) use(Json::parse(line));
  }
}

/// The whole request as its first Envoy saw it: a segment without a parent.
Json slowest_root(const fs::path& recording) {
  Json slowest;
  double longest = 0;
  for_each_line(recording / "xray/segments.jsonl", "", [&](const Json& segment) {
    if (segment.contains("parent_id")) return;
    const double took =
        segment.at("end_time").get<double>() - segment.at("start_time").get<double>();
    if (took <= longest) return;
    longest = took;
    slowest = segment;
  });
  EXPECT_GT(longest, 2.0);
  return slowest;
}

/// The FireLens records whose line on stderr names the transaction.
std::vector<Json> complaints_about(const fs::path& recording, const std::string& transaction) {
  std::vector<Json> found;
  for (const auto& entry : fs::recursive_directory_iterator(recording / "logs")) {
    if (entry.path().extension() != ".jsonl") continue;
    for_each_line(entry.path(), transaction, [&](const Json& event) {
      const std::string message = event.at("message");
      if (message.front() != '{') return;  // An Envoy's.
      const Json line = Json::parse(message);
      if (line.value("source", "") == "stderr") found.push_back(line);
    });
  }
  return found;
}

struct Scene {
  const char* scenario;
  const char* version;
};
void PrintTo(const Scene& scene, std::ostream* out) { *out << scene.scenario; }

class LastScene : public ::testing::TestWithParam<Scene> {};

TEST_P(LastScene, TheSlowestTraceLeadsToTheBugAndToTheVersionThatHasIt) {
  const TemporaryFolder folder;
  const fs::path recording = folder / "run";
  ASSERT_NO_FATAL_FAILURE(record(GetParam().scenario, recording));
  for (const char* answer_key : {"truth", "hops.json", "MANIFEST.json"}) {
    fs::remove_all(recording / answer_key);
  }

  const Json root = slowest_root(recording);
  const std::string transaction = root.at("annotations").at("guid:x-request-id");
  const auto complaints = complaints_about(recording, transaction);
  ASSERT_EQ(complaints.size(), 1U);
  EXPECT_THAT(complaints.front().at("log").get<std::string>(), testing::HasSubstr("BUG-1421"));
  EXPECT_EQ(complaints.front().at("ecs_task_definition"), GetParam().version);

  // The trace tells the same: its slowest part without a subsegment is that version's.
  std::string slowest_version;
  const std::string trace = root.at("trace_id");
  for_each_line(recording / "xray/segments.jsonl", trace, [&](const Json& segment) {
    if (!segment.contains("service") || segment.contains("subsegments")) return;
    slowest_version = segment.at("service").at("version");
    EXPECT_EQ(segment.at("annotations").at("transaction_id"), transaction);
  });
  EXPECT_EQ(slowest_version, GetParam().version);
}

INSTANTIATE_TEST_SUITE_P(Talk, LastScene,
                         ::testing::Values(Scene{"two_second_outlier.yaml", "b:7"},
                                           Scene{"canary_90_10.yaml", "b:2"}),
                         [](const auto& scene) {
                           const std::string name = scene.param.scenario;
                           return name.substr(0, name.find('.'));
                         });

}  // namespace
