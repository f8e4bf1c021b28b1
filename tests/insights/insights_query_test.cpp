// Queries and the rows that they must give, in the text files of cases/.
//
// A case is a line "query GROUP" (- for none), the query, a line ----, and the rows: names first,
// then values, with " | " between them and ~ for a field that the row does not have. "error GROUP"
// is followed by the place, the code and the text of the mistake. An empty line ends a case.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "report/insights/functions.hpp"
#include "report/insights/insights.hpp"
#include "report/insights/parser.hpp"

namespace hoplab::report::insights {
namespace {

namespace fs = std::filesystem;

const fs::path here = fs::path(HOPLAB_ROOT) / "tests" / "insights";

struct Case {
  std::string place;
  std::string group;
  std::string query;
  std::string wanted;
  bool is_error = false;
};

std::vector<Case> cases_in(const fs::path& file) {
  std::vector<Case> cases;
  std::ifstream in(file);
  int number = 0;
  enum class Part { outside, query, rows } part = Part::outside;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const bool is_query = line.starts_with("query ");
    if (part == Part::outside && (is_query || line.starts_with("error "))) {
      cases.push_back({file.filename().string() + ":" + std::to_string(number), line.substr(6), "",
                       "", !is_query});
      part = Part::query;
    } else if (part == Part::query && line == "----") {
      part = Part::rows;
    } else if (part == Part::query) {
      cases.back().query += (cases.back().query.empty() ? "" : "\n") + line;
    } else if (part == Part::rows && line.empty()) {
      part = Part::outside;
    } else if (part == Part::rows) {
      cases.back().wanted += line + "\n";
    }
  }
  return cases;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) line += (&part == &parts.front() ? "" : " | ") + part;
  return line + "\n";
}

std::string rows_text(const Answer& answer) {
  std::string text = joined(answer.columns);
  for (const auto& row : answer.rows) {
    std::vector<std::string> values;
    for (const std::string& column : answer.columns) {
      const auto found = std::find_if(row.begin(), row.end(),
                                      [&](const Field& field) { return field.name == column; });
      values.push_back(found == row.end() ? "~" : found->value);
    }
    text += joined(values);
  }
  return text;
}

std::string answer_of(const LogStore& store, const Case& one) {
  Question question;
  question.query = one.query;
  if (one.group != "-") question.groups = {one.group};
  try {
    return rows_text(ask(store, question));
  } catch (const MalformedQuery& mistake) {
    return std::to_string(mistake.where().begin) + "-" + std::to_string(mistake.where().end) + " " +
           mistake.code() + " " + mistake.what() + "\n";
  }
}

TEST(InsightsQuery, GivesTheRowsAndMistakesOfEveryCase) {
  const LogStore store(here / "logs");
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(here / "cases")) {
    for (const Case& one : cases_in(entry.path())) {
      SCOPED_TRACE(one.place + "\n" + one.query);
      EXPECT_EQ(answer_of(store, one), one.wanted);
      ++count;
    }
  }
  EXPECT_GE(count, 120U);
}

/// Functions and aggregates that no case calls would be promises that nobody has seen kept.
TEST(InsightsQuery, EveryFunctionIsCalledByACase) {
  std::string queries;
  for (const auto& entry : fs::directory_iterator(here / "cases")) {
    for (const Case& one : cases_in(entry.path())) {
      if (!one.is_error) queries += lower_case(one.query) + "\n";
    }
  }
  for (const std::string& name : function_names()) {
    EXPECT_NE(queries.find(name + "("), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace hoplab::report::insights
