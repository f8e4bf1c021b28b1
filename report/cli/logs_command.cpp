#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/insights/insights.hpp"
#include "report/writers/query_results.hpp"
#include "report/writers/terminal.hpp"

namespace hoplab::report::cli {
namespace {

std::string stdin_text() {
  std::string text;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
    text.append(buffer, got);
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// The range that was asked for. What is left open has no end.
insights::TimeRange range_of(const insights::LogStore& store, const LogsOptions& options) {
  const auto place = [&](const std::optional<diagnosis::Instant>& instant, std::int64_t otherwise) {
    if (!instant) return otherwise;
    if (!instant->is_since_first) return instant->value_ms;
    return instant->value_ms + store.range().value_or(insights::TimeRange{0, 0}).from_ms;
  };
  const insights::TimeRange open;
  return {place(options.start, open.from_ms), place(options.end, open.to_ms)};
}

insights::Question question_of(const insights::LogStore& store, const LogsOptions& options) {
  insights::Question question;
  question.groups = options.groups;
  question.range = range_of(store, options);
  return question;
}

void tell_unreadable(const insights::Answer& answer) {
  const auto count = answer.statistics.unreadable;
  if (count > 0) complain("passed over what is no event: " + writers::counted(count, "line"));
  const auto cut_off = answer.statistics.cut_off;
  if (cut_off > 0) {
    complain(writers::counted(cut_off, "document") +
             " cut off: what stood behind the cut is not in the answer");
  }
}

int query(const insights::LogStore& store, const LogsOptions& options) {
  insights::Question question = question_of(store, options);
  question.query = options.query == "-" ? stdin_text() : options.query;
  if (options.limit) question.limit = *options.limit;
  try {
    const insights::Answer answer = insights::ask(store, question);
    const bool is_json = options.output == LogsOptions::Output::json;
    print(options.output == LogsOptions::Output::csv ? writers::results_csv(answer)
          : is_json                                  ? writers::results_json(answer)
                                                     : writers::results_table(answer));
    tell_unreadable(answer);
    return exit_all_held;
  } catch (const insights::MalformedQuery& mistake) {
    const std::string text = writers::mistake_text(question.query, mistake);
    print_error(text);
    return exit_bad_input;
  }
}

/// A text between quotes of the query language.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

int tail(const insights::LogStore& store, const LogsOptions& options) {
  insights::Question question = question_of(store, options);
  question.query = options.filter.empty() ? "" : "filter @message like " + quoted(options.filter);
  if (!question.query.empty()) question.query += " | ";
  question.query += "fields @timestamp, @logStream, @message";
  question.limit = options.limit.value_or(10);
  try {
    insights::Answer answer = insights::ask(store, question);
    std::reverse(answer.rows.begin(), answer.rows.end());
    if (options.json) {
      print(writers::results_json(answer));
    } else {
      print(writers::log_lines(answer));
    }
    tell_unreadable(answer);
    return exit_all_held;
  } catch (const insights::MalformedQuery& mistake) {
    complain(std::string(mistake.what()) + (mistake.hint().empty() ? "" : "; " + mistake.hint()));
    return exit_bad_input;
  }
}

}  // namespace

int logs_command(const LogsOptions& options) {
  const insights::LogStore store(options.path);
  switch (options.action) {
    case LogsOptions::Action::query:
      return query(store, options);
    case LogsOptions::Action::tail:
      return tail(store, options);
    case LogsOptions::Action::groups:
      print(options.json ? writers::groups_json(store) : writers::groups_table(store));
      return exit_all_held;
  }
  return exit_internal_error;
}

}  // namespace hoplab::report::cli
