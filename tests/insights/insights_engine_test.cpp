// What holds for every query: threads do not show, memory is bounded, answers are of whole values.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "report/insights/distinct_count.hpp"
#include "report/insights/insights.hpp"
#include "report/insights/quantiles.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::insights {
namespace {

using testing::TemporaryFolder;
using testing::write_bytes;

/// Lines of one stream, of more bytes than one part of a file has.
std::string many_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string at = std::to_string(1767614400000 + i * 10LL);
    text += "{\"timestamp\":" + at + ",\"ingestionTime\":" + at +
            ",\"message\":\"{\\\"n\\\":" + std::to_string(i) + ",\\\"x\\\":0.1,\\\"pad\\\":\\\"" +
            std::string(200, 'p') + "\\\"}\"}\n";
  }
  return text;
}

std::string text_of(const Answer& answer) {
  std::string text;
  for (const auto& row : answer.rows) {
    for (const Field& field : row) text += field.name + "=" + field.value + ";";
    text += "\n";
  }
  return text;
}

TEST(InsightsEngine, GivesTheSameAnswerWithAnyNumberOfThreads) {
  const TemporaryFolder folder;
  write_bytes(folder / "many.jsonl", many_lines(30'000));
  const LogStore store(folder / "many.jsonl");
  for (const char* const query :
       {"stats sum(x), avg(x), stddev(n), pct(n, 99), latest(n), earliest(n) by bin(1m)",
        "fields n | sort x asc, n desc | limit 50", "fields n % 7 as r | dedup r"}) {
    Question question;
    question.query = query;
    question.threads = 1;
    const std::string alone = text_of(ask(store, question));
    question.threads = 5;
    EXPECT_EQ(text_of(ask(store, question)), alone) << query;
    EXPECT_FALSE(alone.empty());
  }
}

// 30,000 lines of about 280 bytes are cut into parts of 2 MiB; a line on a border is read once.
TEST(InsightsEngine, CountsEachLineOfACutFileOnce) {
  const TemporaryFolder folder;
  write_bytes(folder / "many.jsonl", many_lines(30'000));
  Question question;
  question.query = "stats count(*) as n, count_distinct(n) as d, sum(n) as s, max(n) as m";
  const Answer answer = ask(LogStore(folder / "many.jsonl"), question);
  ASSERT_EQ(answer.rows.size(), 1U);
  EXPECT_EQ(answer.rows[0][0].value, "30000");
  EXPECT_NEAR(std::stod(answer.rows[0][1].value), 30'000, 1000);
  EXPECT_EQ(answer.rows[0][2].value, "449985000");
  EXPECT_EQ(answer.rows[0][3].value, "29999");
  EXPECT_EQ(answer.statistics.records_scanned, 30'000U);
}

// 10,000 rows are shown where a query has no limit of its own.
TEST(InsightsEngine, HasTheDefaultLimitOfTheService) {
  const TemporaryFolder folder;
  write_bytes(folder / "many.jsonl", many_lines(12'000));
  const LogStore store(folder / "many.jsonl");
  Question question;
  question.query = "fields n";
  const Answer answer = ask(store, question);
  ASSERT_EQ(answer.rows.size(), 10'000U);
  EXPECT_EQ(answer.rows[0][0].value, "11999");
  question.query = "fields n | limit 11000";
  EXPECT_EQ(ask(store, question).rows.size(), 11'000U);
}

TEST(InsightsEngine, FindsTheEventOfAPtr) {
  const TemporaryFolder folder;
  write_bytes(folder / "many.jsonl", many_lines(100));
  const LogStore store(folder / "many.jsonl");
  Question question;
  question.query = "filter n = 42 | fields n";
  const Answer answer = ask(store, question);
  ASSERT_EQ(answer.rows.size(), 1U);
  ASSERT_EQ(answer.rows[0].back().name, "@ptr");
  std::int64_t at_ms = 0;
  EXPECT_TRUE(store.with_event(answer.rows[0].back().value,
                               [&](const LogEvent& event) { at_ms = event.timestamp_ms; }));
  EXPECT_EQ(at_ms, 1767614400420);
  EXPECT_FALSE(store.with_event("hoplab-00000000-zz", [](const LogEvent&) {}));
}

// The text that a filter needs is looked for in the line as it is spelt; what is spelt otherwise is
// found all the same.
TEST(InsightsEngine, FindsTextThatIsSpeltWithEscapes) {
  const TemporaryFolder folder;
  write_bytes(
      folder / "one.jsonl",
      "{\"timestamp\":1,\"ingestionTime\":1,\"message\":\"{\\\"a\\\":\\\"\\\\u0065rror\\\"}\"}\n"
      "{\"timestamp\":2,\"ingestionTime\":2,\"message\":\"\\u0065rror\"}\n");
  const LogStore store(folder / "one.jsonl");
  Question question;
  question.query = "filter a = \"error\"";
  EXPECT_EQ(ask(store, question).rows.size(), 1U);
  question.query = "filter @message like \"error\"";
  EXPECT_EQ(ask(store, question).rows.size(), 1U);
}

// What is dropped on the way because the limit leaves no room for it is never missed.
TEST(InsightsEngine, FindsTheFirstOfManyKeys) {
  const TemporaryFolder folder;
  write_bytes(folder / "many.jsonl", many_lines(30'000));
  const LogStore store(folder / "many.jsonl");
  Question question;
  const auto first_rows = [&](const char* query) {
    question.query = query;
    std::string text;
    for (const auto& row : ask(store, question).rows) text += row[0].value + " ";
    return text;
  };
  EXPECT_EQ(first_rows("fields n, n % 9000 as r | sort n asc | dedup r | limit 4"), "0 1 2 3 ");
  EXPECT_EQ(first_rows("fields n, n % 9000 as r | sort r desc, n asc | dedup r | limit 3"),
            "8999 8998 8997 ");
  EXPECT_EQ(first_rows("fields n | dedup n | limit 3"), "29999 29998 29997 ");
}

// Exports of other tools have more members, in any order.
TEST(InsightsEngine, ReadsEventsWithMoreMembers) {
  const TemporaryFolder folder;
  write_bytes(
      folder / "some.jsonl",
      "{\"timestamp\":1,\"ingestionTime\":2,\"message\":\"a \\\"b\\\"\",\"eventId\":\"7\"}\n"
      "{\"message\":\"\\u0063\",\"eventId\":\"8\",\"timestamp\":3}\n");
  Question question;
  question.query = "fields @message, @ingestionTime | sort @timestamp asc";
  const Answer answer = ask(LogStore(folder / "some.jsonl"), question);
  ASSERT_EQ(answer.rows.size(), 2U);
  EXPECT_EQ(answer.rows[0][0].value, "a \"b\"");
  EXPECT_EQ(answer.rows[1][0].value, "c");
  EXPECT_EQ(answer.rows[1][1].value, "1970-01-01 00:00:00.003");
}

// The k-th of 1 to 100,000 is known.
TEST(InsightsQuantiles, AreWithinTheirBoundOfTheTruth) {
  Quantiles left;
  Quantiles right;
  for (int i = 1; i <= 100'000; ++i) (i % 3 == 0 ? left : right).add(i);
  left.merge(right);
  for (const double percent : {1.0, 50.0, 95.0, 99.9}) {
    const double truth = 1 + percent / 100 * 99'999;
    EXPECT_NEAR(left.percentile(percent), truth, truth * 0.002) << percent;
  }
}

TEST(InsightsQuantiles, OfManyValuesLieAmongThem) {
  Quantiles left;
  Quantiles right;
  for (int i = 0; i < 5000; ++i) (i % 2 == 0 ? left : right).add(200);
  left.merge(right);
  for (const double percent : {0.0, 1.0, 50.0, 100.0}) EXPECT_EQ(left.percentile(percent), 200);
  left.add(-3.3);
  left.add(777.7);
  EXPECT_EQ(left.percentile(0), -3.3);
  EXPECT_EQ(left.percentile(100), 777.7);
}

TEST(InsightsQuantiles, AreExactForFewValuesOfAnySign) {
  Quantiles few;
  for (const double value : {-5.0, 3.0, 0.0, -1.0}) few.add(value);
  EXPECT_EQ(few.percentile(0), -5);
  EXPECT_EQ(few.percentile(50), -0.5);
  EXPECT_EQ(few.percentile(100), 3);
}

TEST(InsightsDistinctCount, IsExactForFewAndCloseForMany) {
  DistinctCount few;
  DistinctCount many;
  for (int i = 0; i < 5000; ++i) few.add(std::to_string(i % 2500));
  for (int i = 0; i < 300'000; ++i) many.add(std::to_string(i));
  EXPECT_EQ(few.count(), 2500U);
  EXPECT_NEAR(static_cast<double>(many.count()), 300'000, 300'000 * 0.03);
}

}  // namespace
}  // namespace hoplab::report::insights
