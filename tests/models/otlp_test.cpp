// What a run tells, source by source; OpenTelemetry's side of it, and W3C's trace header.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/http/message.hpp"
#include "models/telemetry/otlp.hpp"
#include "models/telemetry/time_text.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab::models {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;
using testing::MatchesRegex;

const std::string two_services = R"(
hoplab: 1
name: demo
duration: 20s
services:
  a: {calls: [{to: b, path: /user}]}
  b: {serviceTime: 7ms}
workload: [{rate: 5/s, executor: constant-arrival-rate, to: a}]
)";

TEST(Sources, WhatIsOffIsNotMade) {
  const auto run = test::run_text(two_services + "telemetry: {sources: [xray]}\n");
  EXPECT_FALSE(run.sink->segments.empty());
  EXPECT_TRUE(run.sink->lines.empty());
  EXPECT_TRUE(run.sink->datagrams.empty());
  EXPECT_TRUE(run.sink->metrics.empty());
  EXPECT_TRUE(run.sink->ecs_events.empty());
  EXPECT_TRUE(run.sink->ecs_tasks.empty());
  EXPECT_TRUE(run.sink->configs.empty());
}

TEST(Sources, LeavingOneOutChangesNoByteOfAnother) {
  const auto all = test::run_text(two_services);
  const auto fewer = test::run_text(two_services + "telemetry: {sources: [accessLog, appLog]}\n");
  EXPECT_EQ(fewer.sink->lines_of("a", "envoy"), all.sink->lines_of("a", "envoy"));
  EXPECT_EQ(fewer.sink->lines_of("b", "app"), all.sink->lines_of("b", "app"));
  EXPECT_TRUE(fewer.sink->segments.empty());
}

std::vector<std::string> headers_seen(const std::string& propagators) {
  const auto run = test::run_text(two_services + R"(
mesh: {accessLog: {format: {text: "%REQ(TRACEPARENT)% %REQ(X-AMZN-TRACE-ID)%\n"}}}
telemetry: {propagators: )" + propagators +
                                  ", xray: {samplingRule: {FixedRate: 0, ReservoirSize: 1}}}\n");
  return run.sink->lines_of("b", "envoy");
}

TEST(Propagators, TraceparentTellsOfTheSameTraceAndParentAsXRaysHeader) {
  const auto lines = headers_seen("[xray, tracecontext]");
  ASSERT_EQ(lines.size(), 100U);
  int sampled = 0;
  for (const std::string& line : lines) {
    EXPECT_THAT(line, MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01] "
                                   "Root=1-[0-9a-f]{8}-[0-9a-f]{24}(;Parent=[0-9a-f]{16})?"
                                   ";Sampled=[01]"));
    const std::string root = line.substr(line.find("Root=1-") + 7);
    EXPECT_EQ(line.substr(3, 32), root.substr(0, 8) + root.substr(9, 24));
    if (!line.ends_with(";Sampled=1")) continue;
    ++sampled;
    EXPECT_EQ(line.substr(36, 19), line.substr(line.find(";Parent=") + 8, 16) + "-01");
  }
  EXPECT_NEAR(sampled, 20, 1) << "the first of each second";
}

TEST(Propagators, EachHeaderIsThereWhereItIsAskedFor) {
  EXPECT_THAT(headers_seen("[xray]").front(), MatchesRegex("- Root=.*"));
  EXPECT_THAT(headers_seen("[tracecontext]").front(), MatchesRegex("00-.* -"));
}

// Published example: 4bf92f35 77b34da6a3ce929d0e0e4736 is one id in both spellings.
TEST(Propagators, AW3cIdIsAnXRayIdWithoutItsVersionAndDashes) {
  http::Request request;
  request.id = {0x0123456789abcdefU, 0xfedcba9876543210U};
  request.trace = {.parent = 0, .epoch = 0x4bf92f35U, .decision = http::Trace::Decision::sampled};
  sim::Text xray;
  sim::Text w3c_text;
  http::append_trace_id(xray, request);
  http::append_w3c_trace_id(w3c_text, request);
  const std::string w3c(w3c_text.view());
  EXPECT_EQ("1-" + w3c.substr(0, 8) + "-" + w3c.substr(8), xray.view());
  sim::Text header;
  http::append_traceparent(header, request, 0x00f067aa0ba902b7U);
  EXPECT_EQ(header.view(), "00-" + w3c + "-00f067aa0ba902b7-01");
}

// Bounds and edges of "le": a value on a bound belongs to the bucket below it.
TEST(OtlpDurations, ABucketHoldsItsUpperBound) {
  telemetry::OtlpDurations durations;
  for (const sim::Duration took :
       {0ns, 1ns, 5'000'000ns, 5'000'001ns, 10'000'000'000ns, 10'000'000'001ns}) {
    durations.add(took);
  }
  sim::Text text;
  durations.append_point(text, "", sim::WallTime{}, sim::WallTime{1s});
  const Json point = Json::parse(text.view());
  EXPECT_EQ(point.at("bucketCounts").dump(),
            R"(["1","2","1","0","0","0","0","0","0","0","0","0","0","0","1","1"])");
  EXPECT_EQ(point.at("count"), "6");
  EXPECT_EQ(point.at("max"), 10.000000001);
  EXPECT_EQ(point.at("timeUnixNano"), "1000000000");
}

TEST(TimeText, IsWhatTheSlowWayWrites) {
  telemetry::TimeText times;
  for (const std::int64_t ms : {0LL, 1LL, 999LL, 1'000LL, 1'001LL, 951'782'400'000LL,
                                1'767'614'399'999LL, 4'102'444'799'123LL}) {
    const sim::WallTime instant{std::chrono::milliseconds(ms)};
    sim::Text text;
    times.append(text, instant + 999us);
    EXPECT_EQ(text.view(), sim::format_iso8601(instant));
  }
}

}  // namespace
}  // namespace hoplab::models
