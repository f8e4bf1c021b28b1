// Access-log formats filled in: lines that real Envoys printed are the oracle, and the examples of
// Envoy's documentation.
#include "models/envoy/log_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <regex>

#include "scenarios/schema/log_time.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab::models::envoy {
namespace {

using nlohmann::json;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

/// The id that a UUID spells.
http::RequestId id_of(const std::string& uuid) {
  std::string digits;
  for (const char c : uuid) {
    if (c != '-') digits += c;
  }
  return {std::stoull(digits.substr(0, 16), nullptr, 16),
          std::stoull(digits.substr(16), nullptr, 16)};
}

std::optional<Endpoint> endpoint(const std::string& address, std::uint16_t port) {
  return Endpoint{vpc::parse_cidr(address)->base, port};
}

/// One request that has ended, and the process that saw it.
class LogFormatTest : public testing::Test {
 protected:
  LogFormatTest() {
    request_.method = names_.intern("GET");
    request_.path = names_.intern("/");
    request_.authority = names_.intern("b.local:8080");
    request_.user_agent = names_.intern("curl/8.4.0");
    entry_.request = &request_;
    entry_.response = &response_;
    entry_.status = 200;
    entry_.details = via_upstream;
  }

  void begin_at(const std::string& instant) { clock_.zero = sim::parse_iso8601(instant).value(); }
  void fail(const std::string& profile, Failure failure) {
    entry_.reply = &find_profile(profile)->reply(failure);
    entry_.status = entry_.reply->status;
    entry_.flags = entry_.reply->flag;
    entry_.details = entry_.reply->details;
    response_.body = entry_.reply->body;
  }
  std::string write(const scenarios::AccessLogFile& file, bool is_typed = false,
                    const std::string& profile = "v1.29") {
    LogFormat format(file,
                     {.profile = find_profile(profile),
                      .hostname = "ip-10-0-1-5.ec2.internal",
                      .environment = {{"APPMESH_RESOURCE_ARN", "arn:aws:appmesh:mesh/demo"}},
                      .types_json_values = is_typed},
                     names_, clock_);
    sim::Text line;
    format.append(line, entry_);
    return std::string(line.view());
  }
  std::string text(const std::string& format, const std::string& profile = "v1.29") {
    scenarios::AccessLogFile file;
    file.text = {{}, format};
    return write(file, false, profile);
  }
  std::string members(const std::vector<std::pair<std::string, std::string>>& all, bool is_typed) {
    scenarios::AccessLogFile file;
    for (const auto& [key, value] : all)
      file.json.emplace_back(key, scenarios::FormatText{{}, value});
    return write(file, is_typed);
  }

  http::Names names_;
  telemetry::HostClock clock_{.zero = sim::WallTime{}, .offset = {}};
  http::Request request_;
  http::Response response_;
  AccessLogEntry entry_;
};

// --- Lines of real Envoys ---------------------------------------------------------------------

// Source: aws-samples/amazon-ecs-firelens-examples, parse-envoy-app-mesh, README.
TEST_F(LogFormatTest, TheDefaultOneWritesTheLineThatARealMeshWrote) {
  begin_at("2020-01-23T16:32:40.781Z");
  request_.user_agent = names_.intern("Go-http-client/1.1");
  request_.id = id_of("0ed75cb8-a563-9ca3-8ff0-2d8eab307e3e");
  request_.authority = names_.intern("colorteller.appmesh-demo:9080");
  response_.body = sim::Bytes(5);
  response_.upstream_service_time_ms = 0;
  entry_.upstream_host = endpoint("127.0.0.1", 9080);
  EXPECT_EQ(write({}), R"re([2020-01-23T16:32:40.781Z] "GET / HTTP/1.1" 200 - 0 5 0 0 "-" )re"
                       R"re("Go-http-client/1.1" "0ed75cb8-a563-9ca3-8ff0-2d8eab307e3e" )re"
                       R"re("colorteller.appmesh-demo:9080" "127.0.0.1:9080")re"
                       "\n");
}

// Source: lines published of Envoys of about v1.30, July 2024; the format is the default one with
// the details behind the flags.
TEST_F(LogFormatTest, DetailsAreThoseThatRunningEnvoysPrint) {
  const std::string format =
      "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
      "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT% "
      "%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" "
      "\"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";
  request_.authority = names_.intern("localhost:8000");
  request_.id = id_of("6d67d674-2122-4a2d-b172-0be70c674371");
  request_.path = names_.intern("/gateway-timeout?delayMs=5000");
  begin_at("2024-07-20T07:05:54.173Z");
  fail("v1.29", Failure::response_timeout);
  entry_.end = SimTime(std::chrono::milliseconds(4497));
  entry_.upstream_host = endpoint("172.27.0.2", 8080);
  EXPECT_EQ(text(format),
            R"re([2024-07-20T07:05:54.173Z] "GET /gateway-timeout?delayMs=5000 HTTP/1.1" 504 UT )re"
            R"re(response_timeout 0 24 4497 - "-" "curl/8.4.0" )re"
            R"re("6d67d674-2122-4a2d-b172-0be70c674371" "localhost:8000" "172.27.0.2:8080")re"
            "\n");
}

// Source: the parser "envoy" beside that line; it does not ask what stands behind the default
// format.
TEST_F(LogFormatTest, ThePublishedParserReadsTheDefaultFormatWithMoreBehindIt) {
  static const std::regex published(
      R"re(^\[([^\]]*)\] "(\S+)(?: +([^"]*?)(?: +\S*)?)? (\S+)" ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) )re"
      R"re(([^ ]*) ([^ ]*) "([^ ]*)" "([^"]*)" "([^"]*)" "([^ ]*)" "([^ ]*)")re");
  std::string format(scenarios::default_log_format);
  format.insert(format.size() - 1, " \"%RESPONSE_CODE_DETAILS%\"");
  for (int failure = 0; failure < failure_count; ++failure) {
    fail("v1.15", static_cast<Failure>(failure));
    const std::string line = text(format, "v1.15");
    std::smatch match;
    ASSERT_TRUE(std::regex_search(line, match, published)) << line;
    EXPECT_EQ(match[5], std::to_string(entry_.status));
    EXPECT_EQ(match[8], std::to_string(response_.body.count()));
    EXPECT_EQ(match[15], "-");
  }
}

struct Row {
  Failure failure;
  const char* code;
  const char* details;
  const char* reason;
};

// Sources: v1.29 the lines above and envoy#40094; v1.22 istio lines of 2022, envoy#20311; v1.15
// envoy#15968, envoy#14981 (names with spaces).
TEST_F(LogFormatTest, DetailsOfEachFailureAreThoseOfItsVersion) {
  const std::map<std::string, std::vector<Row>> table = {
      {"v1.29",
       {{Failure::connect_timeout, "503 UF",
         "upstream_reset_before_response_started{connection_timeout}", "-"},
        {Failure::connect_refused, "503 UF",
         "upstream_reset_before_response_started{connection_failure,delayed_connect_error:_111}",
         "delayed connect error: 111"},
        {Failure::connection_terminated, "503 UC",
         "upstream_reset_before_response_started{connection_termination}", "-"},
        {Failure::response_timeout, "504 UT", "response_timeout", "-"},
        {Failure::per_try_timeout, "504 UT", "upstream_per_try_timeout", "-"},
        {Failure::stream_idle_timeout, "504 SI", "stream_idle_timeout", "-"},
        {Failure::overflow, "503 UO", "upstream_reset_before_response_started{overflow}", "-"},
        {Failure::no_healthy_upstream, "503 UH", "no_healthy_upstream", "-"},
        {Failure::no_route, "404 NR", "route_not_found", "-"},
        {Failure::cluster_not_found, "503 NC", "cluster_not_found", "-"},
        {Failure::protocol_error, "502 UPE",
         "upstream_reset_before_response_started{protocol_error}", "-"}}},
      {"v1.22",
       {{Failure::connect_timeout, "503 UF",
         "upstream_reset_before_response_started{connection_failure}", "-"},
        {Failure::connect_refused, "503 UF",
         "upstream_reset_before_response_started{connection_failure}", "-"},
        {Failure::connection_terminated, "503 UC",
         "upstream_reset_before_response_started{connection_termination}", "-"},
        {Failure::response_timeout, "504 UT", "upstream_response_timeout", "-"}}},
      {"v1.15",
       {{Failure::connect_timeout, "503 LR", "upstream_reset_before_response_started{local reset}",
         "-"},
        {Failure::connect_refused, "503 UF",
         "upstream_reset_before_response_started{connection failure}", "-"},
        {Failure::connection_terminated, "503 UC",
         "upstream_reset_before_response_started{connection termination}", "-"},
        {Failure::response_timeout, "504 UT", "upstream_response_timeout", "-"},
        {Failure::cluster_not_found, "503 -", "cluster_not_found", "-"}}},
  };
  for (const auto& [profile, rows] : table) {
    for (const Row& row : rows) {
      fail(profile, row.failure);
      EXPECT_EQ(text("%RESPONSE_CODE% %RESPONSE_FLAGS%|%RESPONSE_CODE_DETAILS%|"
                     "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
                     profile),
                std::string(row.code) + "|" + row.details + "|" + row.reason)
          << profile;
    }
  }
}

// Observed: 19 bytes with UH, 24 with UT, 91 with a connect time-out, 145 with a refusal, 81 with
// UO, 118 with UC after a retry.
TEST_F(LogFormatTest, TheBodyOfALocalReplyIsAsLongAsTheLineSays) {
  for (const char* profile : {"v1.15", "v1.22", "v1.29"}) {
    for (int failure = 0; failure < failure_count; ++failure) {
      fail(profile, static_cast<Failure>(failure));
      const LocalReply& reply = *entry_.reply;
      sim::Text once;
      sim::Text again;
      append_local_body(once, reply, false);
      append_local_body(again, reply, true);
      EXPECT_EQ(std::ssize(once.view()), reply.body.count()) << once.view();
      EXPECT_EQ(std::ssize(again.view()), reply.body_after_retry.count()) << again.view();
      entry_.attempts = 2;
      EXPECT_EQ(text("%LOCAL_REPLY_BODY%", profile), again.empty() ? "-" : again.view());
    }
  }
  fail("v1.29", Failure::connection_terminated);
  entry_.attempts = 3;
  EXPECT_EQ(text("%LOCAL_REPLY_BODY%"),
            "upstream connect error or disconnect/reset before headers. retried and the latest "
            "reset reason: connection termination");
  EXPECT_EQ(find_profile("v1.29")->reply(Failure::connection_terminated).body_after_retry.count(),
            118);
  EXPECT_EQ(find_profile("v1.29")->reply(Failure::connect_refused).body.count(), 145);
  EXPECT_EQ(find_profile("v1.29")->reply(Failure::overflow).body.count(), 81);
}

// --- Operators --------------------------------------------------------------------------------

// Source: the examples of START_TIME in Envoy's documentation.
TEST_F(LogFormatTest, TimesHaveTheFormatsOfTheDocumentation) {
  begin_at("2018-05-29T11:09:50.528Z");
  EXPECT_EQ(text("%START_TIME%"), "2018-05-29T11:09:50.528Z");
  EXPECT_EQ(text("%START_TIME(%s.%3f)%"), "1527592190.528");
  EXPECT_EQ(text("%START_TIME(%s%f)%"), "1527592190528000000");
  EXPECT_EQ(text("%START_TIME(%Y/%m/%dT%H:%M:%S%z)%"), "2018/05/29T11:09:50+0000");
  EXPECT_EQ(text("%START_TIME(%a, %d %b %Y %I:%M %p, day %j)%"),
            "Tue, 29 May 2018 11:09 AM, day 149");
  EXPECT_EQ(text("%START_TIME(%F %T %E1S 100%%)%"), "2018-05-29 11:09:50 50.5 100%");
}

TEST_F(LogFormatTest, AHeaderMayHaveAnAlternativeAndALength) {
  request_.headers = names_.intern(http::head_lines({{"x-tenant", "seven"}}));
  EXPECT_EQ(text("%REQ(x-tenant)% %REQ(X-TENANT):3% %REQ(X-NONE?X-TENANT):2% %REQ(X-NONE):0%"),
            "seven sev se -");
  EXPECT_EQ(text("%REQ(USER-AGENT):4%/%REQ(HOST)%"), "curl/b.local:8080");
  EXPECT_EQ(text("%RESP(:STATUS)% %RESP(SERVER)% %TRAILER(X)%"), "200 envoy -");
}

TEST_F(LogFormatTest, ARequestThatNobodyAnsweredHasNoResponseHeaders) {
  entry_.status = 0;
  entry_.flags = Flag::downstream_connection_termination;
  entry_.details = downstream_gone;
  EXPECT_EQ(text("%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %RESP(:STATUS)% "
                 "%RESP(SERVER)% %RESPONSE_DURATION% %UPSTREAM_HOST%"),
            "0 DC downstream_remote_disconnect - - - -");
}

TEST_F(LogFormatTest, DurationsAreCountedFromTheStartAndTheLastOneFromTheAnswer) {
  const auto at = [](int ms) { return SimTime(std::chrono::milliseconds(ms)); };
  entry_.sent = at(3);
  entry_.answered = at(40);
  entry_.end = at(55);
  EXPECT_EQ(text("%REQUEST_DURATION% %REQUEST_TX_DURATION% %RESPONSE_DURATION% "
                 "%RESPONSE_TX_DURATION% %DURATION%"),
            "0 3 40 15 55");
}

TEST_F(LogFormatTest, AddressesComeWholeOrInParts) {
  entry_.upstream_host = endpoint("10.0.1.11", 8080);
  entry_.upstream_own = endpoint("10.0.1.5", 43956);
  entry_.peer = *endpoint("10.0.1.5", 38088);
  entry_.asked = *endpoint("10.0.2.9", 80);
  entry_.connection = 2;
  EXPECT_EQ(text("%UPSTREAM_HOST% %UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_LOCAL_PORT%"),
            "10.0.1.11:8080 10.0.1.11 43956");
  EXPECT_EQ(text("%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% "
                 "%DOWNSTREAM_LOCAL_PORT% %CONNECTION_ID%"),
            "10.0.1.5:38088 10.0.2.9 80 2");
}

TEST_F(LogFormatTest, WhatIsOfTheProcessIsTheSameOnEveryLine) {
  EXPECT_EQ(text("%HOSTNAME% %ENVIRONMENT(APPMESH_RESOURCE_ARN):7% %ENVIRONMENT(NONE)%"),
            "ip-10-0-1-5.ec2.internal arn:aws -");
}

TEST_F(LogFormatTest, OperatorsOfWhatTheMeshHasNotPrintADash) {
  EXPECT_EQ(text("%DYNAMIC_METADATA(envoy.lb:canary)% %FILTER_STATE(key:PLAIN):5% %GRPC_STATUS% "
                 "%REQUESTED_SERVER_NAME% %DOWNSTREAM_TLS_VERSION% %ROUTE_NAME%"),
            "- - - - - -");
}

// A cluster without a host was none before v1.18.
TEST_F(LogFormatTest, TheClusterOfARequestWithoutAHostDependsOnTheVersion) {
  fail("v1.29", Failure::no_healthy_upstream);
  entry_.upstream_cluster = "cds_egress_demo_b_http_8080";
  EXPECT_EQ(text("%UPSTREAM_CLUSTER%", "v1.29"), "cds_egress_demo_b_http_8080");
  EXPECT_EQ(text("%UPSTREAM_CLUSTER%", "v1.15"), "-");
}

TEST_F(LogFormatTest, PercentSignsAndLineBreaksAreText) {
  EXPECT_EQ(text("100%% of %PROTOCOL%\n%%\n"), "100% of HTTP/1.1\n%\n");
}

// --- JSON -------------------------------------------------------------------------------------

const std::vector<std::pair<std::string, std::string>> some_members = {
    {"z", "%RESPONSE_CODE%"},       {"a", "%REQ(X-FORWARDED-FOR)%"},
    {"agent", "%REQ(USER-AGENT)%"}, {"both", "%PROTOCOL%:%DURATION%"},
    {"flags", "%RESPONSE_FLAGS%"},  {"plain", "\"quoted\""},
    {"host", "%HOSTNAME%"},         {"none", "%TRAILER(X)%"},
};

TEST_F(LogFormatTest, JsonHasItsMembersInTheirOrderAndTextThroughout) {
  request_.user_agent = names_.intern("a \"b\" \\ \n\x01");
  EXPECT_EQ(members(some_members, false),
            R"({"z":"200","a":"-","agent":"a \"b\" \\ \n\u0001","both":"HTTP/1.1:0","flags":"-",)"
            R"("plain":"\"quoted\"","host":"ip-10-0-1-5.ec2.internal","none":"-"})"
            "\n");
}

TEST_F(LogFormatTest, TypedJsonHasNumbersAndNull) {
  request_.user_agent = names_.intern("a \"b\"");
  const std::string line = members(some_members, true);
  EXPECT_EQ(line, R"({"z":200,"a":null,"agent":"a \"b\"","both":"HTTP/1.1:0","flags":"-",)"
                  R"("plain":"\"quoted\"","host":"ip-10-0-1-5.ec2.internal","none":null})"
                  "\n");
  EXPECT_TRUE(json::accept(line));
}

// --- In a run ---------------------------------------------------------------------------------

std::string world(const std::string& access_log, const std::string& more) {
  return "hoplab: 1\nname: logs\nduration: 40s\nnetwork: {latency: 2ms}\n"
         "mesh: {accessLog: " +
         access_log +
         "}\nservices:\n  a: {calls: [{to: b}]}\n  b: {serviceTime: 7ms}\n"
         "workload: [{executor: constant-arrival-rate, rate: 1/s, to: a, startTime: 1s}]\n" +
         more;
}

TEST(AccessLogFormat, IsWrittenByEveryEnvoyOfTheMesh) {
  const auto run = test::run_text(
      world(R"({format: "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %UPSTREAM_REQUEST_ATTEMPT_COUNT%)"
            R"( %UPSTREAM_CLUSTER%\n"})",
            ""));
  EXPECT_THAT(run.sink->lines_of("b", "envoy"),
              Each(testing::Eq("200 via_upstream 1 cds_ingress_logs_b_http_8080")));
  EXPECT_FALSE(run.sink->lines_of("b", "envoy").empty());
  EXPECT_THAT(run.sink->lines_of("a", "envoy"),
              testing::Contains("200 via_upstream 1 cds_egress_logs_b_http_8080"));
}

TEST(AccessLogFormat, OfAFileInTheContainerReachesNoLogGroup) {
  const auto run = test::run_text(world("{path: /var/log/access.log}", ""));
  EXPECT_THAT(run.sink->lines_of("a", "envoy"), testing::IsEmpty());
  EXPECT_THAT(run.sink->lines_of("b", "app"), testing::Not(testing::IsEmpty()));
}

// Docker's copier hands on what has a line break, and 16 KiB at a time of what has none.
TEST(AccessLogFormat, WithoutALineBreakAtItsEndMakesOneLineOfThemAll) {
  const auto run = test::run_text(world(R"({format: "<%RESPONSE_CODE%>"})", ""));
  const auto lines = run.sink->lines_of("b", "envoy");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines.front(), testing::StartsWith("<200><200><200>"));
}

TEST(AccessLogFormat, TellsRefusalsAttemptByAttempt) {
  const auto run = test::run_text(
      world(R"({format: "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% )"
            R"(%UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_TRANSPORT_FAILURE_REASON%\n"})",
            "faults: [{at: 20s, action: \"hoplab:ecs:container-exit\", target: b, parameters: "
            "{container: app, exitCode: 1}}]\n"));
  EXPECT_THAT(run.sink->lines_of("b", "envoy"),
              testing::Contains("UF upstream_reset_before_response_started{connection_failure,"
                                "delayed_connect_error:_111} 1 delayed connect error: 111"));
  EXPECT_THAT(run.sink->lines_of("a", "envoy"), testing::Contains("URX via_upstream 3 -"));
}

}  // namespace
}  // namespace hoplab::models::envoy
