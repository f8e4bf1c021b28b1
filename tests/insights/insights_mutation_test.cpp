// Damage: lines that break off, come twice, in another order, or have other bytes. Whatever a line
// has become, a reader passes over it or takes it for an event; it never crashes, and the lines
// beside it are read.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/insights.hpp"
#include "sim/random.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::insights {
namespace {

namespace fs = std::filesystem;
using testing::bytes_of;
using testing::write_bytes;

const fs::path logs = fs::path(HOPLAB_ROOT) / "tests" / "insights" / "logs" / "shop";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

class Damage {
 public:
  Damage() : chance_(sim::Rng::stream(1, "damage")) {}

  std::size_t below(std::size_t bound) { return chance_.bits() % bound; }

  std::string damaged(std::string line) {
    constexpr std::string_view bytes = "\"\\{}[]:,/u0\n\x80\xff -.e";
    const std::size_t count = 1 + below(3);
    for (std::size_t i = 0; i < count && !line.empty(); ++i) {
      const std::size_t at = below(line.size());
      const char byte = bytes[below(bytes.size())];
      switch (below(5)) {
        case 0:
          line.resize(at);
          break;
        case 1:
          line[at] = byte;
          break;
        case 2:
          line.insert(at, 1, byte);
          break;
        case 3:
          line.erase(at, 1 + below(8));
          break;
        default:
          line += line.substr(at);
      }
    }
    return line;
  }

 private:
  sim::Rng chance_;
};

const std::vector<std::string>& queries() {
  static const std::vector<std::string> list = {
      "filter level = \"error\" or status >= 500 | stats count(*), avg(ms), pct(ms, 95), "
      "stddev(ms), count_distinct(user.id), max(error), earliest(id) by bin(1m), service",
      "fields jsonParse(@message) as m, m.user.id, m.items[0].sku, jsonStringify(items) as j, "
      "@logStream, @log, @ptr | sort m.ms desc, @timestamp | limit 20",
      "parse @message '[*] \"* *\" * *' as at, method, path, code, rest | unnest items into item | "
      "display item.sku, method, code",
      "parse @message /(?<word>\\w+) (?<rest>.*)/ | fields toupper(word) as w, substr(rest, 1, 5) "
      "as r, trim(rest), strlen(rest), replace(rest, \"a\", \"b\") | dedup w, r | limit 10"};
  return list;
}

TEST(InsightsDamage, NoLineCrashesAReader) {
  const std::vector<std::string> lines = lines_of(bytes_of(logs / "app.jsonl"));
  const std::vector<std::string> text_lines = lines_of(bytes_of(logs / "envoy.log"));
  const testing::TemporaryFolder folder;
  Damage damage;
  constexpr std::size_t lines_wanted = 1'000'000;
  constexpr std::size_t round_lines = 2000;
  std::uint64_t unreadable = 0;
  for (std::size_t done = 0; done < lines_wanted; done += round_lines) {
    const bool is_json = done / round_lines % 3 != 2;
    const auto& source = is_json ? lines : text_lines;
    std::string text = source.front() + "\n";
    for (std::size_t i = 1; i < round_lines; ++i) {
      text += damage.damaged(source[damage.below(source.size())]);
      if (damage.below(50) > 0) text += '\n';
    }
    write_bytes(folder / "damaged.log", text);
    const LogStore store(folder / "damaged.log");
    for (const std::string& query : queries()) {
      Question question;
      question.query = query;
      unreadable += ask(store, question).statistics.unreadable;
    }
  }
  EXPECT_GT(unreadable, 0U);
}

TEST(InsightsDamage, WholeLinesBesideDamagedOnesAreFound) {
  const std::vector<std::string> lines = lines_of(bytes_of(logs / "app.jsonl"));
  const testing::TemporaryFolder folder;
  Damage damage;
  std::string text = lines[0] + "\n";
  for (int i = 0; i < 1000; ++i) {
    std::string broken = lines[1];
    broken.resize(damage.below(broken.size()));
    text += broken + "\n" + lines[2] + "\n";
  }
  write_bytes(folder / "damaged.log", text);
  Question question;
  question.query = "filter id = \"t3\" | stats count(*) as n";
  const Answer answer = ask(LogStore(folder / "damaged.log"), question);
  ASSERT_EQ(answer.rows.size(), 1U);
  EXPECT_EQ(answer.rows[0][0].value, "1000");
}

TEST(InsightsDamage, ADamagedDocumentIsReadAsFarAsItGoes) {
  const std::string whole = bytes_of(logs / "names.json");
  const testing::TemporaryFolder folder;
  std::size_t rows_before = 0;
  for (std::size_t size = whole.find('[') + 1; size < whole.size(); size += 3) {
    write_bytes(folder / "cut.json", whole.substr(0, size));
    const LogStore store(folder / "cut.json");
    Question question;
    question.query = "fields @message, @timestamp";
    const std::size_t rows = ask(store, question).rows.size();
    EXPECT_GE(rows, rows_before) << size;
    rows_before = rows;
  }
  EXPECT_EQ(rows_before, 2U);
}

TEST(InsightsDamage, OrderAndRepetitionOfLinesDoNotChangeWhatIsCountedOnce) {
  std::vector<std::string> lines = lines_of(bytes_of(logs / "app.jsonl"));
  const testing::TemporaryFolder folder;
  std::string text;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    text += *line + "\n" + *line + "\n";
  write_bytes(folder / "twice.log", text);
  Question question;
  question.query = "filter ispresent(id) | stats count(*) as n by id | sort id";
  const Answer answer = ask(LogStore(folder / "twice.log"), question);
  ASSERT_EQ(answer.rows.size(), 5U);
  for (const auto& row : answer.rows) EXPECT_EQ(row[1].value, "2");
}

/// A query of which some words are gone, doubled or changed gives rows or a mistake with its place.
TEST(InsightsDamage, NoQueryCrashesTheParser) {
  const LogStore store(logs / "app.jsonl");
  Damage damage;
  std::size_t mistakes = 0;
  for (int i = 0; i < 20'000; ++i) {
    Question question;
    question.query = damage.damaged(queries()[damage.below(queries().size())]);
    try {
      (void)ask(store, question);
    } catch (const MalformedQuery& mistake) {
      ++mistakes;
      EXPECT_LE(mistake.where().begin, mistake.where().end) << question.query;
      EXPECT_LE(mistake.where().end, question.query.size()) << question.query;
    }
  }
  EXPECT_GT(mistakes, 1000U);
}

}  // namespace
}  // namespace hoplab::report::insights
