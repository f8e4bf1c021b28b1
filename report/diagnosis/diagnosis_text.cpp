#include "report/diagnosis/diagnosis_text.hpp"

#include <fmt/format.h>

#include "report/diagnosis/cite.hpp"
#include "report/writers/terminal.hpp"

namespace hoplab::report::diagnosis {
namespace {

using writers::Ink;
using writers::Tone;

std::string block(const std::string& title, const std::string& text, const Ink& ink) {
  constexpr std::size_t indent = 7;
  const auto lines = writers::wrapped(text, writers::page_width - indent);
  std::string out = ink(Tone::bold, writers::pad_right(title, indent)) + lines.front() + "\n";
  for (std::size_t i = 1; i < lines.size(); ++i) out += std::string(indent, ' ') + lines[i] + "\n";
  return out;
}

std::string item(const std::string& mark, const std::string& text) {
  std::string out;
  const std::string first = "  " + mark + " ";
  const auto lines = writers::wrapped(text, writers::page_width - first.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += (i == 0 ? first : std::string(first.size(), ' ')) + lines[i] + "\n";
  }
  return out;
}

std::string where_of(const Citation& citation) {
  std::string where = citation.file;
  if (citation.line != 0) where += fmt::format(":{}", citation.line);
  if (!citation.metric.empty()) where += fmt::format(" ({} at {})", citation.metric, citation.at);
  return where;
}

std::string citations(const std::vector<Citation>& all, const Ink& ink) {
  std::string out;
  for (const auto& citation : all) {
    out += item("-", citation.says);
    out += "      " + ink(Tone::dim, where_of(citation)) + "\n";
  }
  return out;
}

std::string extent_text(const Extent& extent) {
  std::string text;
  if (!extent.tasks.empty()) {
    text += fmt::format("{} of {} of {}", extent.tasks.size(),
                        writers::counted(extent.tasks_of_callee, "task"), extent.callee);
    if (extent.tasks.size() < extent.tasks_of_callee) text += " (" + extent.tasks.front() + ")";
  }
  for (const auto& definition : extent.definitions) text += ", revision " + definition;
  if (!extent.callers.empty()) {
    text += text.empty() ? "called by" : ", called by";
    for (const auto& caller : extent.callers) text += " " + caller;
  }
  if (!extent.host.empty()) text += ", on container instance " + extent.host;
  return text;
}

std::string since_text(const Finding& finding) {
  std::string text = "since " + iso_of(finding.since_ms);
  if (finding.last_good_ms != 0 && finding.last_good_ms < finding.since_ms) {
    text +=
        " (last good call began " +
        sim::format_rounded(std::chrono::milliseconds(finding.since_ms - finding.last_good_ms)) +
        " before)";
  }
  text += finding.until_ms == 0 ? ", still going on" : ", until " + iso_of(finding.until_ms);
  return text;
}

/// What, where and since when, the next check.
std::string three_lines(const Finding& finding, const Ink& ink) {
  const bool is_well = finding.verdict == Verdict::healthy;
  std::string out = ink(Tone::bold, "WHAT   ") +
                    ink(is_well ? Tone::good : Tone::bad, std::string(to_string(finding.verdict)));
  out += ": " + finding.summary + "\n";
  std::string where = finding.hop;
  if (finding.since_ms != 0) where += (where.empty() ? "" : ", ") + since_text(finding);
  if (const auto extent = extent_text(finding.extent); !extent.empty()) where += "; " + extent;
  out += block("WHERE", where.empty() ? "nowhere" : where, ink);
  const std::string check = finding.candidates.empty() ? "" : finding.candidates.front().check;
  return out + block("CHECK", check.empty() ? "nothing" : check, ink);
}

std::string candidates_text(const Finding& finding) {
  if (finding.candidates.size() < 2) return "";
  std::string out = "\ncannot be told apart from here; what would tell\n";
  for (const auto& candidate : finding.candidates) {
    std::string name(to_string(candidate.verdict));
    if (!candidate.cause.empty()) name += ", " + candidate.cause;
    out += item(fmt::format("{:3}", candidate.score), name + ": " + candidate.check);
  }
  return out;
}

std::string rejected_text(const Finding& finding, const Ink& ink) {
  if (finding.rejected.empty()) return "";
  std::string out = "\n" + ink(Tone::bold, "what it is not, and why") + "\n";
  for (const auto& rejection : finding.rejected) {
    out += item("x", std::string(to_string(rejection.verdict)) + ": " + rejection.why);
    for (const auto& citation : rejection.evidence) {
      out += "      " + ink(Tone::dim, where_of(citation)) + "\n";
    }
  }
  return out;
}

std::string further_text(const Diagnosis& diagnosis) {
  if (diagnosis.findings.size() < 2) return "";
  std::string out = "\nfurther findings\n";
  for (std::size_t i = 1; i < diagnosis.findings.size(); ++i) {
    const Finding& finding = diagnosis.findings[i];
    std::string text = std::string(to_string(finding.verdict)) + " at " + finding.hop + ", " +
                       since_text(finding) + ": " + finding.summary;
    if (!finding.consequence_of.empty()) {
      text += " (a consequence of " + finding.consequence_of + ")";
    }
    out += item("+", text);
  }
  return out;
}

std::string reading_text(const Diagnosis& diagnosis) {
  std::string out =
      fmt::format("\nread {} log lines from {} to {}\n", writers::grouped(diagnosis.lines),
                  iso_of(diagnosis.first_ms), iso_of(diagnosis.last_ms));
  if (diagnosis.unreadable > 0) {
    out += fmt::format("{} lines could not be read\n", writers::grouped(diagnosis.unreadable));
  }
  if (diagnosis.sampled_one_in > 1) {
    out += fmt::format("one request in {} was followed\n", diagnosis.sampled_one_in);
  }
  for (const auto& what : diagnosis.missing) out += "not there: " + what + "\n";
  return out;
}

}  // namespace

std::string diagnosis_text(const Diagnosis& diagnosis, const Ink& ink) {
  const Finding& main = diagnosis.main();
  std::string out = three_lines(main, ink);
  out += ladder_picture(diagnosis, main, ink);
  out += candidates_text(main);
  if (!main.evidence.empty()) {
    out += "\n" + ink(Tone::bold, "evidence") + "\n" + citations(main.evidence, ink);
  }
  for (const auto& note : main.notes) out += item("-", note);
  out += rejected_text(main, ink);
  out += further_text(diagnosis);
  return out + reading_text(diagnosis);
}

}  // namespace hoplab::report::diagnosis
