#include <algorithm>

#include <fmt/format.h>

#include "report/suite/writers.hpp"
#include "report/writers/run_report.hpp"
#include "report/writers/terminal.hpp"

namespace hoplab::report::suite {
namespace {

using writers::counted;
using writers::Ink;
using writers::Tone;

std::string mark_of(Verdict verdict, const Ink& ink) {
  if (verdict == Verdict::passed) return ink(Tone::good, "\u2713");
  if (verdict == Verdict::skipped) return ink(Tone::dim, "-");
  return ink(Tone::bad, is_error(verdict) ? "!" : "\u2717");
}

std::string with_seeds(const FileReport& file) {
  return file.seeds.size() > 1 ? ", " + counted(file.seeds.size(), "seed") : "";
}

/// "5 of 5 held, 1 skipped, 20 seeds", "bad scenario, 2 errors".
std::string outcome_text(const FileReport& file) {
  if (file.verdict == Verdict::passed || file.verdict == Verdict::failed) {
    std::size_t held = 0;
    std::size_t skipped = 0;
    for (const auto& item : file.cases) {
      if (item.held()) ++held;
      if (!item.skipped.empty()) ++skipped;
    }
    std::string text = fmt::format("{} of {} held", held, file.cases.size() - skipped);
    if (skipped > 0) text += fmt::format(", {} skipped", skipped);
    return text + with_seeds(file);
  }
  if (file.verdict == Verdict::skipped) return "skipped";
  const auto worst = std::find_if(file.troubles.begin(), file.troubles.end(),
                                  [&](const Trouble& it) { return it.verdict == file.verdict; });
  return worst->message + with_seeds(file);
}

std::string check_lines(const expectations::Check& check, const Ink& ink) {
  const std::string text = writers::pad_right(fmt::format("{} {}", check.what, check.expected), 48);
  const auto lines =
      writers::wrapped(text + "  measured " + check.measured, writers::page_width - 6);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += (i == 0 ? "      " : "        ") + ink(check.held ? Tone::plain : Tone::bad, lines[i]);
    out += '\n';
  }
  return out;
}

std::string case_text(const FileReport& file, const Case& item, const Ink& ink) {
  if (!item.shown) {
    const std::string why = item.skipped.empty() ? "not judged" : item.skipped;
    return fmt::format("  {} {}  {}\n", mark_of(Verdict::skipped, ink), item.name, why);
  }
  const std::string place =
      fmt::format("[{}]  {}:{}:{}", item.shown->window, file.file, item.line, item.column);
  std::string out =
      fmt::format("  {} {}  {}\n", mark_of(item.held() ? Verdict::passed : Verdict::failed, ink),
                  item.name, ink(Tone::dim, place));
  if (item.runs > 1 && !item.held()) {
    out += fmt::format("      failed with {} of {} seeds: {}; with {}:\n", item.failed.size(),
                       item.runs, seed_list(item.failed), item.failed.front());
  }
  for (const auto& check : item.shown->checks) out += check_lines(check, ink);
  if (!item.held()) out += "      again: " + replay_of(file, item) + "\n";
  return out;
}

/// What another program wrote, marked as such: no line of it can be taken for one of ours.
std::string quoted_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += fmt::format("      | {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string trouble_text(const FileReport& file, const Trouble& trouble, const Ink& ink) {
  std::string out =
      fmt::format("  {} {}: {}\n", mark_of(trouble.verdict, ink), file.file, trouble.message);
  out += quoted_lines(trouble.output);
  if (trouble.seed) out += "      again: " + writers::replay_line(file.file, *trouble.seed) + "\n";
  return out;
}

std::string failures_of(const FileReport& file, const Ink& ink) {
  std::string out;
  for (const auto& trouble : file.troubles) out += trouble_text(file, trouble, ink);
  if (file.verdict == Verdict::bad_scenario || file.verdict == Verdict::file_trouble) {
    for (const auto& it : file.diagnostics) out += sim::to_string(it) + "\n";
  }
  for (const auto& item : file.cases) {
    if (item.failed_once()) out += case_text(file, item, ink);
  }
  return out;
}

}  // namespace

std::string file_line(const FileReport& file, const Ink& ink, std::size_t column) {
  return fmt::format("{} {}  {}\n", mark_of(file.verdict, ink),
                     writers::pad_right(file.file, column), outcome_text(file));
}

std::string file_details(const FileReport& file, const Ink& ink) {
  std::string out;
  for (const auto& item : file.cases) out += case_text(file, item, ink);
  return out;
}

std::string failures_text(const SuiteReport& report, const Ink& ink) {
  std::string out;
  for (const auto& file : report.files) out += failures_of(file, ink);
  return out.empty() ? "" : "\n" + ink(Tone::bold, "failures") + "\n" + out;
}

std::string summary_line(const SuiteReport& report) {
  const Totals totals = totals_of(report);
  std::string out = fmt::format("{}: {} passed", counted(report.files.size(), "file"),
                                writers::grouped(totals.passed));
  if (totals.failed > 0) out += fmt::format(", {} failed", writers::grouped(totals.failed));
  if (totals.errors > 0) out += ", " + counted(totals.errors, "error");
  if (totals.skipped > 0) out += fmt::format(", {} skipped", writers::grouped(totals.skipped));
  return out + fmt::format("; {} of {} held\n", writers::grouped(totals.cases_held),
                           counted(totals.cases, "expectation"));
}

}  // namespace hoplab::report::suite
