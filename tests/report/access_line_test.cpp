// The published Fluent Bit expression is the oracle: what it matches we take apart alike, and what
// it does not match we do not either.
#include "report/recording/access_line.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "sim/units.hpp"

namespace {

using hoplab::report::recording::AccessLine;
using hoplab::report::recording::parse_access_line;

// Source: aws-samples/amazon-ecs-firelens-examples, parse-envoy-app-mesh, parser "envoy"; the names
// of the groups are left out because ECMAScript has none, and classes are spelt its way.
const std::regex& published_expression() {
  static const std::regex expression(
      R"re(^\[([^\]]*)\] "(\S+)(?: +([^\"]*?)(?: +\S*)?)? (\S+)" ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*))re"
      R"re( ([^ ]*) ([^ ]*) "([^ ]*)" "([^\"]*)" "([^\"]*)" "([^ ]*)" "([^ ]*)")re");
  return expression;
}

std::vector<std::string> fields_of(const AccessLine& line) {
  const std::string_view fields[] = {line.start_time,
                                     line.method,
                                     line.path,
                                     line.protocol,
                                     line.code,
                                     line.response_flags,
                                     line.bytes_received,
                                     line.bytes_sent,
                                     line.duration,
                                     line.upstream_service_time,
                                     line.x_forwarded_for,
                                     line.user_agent,
                                     line.request_id,
                                     line.authority,
                                     line.upstream_host};
  return {std::begin(fields), std::end(fields)};
}

std::vector<std::string> fields_by_expression(const std::string& line) {
  std::smatch match;
  if (!std::regex_search(line, match, published_expression())) return {};
  std::vector<std::string> fields;
  for (std::size_t i = 1; i < match.size(); ++i) fields.push_back(match[i]);
  return fields;
}

const std::vector<std::string>& real_lines() {
  static const std::vector<std::string> lines = {
      // A line of a real mesh, from the README beside the published expression.
      R"re([2020-01-23T16:32:40.781Z] "GET / HTTP/1.1" 200 - 0 5 0 0 "-" "Go-http-client/1.1" )re"
      R"re("0ed75cb8-a563-9ca3-8ff0-2d8eab307e3e" "colorteller.appmesh-demo:9080" )re"
      R"re("127.0.0.1:9080")re",
      R"re([2026-01-05T12:00:00.000Z] "POST /user?id=1&x=%20 HTTP/2" 503 UF,URX 12 91 3001 - )re"
      R"re("10.0.0.1" "curl/7.88.1 (x86_64; y)" "id" "b.demo.local:8080" "10.0.1.11:8080")re",
      R"re([2026-12-31T23:59:59.999Z] "GET /user HTTP/1.1" 0 DC 0 0 15000 - "-" "-" "-" "b" "-")re",
      R"re([2024-02-29T00:00:00.001Z] "GET /a b HTTP/1.1" 504 UT 0 24 15000 - "-" "-" "-" )re"
      R"re("b:1" "10.0.0.2:80")re",
  };
  return lines;
}

TEST(AccessLine, HasTheFieldsThatThePublishedExpressionFinds) {
  for (const auto& text : real_lines()) {
    const auto line = parse_access_line(text);
    ASSERT_TRUE(line) << text;
    EXPECT_EQ(fields_of(*line), fields_by_expression(text)) << text;
  }
}

// Every single-character deletion and replacement: we are never laxer than the expression, and
// never find other fields than it does.
TEST(AccessLine, IsNoLaxerThanThePublishedExpressionOnDamagedLines) {
  int both = 0;
  for (const auto& text : real_lines()) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      for (const char* with : {"", " ", "x", "\"", "]", "7"}) {
        std::string damaged = text;
        damaged.replace(i, 1, with);
        const auto line = parse_access_line(damaged);
        if (!line) continue;
        ++both;
        ASSERT_EQ(fields_of(*line), fields_by_expression(damaged)) << damaged;
      }
    }
  }
  EXPECT_GT(both, 500) << "most single-character changes inside a field still make a line";
}

TEST(AccessLine, HasNumbers) {
  const auto line = parse_access_line(real_lines()[1]);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->code_number, 503);
  EXPECT_EQ(line->duration_ms, 3001);
  EXPECT_EQ(line->start_ms,
            hoplab::sim::epoch_milliseconds(*hoplab::sim::parse_iso8601("2026-01-05T12:00:00Z")));
}

TEST(AccessLine, TimesAgreeWithTheClockOfTheEngine) {
  for (const auto& text : real_lines()) {
    const auto line = parse_access_line(text);
    const auto instant = hoplab::sim::parse_iso8601(line->start_time);
    ASSERT_TRUE(instant);
    EXPECT_EQ(line->start_ms, hoplab::sim::epoch_milliseconds(*instant));
  }
}

TEST(AccessLine, KnowsEachFlagAndTheAbsenceOfAny) {
  const auto retried = parse_access_line(real_lines()[1]);
  EXPECT_TRUE(retried->has_flag("UF"));
  EXPECT_TRUE(retried->has_flag("URX"));
  EXPECT_FALSE(retried->has_flag("UR")) << "URX is not UR";
  EXPECT_FALSE(retried->has_flag("-"));
  EXPECT_TRUE(parse_access_line(real_lines()[0])->has_flag("-"));
}

TEST(AccessLine, KnowsDirectionAndCallee) {
  EXPECT_TRUE(parse_access_line(real_lines()[0])->upstream_is_local());
  EXPECT_FALSE(parse_access_line(real_lines()[1])->upstream_is_local());
  EXPECT_EQ(parse_access_line(real_lines()[1])->authority_label(), "b");
  EXPECT_EQ(parse_access_line(real_lines()[2])->authority_label(), "b");
}

TEST(AccessLine, IsNotMadeOfOtherLines) {
  for (const char* text :
       {"", "[", "[2026-06-23 10:23:48.423][14][warning][config] [source/x.cc:1] text",
        R"([2026-13-05T12:00:00.000Z] "GET / HTTP/1.1" 200 - 0 5 0 0 "-" "-" "-" "b" "-")",
        R"([2026-01-05T12:00:00Z] "GET / HTTP/1.1" 200 - 0 5 0 0 "-" "-" "-" "b" "-")",
        R"([2026-01-05T12:00:00.000Z] "GET / HTTP/1.1" - - 0 5 0 0 "-" "-" "-" "b" "-")"}) {
    EXPECT_FALSE(parse_access_line(text)) << text;
  }
}

}  // namespace
