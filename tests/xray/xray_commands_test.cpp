// `hoplab map` and `hoplab traces` on a folder of files as the real commands print them: the
// samples of the X-Ray developer guide ("Getting data from AWS X-Ray") and of the CloudWatch Logs
// reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/report/program.hpp"

namespace hoplab::report::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* traces =
    R"({
    "Traces": [
        {
            "Duration": 3.232,
            "Segments": [
                {
"Document": "{\"id\":\"1fb07842d944e714\",\"name\":\"random-name\",)"
    R"(\"start_time\":1.499473411677E9,\"end_time\":1.499473414572E9,)"
    R"(\"parent_id\":\"0c544c1b1bbff948\",\"http\":{\"response\":{\"status\":200}},)"
    R"(\"aws\":{\"request_id\":\"ac086670-6373-11e7-a174-f31b3397f190\"},)"
    R"(\"trace_id\":\"1-59602603-23fc5b688855d396af79b496\",\"origin\":\"AWS::Lambda\",)"
    R"(\"resource_arn\":\"arn:aws:lambda:us-west-2:123456789012:function:random-name\"}",
                    "Id": "1fb07842d944e714"
                },
                {
"Document": "{\"id\":\"194fcc8747581230\",\"name\":\"Scorekeep\",)"
    R"(\"start_time\":1.499473411562E9,\"end_time\":1.499473414794E9,)"
    R"(\"http\":{\"request\":{\"url\":\"http://scorekeep.elasticbeanstalk.com/api/user\",)"
    R"(\"method\":\"POST\",\"client_ip\":\"205.251.233.183\"},\"response\":{\"status\":200}},)"
    R"(\"aws\":{\"ec2\":{\"availability_zone\":\"us-west-2c\",)"
    R"(\"instance_id\":\"i-0cd9e448944061b4a\"}},\"service\":{},)"
    R"(\"trace_id\":\"1-59602603-23fc5b688855d396af79b496\",\"user\":\"5M388M1E\",)"
    R"(\"origin\":\"AWS::ElasticBeanstalk::Environment\",)"
    R"(\"subsegments\":[{\"id\":\"0c544c1b1bbff948\",\"name\":\"Lambda\",)"
    R"(\"start_time\":1.499473411629E9,\"end_time\":1.499473414572E9,)"
    R"(\"http\":{\"response\":{\"status\":200,\"content_length\":14}},\"namespace\":\"aws\"},)"
    R"({\"id\":\"071684f2e555e571\",\"name\":\"## UserModel.saveUser\",)"
    R"(\"start_time\":1.499473414581E9,\"end_time\":1.499473414769E9,)"
    R"(\"subsegments\":[{\"id\":\"4cd3f10b76c624b4\",\"name\":\"DynamoDB\",)"
    R"(\"start_time\":1.49947341469E9,\"end_time\":1.499473414769E9,)"
    R"(\"http\":{\"response\":{\"status\":200,\"content_length\":57}},)"
    R"(\"aws\":{\"table_name\":\"scorekeep-user\"},\"namespace\":\"aws\"}]}]}",
                    "Id": "194fcc8747581230"
                },
                {
"Document": "{\"id\":\"00f91aa01f4984fd\",\"name\":\"random-name\",)"
    R"(\"start_time\":1.49947341283E9,\"end_time\":1.49947341457E9,)"
    R"(\"parent_id\":\"1fb07842d944e714\",\"aws\":{\"account_id\":\"123456789012\"},)"
    R"(\"trace_id\":\"1-59602603-23fc5b688855d396af79b496\",)"
    R"(\"origin\":\"AWS::Lambda::Function\",\"subsegments\":[{\"id\":\"e6d2fe619f827804\",)"
    R"(\"name\":\"annotations\",\"start_time\":1.499473413012E9,)"
    R"(\"end_time\":1.499473413069E9,\"annotations\":{\"UserID\":\"5M388M1E\",)"
    R"(\"Name\":\"Ola\"}}]}",
                    "Id": "00f91aa01f4984fd"
                },
                {
"Document": "{\"id\":\"17ba309b32c7fbaf\",\"name\":\"DynamoDB\",)"
    R"(\"start_time\":1.49947341469E9,\"end_time\":1.499473414769E9,)"
    R"(\"parent_id\":\"4cd3f10b76c624b4\",\"inferred\":true,)"
    R"(\"http\":{\"response\":{\"status\":200,\"content_length\":57}},)"
    R"(\"aws\":{\"table_name\":\"scorekeep-user\"},)"
    R"(\"trace_id\":\"1-59602603-23fc5b688855d396af79b496\",)"
    R"(\"origin\":\"AWS::DynamoDB::Table\"}",
                    "Id": "17ba309b32c7fbaf"
                }
            ],
            "Id": "1-59602603-23fc5b688855d396af79b496"
        }
    ],
    "UnprocessedTraceIds": []
})";

constexpr const char* summaries = R"({
    "TraceSummaries": [
        {"HasError": false, "Http": {"HttpStatus": 200, "ClientIp": "205.255.255.183",
         "HttpURL": "http://scorekeep.elasticbeanstalk.com/api/session", "HttpMethod": "POST"},
         "Users": [], "HasFault": false, "Annotations": {}, "ResponseTime": 0.084,
         "Duration": 0.084, "Id": "1-59602606-a43a1ac52fc7ee0eea12a82c", "HasThrottle": false},
        {"HasError": false, "Http": {"HttpStatus": 200, "ClientIp": "205.255.255.183",
         "HttpURL": "http://scorekeep.elasticbeanstalk.com/api/user", "HttpMethod": "POST"},
         "Users": [{"UserName": "5M388M1E"}], "HasFault": false,
         "Annotations": {"UserID": [{"AnnotationValue": {"StringValue": "5M388M1E"}}],
                         "Name": [{"AnnotationValue": {"StringValue": "Ola"}}]},
         "ResponseTime": 3.232, "Duration": 3.232, "Id": "1-59602603-23fc5b688855d396af79b496",
         "HasThrottle": false}
    ],
    "ApproximateTime": 1499473304.0, "TracesProcessedCount": 2
})";

constexpr const char* access_log =
    "[2017-07-08T00:23:31.600Z] \"POST /api/user HTTP/1.1\" 200 - 0 57 3200 3199 \"-\" \"curl/7\" "
    "\"0ed75cb8-a563-9ca3-8ff0-2d8eab307e3e\" \"users.local:8080\" \"10.0.1.7:8080\"\n"
    "[2017-07-08T00:23:41.600Z] \"POST /api/user HTTP/1.1\" 503 UF 0 91 10 - \"-\" \"curl/7\" "
    "\"1ed75cb8-a563-9ca3-8ff0-2d8eab307e3e\" \"users.local:8080\" \"10.0.1.7:8080\"\n";

class StudyCommands : public Program {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_ / "dumps");
    write_bytes(folder_ / "dumps/traces.json", traces);
  }
};

TEST_F(StudyCommands, TheMapIsDrawnFromBatchGetTraces) {
  const Outcome outcome = hoplab({"map", "dumps"}, {{"NO_COLOR", "1"}});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("Scorekeep"), HasSubstr("random-name"),
                    HasSubstr("No service has faults of its own"), Not(HasSubstr("\x1b["))));
  // The two nodes of the guide's picture: the function, and the service that invokes it.
  const Outcome json = hoplab({"map", "dumps", "--json"});
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"AWS::Lambda::Function\""), HasSubstr("\"AWS::Lambda\""),
                              HasSubstr("\"AWS::DynamoDB::Table\""), HasSubstr("\"client\"")));
  EXPECT_THAT(hoplab({"map", "dumps", "--dot"}).out, HasSubstr("digraph map {"));
}

TEST_F(StudyCommands, OneTraceIsShownWithItsLogLinesFromEveryKindOfFile) {
  write_bytes(
      folder_ / "dumps/events.json",
      R"({"events": [{"logStreamName": "app/1", "timestamp": 1499473412000, "message":)"
      R"( "saved 1-59602603-23fc5b688855d396af79b496", "ingestionTime": 1499473413000,)"
      R"( "eventId": "1"}, {"logStreamName": "app/1", "timestamp": 1499473412000,)"
      R"( "message": "of another request", "ingestionTime": 1499473413000, "eventId": "2"}],)"
      R"( "searchedLogStreams": []})");
  write_bytes(folder_ / "dumps/results.json",
              R"({"results": [[{"field": "@timestamp", "value": "2017-07-08 00:23:33.000"},)"
              R"( {"field": "@message", "value": "slow: 1-59602603-23fc5b688855d396af79b496"}]],)"
              R"( "status": "Complete"})");
  const Outcome outcome =
      hoplab({"traces", "dumps", "--id", "1-59602603-23fc5b688855d396af79b496"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Scorekeep"), HasSubstr("Where the time went"),
                                 HasSubstr("Log lines  2 lines"), HasSubstr("saved 1-5960"),
                                 HasSubstr("slow: 1-5960"), Not(HasSubstr("of another"))));
}

TEST_F(StudyCommands, SummariesAloneAreListedAndFiltered) {
  write_bytes(folder_ / "summaries.json", summaries);
  const auto listed = [&](const char* filter) {
    return hoplab({"traces", "summaries.json", filter, "--json"}).out;
  };
  EXPECT_THAT(listed("responsetime > 1"),
              AllOf(HasSubstr("1-59602603-"), Not(HasSubstr("1-59602606-"))));
  EXPECT_THAT(listed("user"), HasSubstr("1-59602603-"));
  EXPECT_THAT(listed("annotation.Name = \"Ola\""), HasSubstr("1-59602603-"));
  EXPECT_THAT(listed("http.url ENDSWITH \"session\""), Not(HasSubstr("1-59602603-")));
  const Outcome map = hoplab({"map", "summaries.json"});
  EXPECT_EQ(map.exit_code, 3);
  EXPECT_THAT(map.err, HasSubstr("summaries alone make no map"));
}

TEST_F(StudyCommands, TheMatrixIsCountedFromAccessLogsWhereThereAreNoStatistics) {
  write_bytes(folder_ / "dumps/gateway.log", access_log);
  const Outcome outcome = hoplab({"map", "dumps", "--matrix", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("\"of\": \"access logs\""), HasSubstr("\"service\": \"/gateway\""),
                    HasSubstr("\"upstream\": \"users\""), HasSubstr("\"requests\": 2"),
                    HasSubstr("\"faults\": 1"), HasSubstr("\"connectFailures\": 1"),
                    HasSubstr("\"perSecond\": 0.2"), HasSubstr("\"p95Seconds\": 3.2")));
}

TEST_F(StudyCommands, AMistakeInAFilterIsToldWithItsPlace) {
  const Outcome outcome = hoplab({"traces", "dumps", "fault AND responsetime > x"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "filter:1:26: error[E0705]: expected a number, not 'x'\n"
            "  fault AND responsetime > x\n"
            "                           ^\n"
            "  hint: times are in seconds, without a unit: 0.5\n");
}

TEST_F(StudyCommands, AMistakesPlaceIsCountedInCharacters) {
  const Outcome outcome = hoplab({"traces", "dumps", "http.url = \"é\" fualt"});
  EXPECT_THAT(outcome.err, HasSubstr("filter:1:16: error[E0704]: "));
  EXPECT_THAT(outcome.err, HasSubstr("\n                 ^\n"));
}

TEST_F(StudyCommands, WhatDoesNotGoIntoAPairOfBracesIsToldWithTheirKeyword) {
  for (const auto& [outer, told] :
       {std::pair("rootcause.fault.service", "a root cause"),
        std::pair("service(\"x\")", "service"), std::pair("edge(\"x\", \"y\")", "edge")}) {
    const Outcome outcome = hoplab({"traces", "dumps", std::string(outer) + " { service(\"x\") }"});
    EXPECT_THAT(outcome.err, HasSubstr(std::string("service does not go into ") + told + "\n"));
  }
}

constexpr const char* graph = R"({"Services": [
  {"ReferenceId": 0, "Name": "a", "Type": "AWS::ECS::Container", "State": "active",
   "StartTime": "2020-12-01T10:00:00+00:00", "EndTime": "2020-12-01T10:05:00.500000+00:00",
   "Edges": [], "SummaryStatistics": {"OkCount": 5, "FaultStatistics": {"TotalCount": 1}}}],
 "StartTime": "2020-12-01T10:00:00Z", "EndTime": "2020-12-01T10:05:00+00:00"})";

// Source: AWS CLI user guide, cli_timestamp_format: version 2 prints ISO 8601 unless told
// otherwise.
TEST_F(StudyCommands, TimesMayBeSpeltAsTheCommandLineSpellsThem) {
  write_bytes(folder_ / "graph.json", graph);
  const Outcome map = hoplab({"map", "graph.json", "--json"});
  EXPECT_EQ(map.exit_code, 0) << map.err;
  EXPECT_THAT(map.out, AllOf(HasSubstr("\"StartTime\": 1606816800.0,"),
                             HasSubstr("\"EndTime\": 1606817100.5,"),
                             HasSubstr("\"EndTime\": 1606817100.0,")));
  write_bytes(folder_ / "sum.json",
              R"({"TraceSummaries": [{"Id": "1-5fc61680-aaaaaaaaaaaaaaaaaaaaaaab",)"
              R"( "StartTime": "2020-12-01T10:00:01.250000+00:00", "ResponseTime": 0.5}]})");
  const Outcome list = hoplab({"traces", "sum.json", "--json"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("\"StartTime\":1606816801.25,"));
}

TEST_F(StudyCommands, ADamagedAnswerIsNamedWithItsMemberAndTheOthersAreRead) {
  std::string broken = graph;
  broken.replace(broken.find("2020-12-01T10:00:00Z"), 10, "yesterday.");
  write_bytes(folder_ / "dumps/graph.json", broken);
  const std::string told =
      "graph.json: a damaged service graph: StartTime is no instant (seconds since 1970, or ISO "
      "8601)";
  const Outcome alone = hoplab({"map", "dumps/graph.json"});
  EXPECT_EQ(alone.exit_code, 3);
  EXPECT_EQ(alone.err, "hoplab: dumps/" + told + "\n");
  const Outcome all = hoplab({"map", "dumps"}, {{"NO_COLOR", "1"}});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_EQ(all.err, "hoplab: dumps/" + told + "; passed over\n");
  EXPECT_THAT(all.out, HasSubstr("Scorekeep"));
  write_bytes(folder_ / "cut.json", std::string(graph).substr(0, 300));
  EXPECT_EQ(hoplab({"map", "cut.json"}).err,
            "hoplab: cut.json: a damaged service graph: it is cut off, or no JSON\n");
}

TEST_F(StudyCommands, AMapOfAServiceGraphPromisesNothingThatIsNotThere) {
  write_bytes(folder_ / "graph.json", graph);
  const Outcome map = hoplab({"map", "graph.json"}, {{"NO_COLOR", "1"}});
  EXPECT_THAT(map.out, AllOf(HasSubstr("Service map  as a service graph has it, 300 s, 10:00"),
                             Not(HasSubstr("0 traces")), Not(HasSubstr("next:")),
                             Not(HasSubstr("--matrix")), Not(HasSubstr("hoplab traces"))));
  const Outcome matrix = hoplab({"map", "graph.json", "--matrix"});
  EXPECT_EQ(matrix.exit_code, 3);
  EXPECT_EQ(matrix.err, "hoplab: graph.json has no statistics of Envoys and no access logs\n");
}

TEST_F(StudyCommands, WhatCannotBeHeededIsRefused) {
  write_bytes(folder_ / "graph.json", graph);
  const std::string id = "1-59602603-23fc5b688855d396af79b496";
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"map", "dumps", "--matrix", "--window", "1s,2s"},
                                             {"map", "dumps", "--matrix", "--dot"},
                                             {"map", "graph.json", "--window", "1s,2s"},
                                             {"map", "graph.json", "--json", "--window", "1s,2s"},
                                             {"traces", "dumps", "--id", id, "--window", "1s,2s"},
                                             {"traces", "dumps", "--id", id, "--sort", "newest"},
                                             {"traces", "dumps", "--id", id, "--limit", "3"}}) {
    const Outcome outcome = hoplab(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments.back() << " of " << arguments[1];
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("--"));
  }
}

TEST_F(StudyCommands, WhatIsNotThereIsTold) {
  EXPECT_EQ(hoplab({"map", "nowhere"}).exit_code, 4);
  EXPECT_EQ(hoplab({"traces", "nowhere"}).exit_code, 4);
  const Outcome unknown =
      hoplab({"traces", "dumps", "--id", "1-59602603-000000000000000000000000"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("no trace has the id"));
  EXPECT_THAT(hoplab({"traces", "dumps", "--id", "x"}).err, HasSubstr("'x' is no trace id"));
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_EQ(hoplab({"map", "empty"}).exit_code, 3);
  EXPECT_EQ(hoplab({"map", "dumps", "--json", "--dot"}).exit_code, 2);
  for (const char* const command : {"map", "traces"}) {
    EXPECT_THAT(hoplab({command, "--help"}).out, HasSubstr("Example:"));
  }
}

TEST_F(StudyCommands, AWindowKeepsTheTracesThatBeganInIt) {
  write_bytes(folder_ / "summaries.json", summaries);
  EXPECT_THAT(hoplab({"traces", "summaries.json", "--window", "1s,5s"}).out,
              HasSubstr("Traces  1 of 1"));
  EXPECT_THAT(hoplab({"traces", "summaries.json", "--window", ",2s"}).out,
              HasSubstr("Traces  1 of 1"));
  EXPECT_THAT(hoplab({"traces", "summaries.json"}).out, HasSubstr("Traces  2 of 2"));
}

}  // namespace
}  // namespace hoplab::report::testing
