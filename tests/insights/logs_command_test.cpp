// `hoplab logs` as a shell sees it: exit codes, what is on stdout, what is on stderr.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/report/program.hpp"

namespace {

using hoplab::report::testing::Program;
using hoplab::report::testing::write_bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Json = nlohmann::json;

const std::string logs = std::string(HOPLAB_ROOT) + "/tests/insights/logs";

TEST_F(Program, LogsHaveAnExampleInEachHelp) {
  for (const char* const action : {"query", "tail", "groups"}) {
    const auto outcome = hoplab({"logs", action, "--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr(std::string("Example:\n  hoplab logs ") + action));
  }
}

TEST_F(Program, LogsQueryPrintsAnAlignedTable) {
  const auto outcome =
      hoplab({"logs", "query", logs, "stats count(*) as n, max(ms) as most by service | sort n",
              "--log-group", "/shop/app"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            "service  n  most\n"
            "-------  -  ----\n"
            "         1\n"
            "pay      2  1000\n"
            "cart     3   180\n");
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(Program, LogsQueryPrintsCsvAndTheFormOfGetQueryResults) {
  const std::string query = "filter ispresent(error) | fields id, error | sort id";
  const auto csv =
      hoplab({"logs", "query", logs, query, "--log-group", "/shop/app", "--output", "csv"});
  EXPECT_EQ(csv.out,
            "id,error\r\n"
            "t3,\"pool \"\"main\"\" exhausted\"\r\n"
            "t5,timeout after 80ms\r\n");
  const auto json =
      hoplab({"logs", "query", logs, query, "--log-group", "/shop/app", "--output", "json"});
  const Json document = Json::parse(json.out);
  EXPECT_EQ(document["status"], "Complete");
  EXPECT_EQ(document["results"].size(), 2U);
  EXPECT_EQ(document["results"][0][0], (Json{{"field", "id"}, {"value", "t3"}}));
  EXPECT_EQ(document["results"][0].back()["field"], "@ptr");
  EXPECT_EQ(document["statistics"]["recordsMatched"], 2.0);
  EXPECT_EQ(document["statistics"]["recordsScanned"], 6.0);
}

TEST_F(Program, LogsQueryShowsWhereAMistakeIs) {
  const auto outcome = hoplab({"logs", "query", logs, "fields id\n| fitler id = 1"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err,
              StartsWith("query:2:3: error[E0601]: mismatched input 'fitler' expecting {"));
  EXPECT_THAT(outcome.err, HasSubstr("\n  | fitler id = 1\n    ^~~~~~\n  hint: did you mean "
                                     "'filter'?\n"));
}

TEST_F(Program, LogsQueryLooksBetweenStartAndEnd) {
  const auto all =
      hoplab({"logs", "query", logs, "stats count(*) as n", "--log-group", "/shop/app", "--start",
              "2026-01-05T12:00:05.200Z", "--end", "2026-01-05T12:01:01.400Z", "--output", "csv"});
  EXPECT_EQ(all.out, "n\r\n3\r\n");  // Both ends belong to it.
}

TEST_F(Program, LogsNameAGroupThatIsLikeTheUnknownOne) {
  const auto outcome = hoplab({"logs", "query", logs, "fields id", "--log-group", "/shop/ap"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("Log group '/shop/ap' does not exist"));
  EXPECT_THAT(outcome.err, HasSubstr("did you mean '/shop/app'?"));
}

TEST_F(Program, LogsTailPrintsTheLastLinesOldestFirst) {
  const auto outcome =
      hoplab({"logs", "tail", logs, "--log-group", "/shop/envoy", "-n", "2", "--filter", "POST"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out,
              StartsWith("2026-01-05 12:00:30.300 envoy.log [2026-01-05T12:00:30.300Z] "
                         "\"POST /pay HTTP/1.1\" 503 UF"));
  EXPECT_THAT(outcome.out, HasSubstr("\n2026-01-05 12:01:01.400 envoy.log "));
}

// The same command reads exports of the real service and plain access logs.
TEST_F(Program, LogsGroupsListsFilesOfEveryKind) {
  const auto outcome = hoplab({"logs", "groups", logs, "--json"});
  const Json document = Json::parse(outcome.out);
  std::vector<std::string> names;
  for (const Json& group : document["groups"]) {
    names.push_back(group["logGroupName"].get<std::string>() + " " +
                    std::to_string(group["streams"].get<int>()) + " " +
                    std::to_string(group["events"].get<int>()));
  }
  EXPECT_THAT(names, ElementsAre("/shop/answer 1 2", "/shop/app 1 6", "/shop/envoy 1 4",
                                 "/shop/misc 1 3", "/shop/names 2 2", "/shop/order 1 17"));
}

// One folder of all that the real commands printed: each file is read by those that it is for.
TEST_F(Program, LogsLeaveTheAnswersOfOtherCommandsAlone) {
  std::filesystem::create_directory(folder_ / "dumps");
  const auto write = [&](const std::string& name, const char* text) {
    write_bytes((folder_ / "dumps") / name, text);
  };
  write("app.json",
        "{\n  \"events\": [\n    {\"logStreamName\": \"s\", \"timestamp\": 1606816800000,\n"
        "     \"message\": \"one\"}\n  ]\n}\n");
  write("front.log", "{\"time\":\"2020-12-01T10:00:01Z\",\"trace_id\":\"1-5\",\"msg\":\"two\"}\n");
  write("graph.json",
        "{\n  \"StartTime\": 1606816800.0,\n  \"Services\": [\n    {\"Name\": \"a\"}\n  ]\n}\n");
  write("traces.json", "{\"Traces\": [{\"Id\": \"1-5\", \"Segments\": []}]}\n");
  write("summaries.json", "{\n  \"TraceSummaries\": [\n    {\"Id\": \"1-5\",");  // Cut off.
  write("segments.jsonl",
        "{\"name\":\"a\",\"id\":\"1\",\"start_time\":1.0,\"trace_id\":\"1-5\"}\n");
  write("data.json", "{\n  \"MetricDataResults\": [\n    {\"Id\": \"m\"}\n  ]\n}\n");
  write("points.json", "{\"Label\": \"CPU\", \"Datapoints\": [{\"Average\": 5.0}]}\n");
  write("stats.txt", "cluster.a.upstream_rq_total: 3\n");
  write("tasks.json", "{\n  \"tasks\": [],\n  \"failures\": []\n}\n");
  const auto groups = hoplab({"logs", "groups", "dumps"});
  EXPECT_EQ(groups.out,
            "group   streams  events  first                    last\n"
            "------  -------  ------  -----------------------  -----------------------\n"
            "/app          1       1  2020-12-01 10:00:00.000  2020-12-01 10:00:00.000\n"
            "/front        1       1  2020-12-01 10:00:01.000  2020-12-01 10:00:01.000\n");
  EXPECT_EQ(hoplab({"logs", "groups", "dumps/graph.json"}).exit_code, 3);
}

TEST_F(Program, LogsTellThatADocumentIsCutOff) {
  const std::string whole = R"({"events": [{"timestamp": 1606816800000, "message": "one"}, )"
                            R"({"timestamp": 1606816801000, "message": "two"}]})";
  const auto counted = [&](std::size_t size) {
    write_bytes(folder_ / "app.json", whole.substr(0, size));
    return hoplab({"logs", "query", "app.json", "stats count(*) as n", "--output", "csv"});
  };
  for (const std::size_t size : {whole.find("two"), whole.find(", {\"timestamp\": 1606816801")}) {
    const auto cut = counted(size);
    EXPECT_EQ(cut.out, "n\r\n1\r\n") << size;
    EXPECT_EQ(cut.err,
              "hoplab: 1 document cut off: what stood behind the cut is not in the answer\n")
        << size;
  }
  EXPECT_EQ(counted(whole.size()).out, "n\r\n2\r\n");
  EXPECT_EQ(counted(whole.size()).err, "");
}

// A program tells its version before its logger tells times; such lines move no relative time.
TEST_F(Program, LogsCountRelativeTimesFromTheFirstLineWithATime) {
  write_bytes(folder_ / "app.log",
              "Starting app v1\n"
              "2020-12-01 10:00:00.000 one\n"
              "2020-12-01 10:05:00 two\n");
  const std::vector<std::string> query = {"logs",     "query", "app.log", "sort @timestamp asc",
                                          "--output", "csv"};
  const auto all = hoplab(query);
  EXPECT_THAT(all.out, HasSubstr("\r\n2020-12-01 10:00:00.000,Starting app v1\r\n"));
  auto later = query;
  later.insert(later.end(), {"--start", "2m"});
  EXPECT_EQ(hoplab(later).out,
            "@timestamp,@message\r\n2020-12-01 10:05:00.000,2020-12-01 10:05:00 two\r\n");
}

TEST_F(Program, LogsReadDatesWithSlashes) {
  write_bytes(folder_ / "nginx.log", "2020/12/01 10:00:00 [error] 1#1: upstream timed out\n");
  EXPECT_THAT(hoplab({"logs", "groups", "nginx.log"}).out, HasSubstr("2020-12-01 10:00:00.000"));
}

TEST_F(Program, LogsCountColumnsInCharacters) {
  const auto outcome = hoplab({"logs", "query", logs, "fields strlen(\"ééé\") | filtr x"});
  EXPECT_THAT(outcome.err, StartsWith("query:1:24: error[E0601]: "));
  EXPECT_THAT(outcome.err, HasSubstr("\n                         ^~~~~\n"));
  EXPECT_THAT(hoplab({"logs", "query", logs, "fields 'éé"}).err, HasSubstr("\n         ^~~\n"));
}

TEST_F(Program, AMisspeltCommandIsNamed) {
  const auto first = hoplab({"lgos", "query", "rec", "fields x"});
  EXPECT_EQ(first.exit_code, 2);
  EXPECT_EQ(first.err, "hoplab: there is no command 'lgos'; did you mean 'logs'?\n");
  const auto second = hoplab({"logs", "qeury", "rec", "fields x"});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_EQ(second.err, "hoplab: logs has no command 'qeury'; did you mean 'query'?\n");
  EXPECT_EQ(hoplab({"logs", "xyzzy"}).err,
            "hoplab: logs has no command 'xyzzy'; there are query, tail, groups\n");
  EXPECT_THAT(hoplab({"logs"}).err, HasSubstr("A subcommand is required"));
}

TEST_F(Program, LogsReadARecording) {
  ASSERT_EQ(hoplab({"run", "first.yaml", "-o", "recording"}).exit_code, 0);
  const auto lines = hoplab({"logs", "query", "recording",
                             "fields jsonParse(log) as l | filter ispresent(l.status) "
                             "| stats count(*) as n by l.status, @log",
                             "--log-group", "/ecs/a/app", "--output", "csv"});
  EXPECT_EQ(lines.exit_code, 0);
  EXPECT_THAT(lines.out, StartsWith("l.status,@log,n\r\n200,111122223333:/ecs/a/app,"));
}

TEST_F(Program, LogsExitWithFourWhereThereIsNothingAndThreeWhereThereIsNoLog) {
  EXPECT_EQ(hoplab({"logs", "query", "nowhere", "fields id"}).exit_code, 4);
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_EQ(hoplab({"logs", "groups", "empty"}).exit_code, 3);
  EXPECT_EQ(hoplab({"logs", "query", logs}).exit_code, 2);
  EXPECT_EQ(hoplab({"logs", "query", logs, "fields id", "--output", "xml"}).exit_code, 2);
}

}  // namespace
