// What GitHub Actions shows of a suite: annotations, folded logs and the page of the job.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "report/suite/writers.hpp"
#include "report/writers/run_report.hpp"
#include "report/writers/terminal.hpp"

namespace hoplab::report::suite {
namespace {

/// Source: actions/toolkit, packages/core/src/command.ts, escapeData and escapeProperty.
std::string escaped_data(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else {
      out += c;
    }
  }
  return out;
}

std::string escaped_property(std::string_view text) {
  std::string out;
  for (const char c : escaped_data(text)) {
    if (c == ':') {
      out += "%3A";
    } else if (c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

struct Annotation {
  Verdict verdict = Verdict::failed;
  std::string file;
  int line = 0;  ///< 0: the file as a whole.
  int column = 0;
  std::string title;
  std::string message;
};

std::string command_of(const Annotation& it) {
  std::string place = "file=" + escaped_property(it.file);
  if (it.line > 0) place += fmt::format(",line={}", it.line);
  if (it.column > 0) place += fmt::format(",col={}", it.column);
  return fmt::format("::error {},title={}::{}\n", place, escaped_property(it.title),
                     escaped_data(it.message));
}

std::string with_replay(std::string message, const std::string& replay) {
  return std::move(message) + "\nagain: " + replay;
}

void add_annotations(const FileReport& file, std::vector<Annotation>& all) {
  for (const auto& trouble : file.troubles) {
    if (trouble.verdict == Verdict::bad_scenario && !file.diagnostics.empty()) continue;
    std::string message = trouble.message;
    if (trouble.seed) {
      message = with_replay(message, writers::replay_line(file.file, *trouble.seed));
    }
    all.push_back({trouble.verdict, file.file, 0, 0, file.name, std::move(message)});
  }
  for (const auto& it : file.diagnostics) {
    if (it.severity != sim::Severity::error) continue;
    std::string message = it.message;
    if (!it.hint.empty()) message += "\nhint: " + it.hint;
    all.push_back({Verdict::bad_scenario, it.mark.file, it.mark.line, it.mark.column,
                   file.name + ": " + it.code, std::move(message)});
  }
  for (const auto& item : file.cases) {
    if (!item.failed_once()) continue;
    all.push_back({Verdict::failed, file.file, item.line, item.column, item.name,
                   with_replay(failure_line(item), replay_of(file, item))});
  }
}

// --- The page of the job -----------------------------------------------------------------------

/// Text for a cell of a table: on one line, with nothing in it that Markdown or HTML would take.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (std::string_view("\\`*_{}[]|~#>").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

const char* mark_of(Verdict verdict) {
  if (verdict == Verdict::passed) return "\u2705";
  if (verdict == Verdict::skipped) return "\u2796";
  return is_error(verdict) ? "\U0001F4A5" : "\u274C";
}

std::string file_row(const FileReport& file) {
  const auto held = std::count_if(file.cases.begin(), file.cases.end(),
                                  [](const Case& item) { return item.held(); });
  return fmt::format("| {} | {} | {} | {} of {} |\n", mark_of(file.verdict), cell(file.file),
                     to_string(file.verdict), held, file.cases.size());
}

std::string failure_rows(const FileReport& file) {
  std::string out;
  for (const auto& trouble : file.troubles) {
    out += fmt::format("| {} | {} | {} |\n", cell(file.file), cell(trouble.message),
                       trouble.seed ? cell(writers::replay_line(file.file, *trouble.seed)) : "");
  }
  if (file.verdict == Verdict::bad_scenario) {
    for (const auto& it : file.diagnostics) {
      out += fmt::format("| {}:{}:{} | {} {} | |\n", cell(it.mark.file), it.mark.line,
                         it.mark.column, it.code, cell(it.message));
    }
  }
  for (const auto& item : file.cases) {
    if (!item.failed_once()) continue;
    out += fmt::format("| {}:{} | {}: {} | {} |\n", cell(file.file), item.line, cell(item.name),
                       cell(failure_line(item)), cell(replay_of(file, item)));
  }
  return out;
}

/// Whole lines only.
std::string cut_to(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  const std::string notice = "\n\nThe rest was cut: a step's page takes no more.\n";
  if (bytes_max < notice.size()) return "";
  const auto end = text.rfind('\n', bytes_max - notice.size());
  text.resize(end == std::string::npos ? 0 : end);
  return text + notice;
}

}  // namespace

std::string github_annotations(const SuiteReport& report) {
  constexpr std::size_t shown_max = 10;
  std::vector<Annotation> all;
  for (const auto& file : report.files) add_annotations(file, all);
  std::stable_sort(all.begin(), all.end(), [](const Annotation& left, const Annotation& right) {
    return left.verdict > right.verdict;
  });
  const bool is_cut = all.size() > shown_max;
  const std::size_t shown = is_cut ? shown_max - 1 : all.size();
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) out += command_of(all[i]);
  if (is_cut) out += fmt::format("::error title=hoplab test::and {} more\n", all.size() - shown);
  return out;
}

std::string github_group(const std::string& title) {
  return "::group::" + escaped_data(title) + "\n";
}

std::string github_end_group() { return "::endgroup::\n"; }

std::string step_summary(const SuiteReport& report, std::size_t bytes_max) {
  std::string out = "## hoplab test\n\n" + summary_line(report);
  std::string failures;
  for (const auto& file : report.files) failures += failure_rows(file);
  if (!failures.empty()) {
    out += "\n| where | what | again |\n|---|---|---|\n" + failures;
  }
  out += "\n| | scenario | outcome | held |\n|---|---|---|---|\n";
  for (const auto& file : report.files) out += file_row(file);
  return cut_to(std::move(out), bytes_max);
}

}  // namespace hoplab::report::suite
