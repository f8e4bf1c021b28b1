// What a scenario may say of access logs, in its own words and in App Mesh's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "scenarios/schema/log_format.hpp"
#include "scenarios/schema/log_time.hpp"
#include "scenarios/schema/long_form.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded with_format(const std::string& format, const std::string& profile = "v1.29") {
  return load_with("envoyProfile: " + profile + "\nmesh: {accessLog: {format: " + format + "}}");
}

TEST(AccessLogOfAMesh, IsThatOfEachNodeThatSaysNothingItself) {
  const Loaded loaded = load_text(
      "hoplab: 1\nduration: 5m\n"
      "mesh: {accessLog: {format: \"%RESPONSE_CODE_DETAILS%\\n\"}}\n"
      "services: {a: {}, b: {accessLog: {format: {json: [{key: code, value: "
      "\"%RESPONSE_CODE%\"}]}}}}\n"
      "workload: [{rate: 20/s, to: a}]\n");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const AccessLogFile& of_a = loaded.scenario->services[0].node.access_log.value();
  EXPECT_EQ(of_a.text.value().text, "%RESPONSE_CODE_DETAILS%\n");
  EXPECT_EQ(of_a.path, "/dev/stdout");
  const AccessLogFile& of_b = loaded.scenario->services[1].node.access_log.value();
  EXPECT_FALSE(of_b.text);
  ASSERT_EQ(of_b.json.size(), 1U);
  EXPECT_EQ(of_b.json[0].first, "code");
  EXPECT_EQ(of_b.json[0].second.text, "%RESPONSE_CODE%");
}

TEST(AccessLogFormat, WithAnUnknownOperatorIsToldWithItsPlaceAndTheNearestName) {
  const Loaded loaded = with_format("'%START_TIME% %RESPONS_CODE%'");
  EXPECT_THAT(loaded.places(), ElementsAre("6:28 W0426", "6:42 E0221"));
  EXPECT_THAT(loaded.messages()[1],
              "Envoy knows no operator %RESPONS_CODE% | did you mean %RESPONSE_CODE%?");
}

TEST(AccessLogFormat, IsFoundInDoubleQuotesAndInBlocksToo) {
  EXPECT_THAT(with_format(R"("\"%PROTOCOL%\" %NO%\n")").places(), ElementsAre("6:44 E0221"));
  const Loaded loaded =
      load_with("mesh:\n  accessLog:\n    format: |\n      one %PROTOCOL%\n      two %NO%\n");
  EXPECT_THAT(loaded.places(), ElementsAre("9:11 E0221"));
}

TEST(AccessLogFormat, IsCheckedWhereTwoLogsShareTheirPathByAnAlias) {
  const Loaded loaded = load_text(
      "hoplab: 1\nduration: 5m\n"
      "mesh: {accessLog: {path: &out /dev/stdout, format: \"%PROTOCOL%\\n\"}}\n"
      "services: {a: {}, b: {accessLog: {path: *out, format: \"%NOPE%\\n\"}}}\n"
      "workload: [{rate: 20/s, to: a}]\n");
  EXPECT_THAT(loaded.places(), ElementsAre("4:56 E0221"));
}

TEST(AccessLogFormat, MayOnlyUseOperatorsThatItsEnvoyHas) {
  EXPECT_THAT(with_format(R"("%CONNECTION_ID%\n")").messages(), IsEmpty());
  EXPECT_THAT(with_format(R"("%CONNECTION_ID%\n")", "v1.15").only_message(),
              HasSubstr("Envoy v1.15 has no operator %CONNECTION_ID%: it came with v1.16"));
  EXPECT_THAT(with_format(R"("%UPSTREAM_REQUEST_ATTEMPT_COUNT%\n")", "v1.22").messages(),
              IsEmpty());
  EXPECT_THAT(with_format(R"("%UPSTREAM_PROTOCOL%\n")", "v1.22").only_message(),
              HasSubstr("it came with v1.23"));
}

TEST(AccessLogFormat, IsReadAsStrictlyAsEnvoyReadsIt) {
  const std::vector<std::pair<const char*, const char*>> mistakes = {
      {"%REQ%", "%REQ% wants an argument"},
      {"%REQ()%", "%REQ% wants an argument"},
      {"%PROTOCOL(X)%", "%PROTOCOL% takes no argument"},
      {"%PROTOCOL:5%", "%PROTOCOL% takes no length"},
      {"%REQ(A?B?C)%", "takes one alternative header"},
      {"%REQ(A):%", "'%' begins no operator"},
      {"%REQ(A%", "'%' begins no operator"},
      {"%req(a)%", "'%' begins no operator"},
      {"100% sure", "'%' begins no operator"},
      {"%REQ(A):99999999999%", "the length 99999999999 is too large"},
      {"%START_TIME(%Q)%", "'%Q' is no conversion"},
      {"%START_TIME(%n)%", "must not break the line"},
  };
  for (const auto& [format, message] : mistakes) {
    const LogPieces read = take_apart(format, "v1.29");
    ASSERT_EQ(read.troubles.size(), 1U) << format;
    EXPECT_THAT(read.troubles[0].message, HasSubstr(message)) << format;
  }
}

TEST(AccessLogFormat, TakesEveryOperatorOfTheDocumentation) {
  for (const LogOperator& it : log_operators()) {
    ASSERT_EQ(find_log_operator(it.name), &it) << it.name << " stands at the wrong place";
    const std::string argument = it.argument == LogOperator::Argument::required ? "(X)" : "";
    const std::string length = it.takes_length ? ":5" : "";
    const auto format = fmt::format("%{}{}{}%", it.name, argument, length);
    EXPECT_THAT(take_apart(format, "v1.29").troubles, IsEmpty()) << format;
    EXPECT_EQ(take_apart(format, "v1.15").troubles.empty(), it.since <= 15) << format;
  }
  const LogPieces read = take_apart(default_log_format, "v1.15");
  EXPECT_THAT(read.troubles, IsEmpty());
  EXPECT_EQ(read.pieces.size(), 31U);  // 15 operators, and text around each.
}

TEST(AccessLogFormat, HasTheLimitsOfAppMesh) {
  const std::string text(1001, 'x');
  EXPECT_THAT(with_format("\"" + text + "\\n\"").only_message(),
              HasSubstr("the format of an access log has 1002 characters | App Mesh takes 1 to "
                        "1000"));
  const std::string value(101, 'x');
  EXPECT_THAT(with_format("{json: [{key: a, value: \"" + value + "\"}]}").only_message(),
              HasSubstr("the value of a member of an access log has 101 characters"));
  EXPECT_THAT(with_format("{json: [{key: a, value: x}, {key: a, value: y}]}").only_message(),
              HasSubstr("two members 'a'"));
  EXPECT_THAT(with_format("{json: [], text: x}").messages()[0], HasSubstr("'json'"));
}

TEST(AccessLogFile, ThatNoLogDriverSeesIsWarnedOf) {
  const Loaded loaded = load_with("mesh: {accessLog: {path: /tmp/access.log}}");
  EXPECT_THAT(loaded.places(), ElementsAre("5:26 W0425"));
  EXPECT_THAT(loaded.only_message(), HasSubstr("no line reaches a log group"));
  EXPECT_TRUE(loaded.scenario);
  EXPECT_THAT(load_with("mesh: {accessLog: {path: /dev/stderr}}").messages(), IsEmpty());
}

TEST(AccessLogFile, IsNoneWithoutAMesh) {
  EXPECT_THAT(load_text("hoplab: 1\nduration: 5m\nmesh: none\nservices: {a: {accessLog: {}}}\n"
                        "workload: [{rate: 20/s, to: a}]\n")
                  .only_message(),
              HasSubstr("'accessLog' does not go with mesh: none"));
}

// --- In App Mesh's words ----------------------------------------------------------------------

constexpr const char* node_of_b =
    "mesh:\n  virtualNodes:\n    b:\n      spec:\n"
    "        listeners: [{portMapping: {port: 8080, protocol: http}}]\n"
    "        serviceDiscovery: {dns: {hostname: b.local}}\n"
    "        logging: {accessLog: {file: {";

TEST(AccessLogOfAVirtualNode, IsReadAndWrittenOutAgain) {
  // The format of App Mesh's walkthrough howto-k8s-envoy-logging-custom-format.
  const Loaded loaded = load_with(
      std::string(node_of_b) +
      R"(path: /dev/stdout, format: {text: "texttestingtesting %PROTOCOL%:%DURATION%\n"}}}})");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const auto& log = loaded.scenario->services[1].node.access_log;
  ASSERT_TRUE(log);
  EXPECT_EQ(log->text.value().text, "texttestingtesting %PROTOCOL%:%DURATION%\n");
  const std::string text = long_form(*loaded.scenario);
  EXPECT_THAT(text, HasSubstr("texttestingtesting %PROTOCOL%:%DURATION%"));
  const Loaded again = load_text(text);
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages());
  EXPECT_EQ(long_form(*again.scenario), text);
}

TEST(AccessLogOfAVirtualNode, TakesTextOrJson) {
  EXPECT_THAT(
      load_with(std::string(node_of_b) + R"(path: /dev/stdout, format: {text: "x\n", json: []}}}})")
          .only_message(),
      HasSubstr("json does not go with text"));
  EXPECT_THAT(load_with(std::string(node_of_b) + "format: {text: \"x\\n\"}}}}").only_message(),
              HasSubstr("an access log's file without \"path\""));
  EXPECT_THAT(load_with(std::string(node_of_b) +
                        "path: /dev/stdout, format: {json: [{key: a, value: \"%NOPE%\"}]}}}}")
                  .only_message(),
              HasSubstr("Envoy knows no operator %NOPE%"));
}

TEST(AccessLogOfAVirtualNode, ExcludesThatOfItsService) {
  const std::string text =
      "hoplab: 1\nduration: 5m\nservices: {a: {calls: [{to: b}]}, b: {accessLog: {}}}\n"
      "workload: [{rate: 20/s, to: a}]\n";
  EXPECT_THAT(load_text(text + node_of_b + "path: /dev/stdout}}}\n").only_message(),
              HasSubstr("'accessLog' of service 'b' does not go with its virtual node 'b'"));
}

TEST(AccessLogOfAVirtualNode, ComesWithWhatTheAwsToolsPrint) {
  fs::path folder = fs::temp_directory_path() / "hoplab-access-log-language";
  fs::create_directories(folder);
  std::ofstream(folder / "b.json") << R"({"virtualNode":{"meshName":"apps","spec":{"backends":[],
    "listeners":[{"portMapping":{"port":8080,"protocol":"http"}}],
    "logging":{"accessLog":{"file":{"format":{"json":[
      {"key":"code","value":"%RESPONSE_CODE%"},{"key":"why","value":"%RESPONSE_CODE_DETIALS%"}]},
      "path":"/dev/stdout"}}},
    "serviceDiscovery":{"dns":{"hostname":"b.local"}}},"virtualNodeName":"b"}})";
  const Loaded loaded = load_text(
      "hoplab: 1\nduration: 5m\nartefacts: {appmesh: [b.json]}\n"
      "services: {a: {calls: [{to: b}]}, b: {}}\nworkload: [{rate: 20/s, to: a}]\n",
      (folder / "s.yaml").string());
  fs::remove_all(folder);
  EXPECT_THAT(loaded.places(), ElementsAre("4:70 E0221"));
  EXPECT_THAT(loaded.only_message(), HasSubstr("did you mean %RESPONSE_CODE_DETAILS%?"));
}

// --- Times ------------------------------------------------------------------------------------

TEST(LogTime, ReadsWhatItWrites) {
  const sim::WallTime instant = sim::parse_iso8601("2026-02-28T23:59:58.123Z").value();
  for (const char* format : {"%Y-%m-%dT%H:%M:%E3SZ", "%s.%3f", "%s%3f", "%d/%b/%Y:%T.%6f %z",
                             "%A %B %d %Y %H:%M:%S,%3f", "%F %R:%E9S %Z"}) {
    std::string trouble;
    const auto time = LogTime::parse(format, trouble);
    ASSERT_TRUE(time) << format << ": " << trouble;
    sim::Text written;
    time->append(written, instant);
    const std::string text(written.view());
    EXPECT_EQ(time->read(text), std::optional(sim::epoch_milliseconds(instant))) << text;
    EXPECT_FALSE(time->read(text + "x"));
  }
}

TEST(LogTime, ThatTellsNoDayIsNotRead) {
  std::string trouble;
  const auto time = LogTime::parse("%H:%M:%S", trouble);
  ASSERT_TRUE(time);
  EXPECT_FALSE(time->read("12:00:00"));
}

}  // namespace
}  // namespace hoplab::scenarios
