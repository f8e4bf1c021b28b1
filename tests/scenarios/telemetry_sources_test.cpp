// Which telemetry a scenario asks for.
#include "scenarios/schema/telemetry_sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Source = TelemetrySource;

std::string with(const std::string& telemetry, const std::string& expectations = "") {
  std::string text = "hoplab: 1\nname: s\nduration: 1m\nservices: {a: {}}\n";
  if (!telemetry.empty()) text += "telemetry: " + telemetry + "\n";
  return text + expectations;
}

TEST(TelemetrySources, AScenarioThatSaysNothingHasAllButOpenTelemetry) {
  const auto loaded = load_text(with(""));
  ASSERT_TRUE(loaded.scenario);
  EXPECT_EQ(loaded.scenario->telemetry_sources, TelemetrySources::defaults());
  EXPECT_TRUE(loaded.scenario->tells(Source::xray));
  EXPECT_FALSE(loaded.scenario->tells(Source::otlp));
  EXPECT_FALSE(loaded.scenario->trace_headers().tracecontext);
}

TEST(TelemetrySources, OtlpComesOnTopAndBringsItsTraceHeader) {
  const auto loaded = load_text(with("{otlp: true}"));
  ASSERT_TRUE(loaded.scenario);
  EXPECT_TRUE(loaded.scenario->tells(Source::otlp));
  EXPECT_TRUE(loaded.scenario->tells(Source::xray));
  EXPECT_TRUE(loaded.scenario->trace_headers().tracecontext);
  EXPECT_TRUE(loaded.scenario->trace_headers().xray);
}

TEST(TelemetrySources, AListHasWhatItNamesAndNothingElse) {
  const auto loaded = load_text(with("{sources: [default, -statsd, -xray]}"));
  ASSERT_TRUE(loaded.scenario);
  EXPECT_FALSE(loaded.scenario->tells(Source::statsd));
  EXPECT_FALSE(loaded.scenario->tells(Source::xray));
  EXPECT_TRUE(loaded.scenario->tells(Source::ecs));
  EXPECT_THAT(load_text(with("{sources: [xray, ecs]}")).scenario->telemetry_sources.names(),
              ElementsAre("ecs", "xray"));
  EXPECT_FALSE(load_text(with("{sources: [none]}")).scenario->telemetry);
}

TEST(TelemetrySources, AnUnknownNameIsToldWithTheNearestOne) {
  EXPECT_THAT(load_text(with("{sources: [statd]}")).only_message(),
              HasSubstr("'statd' is no source | did you mean 'statsd'?"));
  EXPECT_THAT(load_text(with("{propagators: [xrays]}")).only_message(), HasSubstr("xray"));
}

TEST(TelemetrySources, OnlyASourceIsTakenOutAndTheHintSaysSo) {
  EXPECT_THAT(load_text(with("{sources: [default, -statd]}")).only_message(),
              HasSubstr("did you mean 'statsd'?"));
  const std::string message = load_text(with("{sources: [xray, -default]}")).only_message();
  EXPECT_THAT(message,
              HasSubstr("'-default' is no source | only a source is taken out: accessLog"));
  EXPECT_THAT(message, Not(HasSubstr("did you mean")));
}

TEST(TelemetrySources, AListThatBeginsWithTakingOutTakesItOutOfTheDefault) {
  const auto loaded = load_text(with("{sources: [-statsd]}"));
  ASSERT_TRUE(loaded.scenario);
  auto expected = TelemetrySources::defaults();
  expected.remove(Source::statsd);
  EXPECT_EQ(loaded.scenario->telemetry_sources, expected);
}

TEST(TelemetrySources, AKeyOfItsOwnComesAfterTheWords) {
  EXPECT_TRUE(
      load_text(with("{sources: [xray], flowLogs: true}")).scenario->tells(Source::flow_logs));
  EXPECT_FALSE(load_text(with("{flowLogs: false}")).scenario->tells(Source::flow_logs));
  EXPECT_FALSE(load_text(with("{sources: [all], otlp: false}")).scenario->tells(Source::otlp));
}

TEST(TelemetrySources, AKeyThatSaysTheContraryOfAWordIsAnError) {
  EXPECT_THAT(load_text(with("{sources: [default, -flowLogs], flowLogs: true}")).only_message(),
              HasSubstr("'flowLogs: true' contradicts '-flowLogs' among the sources"));
  EXPECT_THAT(load_text(with("{otlp: false, sources: [default, otlp]}")).only_message(),
              HasSubstr("'otlp: false' contradicts 'otlp' among the sources"));
}

TEST(TelemetrySources, ASnapshotThatIsNeverTakenIsAnError) {
  const auto late = load_text(with("{envoy: {snapshotStats: [30s, 60s, 61s]}}"));
  EXPECT_THAT(late.only_message(), HasSubstr("a snapshot at 1m1s, after the end (1m)"));
  EXPECT_THAT(late.places(), ElementsAre("5:47 E0408"));
  EXPECT_THAT(load_text(with("{sources: [xray], envoy: {snapshotStats: [30s]}}")).only_message(),
              HasSubstr("no page is kept without 'envoyStats'"));
}

TEST(TelemetrySources, TheAgentMayBeSwitchedOffByAWord) {
  EXPECT_FALSE(load_text(with("{cloudwatch: {agent: false}}")).scenario->agent.is_on);
  EXPECT_TRUE(load_text(with("{cloudwatch: {agent: true}}")).scenario->agent.is_on);
  EXPECT_THAT(load_text(with("{cloudwatch: {agent: off}}")).only_message(),
              HasSubstr("not a boolean"));
}

TEST(TelemetrySources, AnExpectationAboutWhatIsNotMadeIsAnError) {
  const std::string about_a_line =
      "expectations: [{accessLog: {container: a.envoy, responseFlags: UF, share: \"<0.1\"}}]\n";
  EXPECT_THAT(load_text(with("{sources: [xray]}", about_a_line)).only_message(),
              HasSubstr("without 'accessLog'"));
  EXPECT_TRUE(load_text(with("{sources: [accessLog]}", about_a_line)).scenario);
}

TEST(TelemetrySources, EachHasABitAndARowOfItsOwn) {
  TelemetrySources all;
  for (const auto& row : telemetry_source_table()) {
    EXPECT_FALSE(all.has(row.source)) << row.name;
    all.add(row.source);
  }
  EXPECT_EQ(all, TelemetrySources::all());
}

}  // namespace
}  // namespace hoplab::scenarios
