#include "report/expectations/evaluate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/expectations/comparison.hpp"
#include "report/recording/recorder.hpp"
#include "tests/report/fake_run.hpp"

namespace {

using namespace hoplab;
using namespace hoplab::report::expectations;
using report::testing::comparison;
using report::testing::expectation;
using report::testing::fake_scenario;
using report::testing::quantile;
using scenarios::Expectation;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Aggregate = Comparison::Aggregate;
using Operator = Comparison::Operator;
using Kind = Expectation::Kind;

/// The results of the fake run for these expectations alone.
std::vector<Result> judge(std::vector<Expectation> asked) {
  auto scenario = fake_scenario();
  scenario.expectations = std::move(asked);
  Witness witness(scenario);
  report::recording::Recorder recorder(scenario, {std::nullopt, "0.0.0", &witness});
  report::testing::FakeRun(scenario, recorder).requests(1200);
  return evaluate(scenario, recorder.book(), witness);
}

Check judge_one(const Expectation& asked) { return judge({asked}).at(0).checks.at(0); }

Expectation log_expectation(Kind kind, const std::string& container) {
  auto asked = expectation("log", kind, {seconds(21), seconds(40)}, 3);
  asked.container = container;
  return asked;
}

TEST(Expectations, HoldInTheRunThatTheyDescribe) {
  const auto results = judge(report::testing::fake_expectations());
  ASSERT_EQ(results.size(), 3U);
  for (const auto& result : results) EXPECT_TRUE(result.held) << result.name;
  EXPECT_EQ(results[0].checks[0].measured, "0 (0 of 300)");
  EXPECT_EQ(results[0].file, "fake.yaml");
  EXPECT_EQ(results[0].line, 11);
  EXPECT_EQ(results[1].checks[0].what, "a.envoy egress, flag UF: share");
  EXPECT_EQ(results[1].checks[0].measured, "1 (380 of 380)");
  EXPECT_EQ(results[2].checks[0].measured, "0");
}

// An expectation that no line can meet says so, be it of a share or of a count.
TEST(Expectations, OfAnAccessLogThatCannotBeReadSayWhatItsFormatLacks) {
  auto scenario = fake_scenario();
  scenario.expectations = {log_expectation(Kind::access_log, "a.envoy")};
  auto& log = scenario.services[0].node.access_log.emplace();
  log.text = scenarios::FormatText{{}, "%START_TIME% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n"};
  const auto measured = [&] {
    Witness witness(scenario);
    report::recording::Recorder recorder(scenario, {std::nullopt, "0.0.0", &witness});
    report::testing::FakeRun(scenario, recorder).requests(1200);
    const auto results = evaluate(scenario, recorder.book(), witness);
    EXPECT_FALSE(results.at(0).held);
    return results.at(0).checks.at(0).measured;
  };
  EXPECT_EQ(measured(),
            "it has a format that has no %DURATION%, %RESPONSE_FLAGS%, %REQ(:AUTHORITY)%, "
            "%REQ(X-REQUEST-ID)%, %UPSTREAM_HOST%");
  log.path = "/tmp/access.log";
  EXPECT_EQ(measured(), "it goes to the file /tmp/access.log in the container");
}

TEST(Expectations, OfAlarmsWithoutARecordingAreSkippedAndDecideNothing) {
  auto asked = report::testing::fake_expectations();
  asked.push_back(expectation("alarm", Kind::alarm, {seconds(0), seconds(40)}, 14));
  const auto results = judge(std::move(asked));
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[3].skipped, "nothing is recorded in which it could be evaluated");
  EXPECT_FALSE(results[3].held);
  EXPECT_TRUE(all_held(results));
  const std::string json = to_json(results);
  EXPECT_THAT(json,
              HasSubstr("\"checks\":[],\"skipped\":\"nothing is recorded in which it could be "
                        "evaluated\"}"));
  EXPECT_EQ(to_json(results_from_json(json)), json);
}

TEST(Expectations, ShowWhatWasMeasuredWhenTheyFail) {
  auto asked = expectation("x", Kind::thresholds, {seconds(0), seconds(40)}, 3);
  asked.comparisons = {
      {"a.http_req_failed", comparison("rate<0.1", Aggregate::rate, Operator::less, 0.1)}};
  const Check check = judge_one(asked);
  EXPECT_FALSE(check.held);
  EXPECT_EQ(check.measured, "0.4962 (394 of 794)") << "a request counts where it ended";
}

TEST(Expectations, FailWithoutSamplesButForACount) {
  auto asked = expectation("x", Kind::thresholds, {seconds(70), seconds(80)}, 3);
  asked.comparisons = {
      {"a.http_req_failed", comparison("rate<1", Aggregate::rate, Operator::less, 1)},
      {"a.http_req_duration", quantile("p(95)<1s", 0.95, Operator::less, seconds(1))},
      {"a.http_reqs", comparison("rate<9", Aggregate::rate, Operator::less, 9)},
      {"a.http_reqs", comparison("count==0", Aggregate::count, Operator::equal, 0)}};
  const auto checks = judge({asked}).at(0).checks;
  EXPECT_FALSE(checks[0].held);
  EXPECT_EQ(checks[0].measured, "no samples");
  EXPECT_FALSE(checks[1].held);
  EXPECT_FALSE(checks[2].held);
  EXPECT_TRUE(checks[3].held);
}

TEST(Expectations, CountRequestsAndTheirRateInTheWindow) {
  auto asked = expectation("x", Kind::thresholds, {seconds(10), seconds(20)}, 3);
  asked.comparisons = {
      {"a.http_reqs", comparison("count==200", Aggregate::count, Operator::equal, 200)},
      {"a->b.http_reqs", comparison("rate~20", Aggregate::rate, Operator::about, 20)}};
  const auto checks = judge({asked}).at(0).checks;
  EXPECT_TRUE(checks[0].held) << checks[0].measured;
  EXPECT_TRUE(checks[1].held) << checks[1].measured;
  EXPECT_EQ(checks[1].measured, "20/s (200)");
}

TEST(Expectations, JudgeHopsByTheirCrossings) {
  auto asked = expectation("x", Kind::hops, {seconds(5), seconds(20)}, 3);
  asked.comparisons = {
      {"b.app", quantile("p(50)~7ms", 0.5, Operator::about, milliseconds(7))},
      {"a.envoy->b.envoy", comparison("rate==0", Aggregate::rate, Operator::equal, 0)}};
  const auto steady = judge({asked});
  for (const auto& check : steady.at(0).checks) EXPECT_TRUE(check.held) << check.measured;
  asked.window = {seconds(21), seconds(40)};
  const auto checks = judge({asked}).at(0).checks;
  EXPECT_EQ(checks[0].measured, "no samples") << "nothing arrived at b";
  EXPECT_EQ(checks[1].measured, "1 (380 of 380)");
}

TEST(AccessLogExpectation, ToldByDirectionAndCallee) {
  auto asked = log_expectation(Kind::access_log, "a.envoy");
  asked.count = comparison("380", Aggregate::value, Operator::equal, 380);
  EXPECT_EQ(judge_one(asked).what, "a.envoy egress: count") << "a calls, so egress is meant";
  EXPECT_TRUE(judge_one(asked).held);
  asked.egress = false;
  EXPECT_TRUE(judge_one(asked).held);
  asked.egress = true;
  asked.to = "nobody";
  EXPECT_EQ(judge_one(asked).measured, "0");
}

TEST(AccessLogExpectation, MeansIngressForAServiceThatCallsNobody) {
  auto asked = log_expectation(Kind::access_log, "b.envoy");
  asked.window = {seconds(0), seconds(10)};
  asked.share = comparison("==1", Aggregate::value, Operator::equal, 1);
  asked.response_flags = "-";
  const Check check = judge_one(asked);
  EXPECT_EQ(check.what, "b.envoy ingress, flag -: share");
  EXPECT_EQ(check.measured, "1 (200 of 200)");
}

TEST(AccessLogExpectation, TakesExactQuantilesOfWholeMilliseconds) {
  auto asked = log_expectation(Kind::access_log, "a.envoy");
  asked.code = 503;
  asked.duration = quantile("p(50)>=300ms", 0.5, Operator::greater_equal, milliseconds(300));
  const Check check = judge_one(asked);
  EXPECT_TRUE(check.held);
  EXPECT_EQ(check.measured, sim::format_rounded(milliseconds(300)));
}

TEST(AccessLogExpectation, WantsOneLineWhenNothingElseIsSaid) {
  auto asked = log_expectation(Kind::access_log, "a.envoy");
  asked.response_flags = "UT";
  EXPECT_FALSE(judge_one(asked).held);
  asked.response_flags = "UF";
  EXPECT_TRUE(judge_one(asked).held);
}

TEST(AppLogExpectation, LooksIntoTheLineThatFireLensCarries) {
  auto asked = log_expectation(Kind::app_log, "a.app");
  asked.stream = "stderr";
  asked.contains = R"("level":"error")";
  asked.share = comparison(">0.99", Aggregate::value, Operator::greater, 0.99);
  EXPECT_TRUE(judge_one(asked).held) << judge_one(asked).measured;
  asked.stream = "stdout";
  EXPECT_FALSE(judge_one(asked).held);
}

TEST(EcsExpectation, CountsTasksByTheirLastDocument) {
  auto asked = expectation("x", Kind::ecs, {seconds(0), seconds(60)}, 3);
  asked.service = "b";
  asked.last_status = "RUNNING";
  EXPECT_TRUE(judge_one(asked).held);
  asked.exit_code = 1;
  EXPECT_FALSE(judge_one(asked).held);
  EXPECT_EQ(judge_one(asked).measured, "0 (1 x RUNNING)");
}

constexpr const char* stopped_task =
    R"({"taskArn":"t/1","group":"service:b","lastStatus":"STOPPED","stopCode":)"
    R"("EssentialContainerExited","stoppedReason":"Essential container in task exited",)"
    R"("containers":[{"name":"app","exitCode":137,"reason":"OutOfMemoryError: Container killed )"
    R"(due to memory usage","lastStatus":"STOPPED"},{"name":"envoy","exitCode":143}]})";

TEST(EcsExpectation, WantsCodeAndReasonOfOneContainer) {
  auto asked = expectation("x", Kind::ecs, {seconds(0), seconds(60)}, 3);
  asked.service = "b";
  asked.exit_code = 137;
  asked.reason = "OutOfMemoryError";
  asked.stop_code = "EssentialContainerExited";
  TaskCheck check(asked);
  check.task(*parse_task(stopped_task), seconds(59));
  EXPECT_EQ(check.matched(), 1U);
  asked.exit_code = 143;
  TaskCheck other(asked);
  other.task(*parse_task(stopped_task), seconds(59));
  EXPECT_EQ(other.matched(), 0U);
}

// Envoy's 143 must not pass for the application's.
TEST(EcsExpectation, WantsTheCodeOfTheContainerItNames) {
  auto asked = expectation("x", Kind::ecs, {seconds(0), seconds(60)}, 3);
  asked.service = "b";
  asked.exit_code = 143;
  for (const auto& [container, matches] : {std::pair{"app", 0U}, std::pair{"envoy", 1U}}) {
    asked.container = container;
    TaskCheck check(asked);
    check.task(*parse_task(stopped_task), seconds(59));
    EXPECT_EQ(check.matched(), matches) << container;
  }
}

TEST(EcsExpectation, DoesNotSeeWhatHappensAfterItsWindow) {
  auto asked = expectation("x", Kind::ecs, {seconds(0), seconds(60)}, 3);
  asked.service = "b";
  asked.last_status = "STOPPED";
  TaskCheck check(asked);
  check.task(*parse_task(stopped_task), seconds(60));
  EXPECT_EQ(check.matched(), 0U);
}

TEST(TaskDocument, NamesTheContainersThatAreTheCause) {
  EXPECT_EQ(parse_task(stopped_task)->note(),
            "STOPPED: app exit 137 OutOfMemoryError: Container killed due to memory usage");
  EXPECT_FALSE(parse_task("[]"));
}

TEST(Comparison, AboutIsWithinFivePercent) {
  const auto about = quantile("p(50)~100ms", 0.5, Operator::about, milliseconds(100));
  EXPECT_TRUE(holds(about, sim::Duration(milliseconds(105))));
  EXPECT_TRUE(holds(about, sim::Duration(milliseconds(95))));
  EXPECT_FALSE(holds(about, milliseconds(105) + sim::Duration(1)));
  EXPECT_FALSE(holds(about, milliseconds(95) - sim::Duration(1)));
}

// Oracle: sort and count.
TEST(NearestRank, IsTheSmallestValueWithAtLeastThatShareAtOrBelow) {
  for (std::uint64_t n = 1; n <= 400; ++n) {
    for (std::uint64_t percent = 1; percent <= 100; ++percent) {
      const std::uint64_t exact = (percent * n + 99) / 100;
      ASSERT_EQ(nearest_rank(sim::Ratio(static_cast<double>(percent) / 100), n), exact)
          << percent << " % of " << n;
    }
  }
}

TEST(AppLine, TellsItsSourceWhereFireLensDoes) {
  using models::telemetry::LogSource;
  const auto read = [](std::string_view message) { return parse_app_line({{}, {}, message}); };
  const auto line = parse_app_line({{},
                                    {},
                                    R"({"msg":"failed","status":503,"durationMs":7.012})",
                                    LogSource::standard_error,
                                    {.index = 0}});
  EXPECT_EQ(line.source, "stderr");
  EXPECT_EQ(line.status, 503);
  EXPECT_EQ(line.duration, sim::Duration(7'012'000));
  const auto bare = read("panic: out of cheese");
  const auto call = read(R"({"to":"b","status":503,"durationMs":7.012})");
  EXPECT_FALSE(call.tells_a_request()) << "a request and its failed call are two lines";
  EXPECT_EQ(bare.source, "");
  EXPECT_EQ(bare.text, "panic: out of cheese");
  EXPECT_FALSE(bare.tells_a_request());
}

TEST(AppLine, TakesPlainDecimalMillisecondsOnly) {
  EXPECT_EQ(parse_milliseconds("0.000001"), sim::Duration(1));
  EXPECT_EQ(parse_milliseconds("15000"), sim::Duration(seconds(15)));
  for (const char* bad : {"", "-1", "1.", ".5", "1e3", "1x"}) {
    EXPECT_FALSE(parse_milliseconds(bad)) << bad;
  }
}

TEST(Results, AreReadBackAsWritten) {
  const auto results = judge(report::testing::fake_expectations());
  EXPECT_EQ(to_json(results_from_json(to_json(results))), to_json(results));
}

}  // namespace
