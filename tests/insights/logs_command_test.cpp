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
