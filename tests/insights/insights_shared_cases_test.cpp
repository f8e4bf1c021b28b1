// Cases whose rows were worked out from the language's description by somebody else. Where the
// collection of them is not there, this is told and skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "report/insights/insights.hpp"
#include "report/insights/value.hpp"
#include "sim/units.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::insights {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path collection() {
  const char* const named = std::getenv("HOPLAB_INSIGHTS_CASES");
  if (named != nullptr) return named;
  return fs::path(HOPLAB_ROOT).parent_path() / "shared" / "data" / "insights-cases.json";
}

void write_groups(const Json& groups, const fs::path& folder) {
  for (const auto& [name, group] : groups.items()) {
    std::string file;
    for (const char c : name) file += c == '/' ? std::string("%2F") : std::string(1, c);
    std::ofstream out(folder / (file + ".json"));
    out << Json{{"events", group["events"]}}.dump(1);
  }
}

std::int64_t milliseconds(const Json& instant) {
  return sim::epoch_milliseconds(*sim::parse_iso8601(instant.get<std::string>()));
}

/// Rows as one text; numbers that need not be exact with three significant digits.
std::string text_of(const Json& rows, bool is_tolerant) {
  std::string text;
  for (const Json& row : rows) {
    for (const Json& pair : row) {
      auto value = pair[1].get<std::string>();
      const auto number = parse_number(value);
      if (is_tolerant && number) value = std::to_string(std::llround(*number * 100));
      text += pair[0].get<std::string>() + "=" + value + " | ";
    }
    text += "\n";
  }
  return text;
}

Json rows_of(const Answer& answer) {
  Json rows = Json::array();
  for (const auto& row : answer.rows) {
    Json pairs = Json::array();
    for (const Field& field : row) {
      if (field.name != "@ptr") pairs.push_back(Json::array({field.name, field.value}));
    }
    rows.push_back(pairs);
  }
  return rows;
}

TEST(InsightsSharedCases, GiveTheRowsThatWereWorkedOutByHand) {
  std::ifstream in(collection());
  if (!in) GTEST_SKIP() << "no collection of cases at " << collection();
  const Json document = Json::parse(in);
  const testing::TemporaryFolder folder;
  fs::create_directory(folder / "dump");
  write_groups(document["groups"], folder / "dump");
  const LogStore store(folder / "dump");
  for (const Json& one : document["cases"]) {
    SCOPED_TRACE(one["id"].get<std::string>() + ": " + one["query"].get<std::string>());
    Question question;
    question.query = one["query"];
    question.groups = {one["group"]};
    question.range = {milliseconds(document["start"]), milliseconds(document["end"])};
    Json rows = rows_of(ask(store, question));
    Json wanted = one["rows"];
    if (!one["ordered"].get<bool>()) {
      std::sort(rows.begin(), rows.end());
      std::sort(wanted.begin(), wanted.end());
    }
    const bool is_tolerant = one["numeric_tolerance"];
    EXPECT_EQ(text_of(rows, is_tolerant), text_of(wanted, is_tolerant));
  }
}

}  // namespace
}  // namespace hoplab::report::insights
