#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <sstream>

#include <nlohmann/json.hpp>

#include "report/recording/recorder.hpp"
#include "report/writers/result_document.hpp"
#include "report/writers/terminal.hpp"
#include "tests/report/fake_run.hpp"

namespace {

using namespace hoplab;
using namespace hoplab::report;
using ::testing::HasSubstr;
using ::testing::Not;

writers::RunReport fake_report(
    const std::optional<writers::ExperimentFigures>& experiment = std::nullopt) {
  auto scenario = report::testing::fake_scenario();
  scenario.expectations[0].comparisons[0].second.number = -1;  // Cannot hold.
  expectations::Witness witness(scenario);
  recording::Recorder recorder(scenario, {std::nullopt, "0.0.0", &witness});
  report::testing::FakeRun(scenario, recorder).requests(1200);
  return writers::make_report(
      scenario, recorder.book(), witness,
      {"0.0.0", 1200, {1200, 800, 400, 0}, sim::at(scenario.duration), experiment});
}

const std::string& page() {
  static const std::string text = writers::terminal_report(fake_report(), writers::Ink(false));
  return text;
}

std::string line_with(const std::string& text, const std::string& part) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find(part) != std::string::npos) return line;
  }
  return "";
}

TEST(TerminalReport, OpensWithTheScenarioAndItsRequests) {
  EXPECT_THAT(page(), HasSubstr("fake  1m, seed 1, 2 services, 1 fault\n"
                                "1,200 requests: 800 answered, 400 failed\n"));
}

TEST(TerminalReport, ShowsTheHopsOfAChainBesideTheFault) {
  EXPECT_THAT(line_with(page(), "steady state, 0s to 20s"), HasSubstr("port-gone, 20s to 40s"));
  const std::string hop = line_with(page(), "  a.envoy \u2192 b.envoy");
  EXPECT_THAT(hop, HasSubstr("2.00 ms  2.00 ms  2.00 ms"));
  EXPECT_THAT(hop, ::testing::EndsWith("394")) << "those that were given up before 40 s";
  EXPECT_THAT(line_with(page(), "  b.app "), HasSubstr("7.00 ms"));
}

TEST(TerminalReport, SaysHowLongAFailedHopWasTried) {
  EXPECT_THAT(page(), HasSubstr("394 not crossed in \"port-gone\", given up after 300 ms"));
}

TEST(TerminalReport, ShowsThatAPartyWithoutALineSawNothing) {
  const auto fault = page().find("  port-gone, 20s to 40s\n", page().find("who saw what"));
  ASSERT_NE(fault, std::string::npos);
  const std::string row = line_with(page().substr(fault), "b.envoy ingress");
  EXPECT_EQ(row, "  b.envoy ingress             0        -        -");
  EXPECT_THAT(line_with(page().substr(fault), "a.envoy egress to b"), HasSubstr("UF x"));
}

TEST(TerminalReport, GivesALineToRunAFailureAgain) {
  EXPECT_THAT(page(), HasSubstr("expectations  2 of 3 held"));
  EXPECT_THAT(page(), HasSubstr("\u2717 steady state  [5s to 20s]  fake.yaml:11"));
  EXPECT_THAT(page(), HasSubstr("again: hoplab run folder/fake.yaml --seed 1\n"));
}

TEST(TerminalReport, FitsAHundredColumns) {
  std::istringstream in(page());
  for (std::string line; std::getline(in, line);) {
    EXPECT_LE(writers::display_width(line), 100U) << line;
    EXPECT_FALSE(!line.empty() && line.back() == ' ') << "'" << line << "'";
  }
}

TEST(TerminalReport, HasColourOnlyWhereAskedFor) {
  EXPECT_THAT(page(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(writers::terminal_report(fake_report(), writers::Ink(true)), HasSubstr("\x1b[31m"));
}

TEST(TerminalReport, SaysHowAnExperimentEnded) {
  const auto line = [](const writers::ExperimentFigures& experiment) {
    return line_with(writers::terminal_report(fake_report(experiment), writers::Ink(false)),
                     "experiment");
  };
  EXPECT_EQ(line({"stopped", "Experiment halted by stop condition.", std::chrono::seconds(121),
                  "b-slow"}),
            "experiment stopped at 2m1s by alarm 'b-slow': Experiment halted by stop condition.");
  EXPECT_EQ(line({"completed", "Experiment completed.", std::chrono::seconds(90), ""}),
            "experiment completed at 1m30s: Experiment completed.");
  EXPECT_EQ(line({"running", "Experiment is running.", std::chrono::seconds(30), ""}),
            "experiment running since 30s: Experiment is running.");
  EXPECT_THAT(page(), Not(HasSubstr("experiment ")));
}

TEST(ReplayLine, QuotesWhatAShellWouldTakeApart) {
  writers::RunReport report;
  report.seed = 7;
  report.replay_file = "my file's.yaml";
  EXPECT_EQ(writers::replay_line(report), R"(hoplab run 'my file'\''s.yaml' --seed 7)");
}

TEST(ResultDocument, IsJsonWithTheSameFiguresAsThePage) {
  const auto json = nlohmann::json::parse(writers::result_document(fake_report(), 1));
  EXPECT_EQ(json.at("schema"), "hoplab.result/1");
  EXPECT_EQ(json.at("exitCode"), 1);
  EXPECT_EQ(json.at("requests").at("failed"), 400);
  EXPECT_EQ(json.at("events"), 1200);
  const auto& hop = json.at("chains").at(0).at("hops").at(0);
  EXPECT_EQ(hop.at("hop"), "a.envoy->b.envoy");
  EXPECT_EQ(hop.at("windows").at(1).at("failed").at("count"), 394);
  EXPECT_EQ(json.at("expectations").at(0).at("replay"), "hoplab run folder/fake.yaml --seed 1");
  EXPECT_FALSE(json.at("expectations").at(1).contains("replay"));
  EXPECT_TRUE(json.at("recording").is_null());
  EXPECT_FALSE(json.contains("experiment"));
}

TEST(ResultDocument, HasTheExperimentThatAnAlarmStopped) {
  const auto report = fake_report(writers::ExperimentFigures{
      "stopped", "Experiment halted by stop condition.", std::chrono::seconds(61), "b-slow"});
  const auto json = nlohmann::json::parse(writers::result_document(report, 0));
  EXPECT_EQ(json.at("experiment"),
            nlohmann::json({{"status", "stopped"},
                            {"reason", "Experiment halted by stop condition."},
                            {"sinceNs", 61'000'000'000},
                            {"alarm", "b-slow"}}));
}

}  // namespace
