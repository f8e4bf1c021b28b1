#include "report/writers/terminal.hpp"

#include <fmt/format.h>

namespace hoplab::report::writers {
namespace {

/// "experiment stopped at 2m1s by alarm 'b-slow': Experiment halted by stop condition."
std::string experiment_line(const RunReport& report, const Ink& ink) {
  if (!report.experiment) return "";
  const ExperimentFigures& it = *report.experiment;
  const bool is_stopped = !it.alarm.empty();
  std::string text = "experiment " + it.status;
  if (it.status != "pending") {
    text += (it.status == "running" ? " since " : " at ") + sim::format(it.since);
  }
  if (is_stopped) text += fmt::format(" by alarm '{}'", it.alarm);
  text += ": " + it.reason;
  std::string out;
  for (const std::string& line : wrapped(text, page_width)) {
    out += ink(is_stopped ? Tone::bad : Tone::plain, line) + "\n";
  }
  return out;
}

std::string heading(const RunReport& report, const Ink& ink) {
  std::string out = ink(Tone::bold, report.scenario_name);
  out += fmt::format("  {}, seed {}, {}, {}\n", sim::format(report.duration), report.seed,
                     counted(report.services, "service"), counted(report.faults, "fault"));
  const LoadTotals& totals = report.requests;
  out += fmt::format("{}: {} answered, {} failed", counted(totals.issued, "request"),
                     grouped(totals.answered), grouped(totals.failed));
  if (totals.gave_up > 0) out += fmt::format(" ({} gave up waiting)", grouped(totals.gave_up));
  if (totals.in_flight > 0) out += fmt::format(", {} still in flight", grouped(totals.in_flight));
  return out + "\n" + experiment_line(report, ink);
}

/// "3 of 4 held, 1 skipped": what was skipped is neither held nor failed.
std::string counts_of(const std::vector<expectations::Result>& results) {
  std::size_t held = 0;
  std::size_t skipped = 0;
  for (const auto& result : results) {
    if (result.held) ++held;
    if (!result.skipped.empty()) ++skipped;
  }
  std::string text = fmt::format("{} of {} held", held, results.size() - skipped);
  if (skipped > 0) text += fmt::format(", {} skipped", skipped);
  return text;
}

std::string mark_of(const expectations::Result& result, const Ink& ink) {
  if (!result.skipped.empty()) return ink(Tone::dim, "-");
  return result.held ? ink(Tone::good, "\u2713") : ink(Tone::bad, "\u2717");
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(std::uint64_t number, const std::string& noun) {
  return grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string expectation_list(const RunReport& report, const Ink& ink) {
  if (report.results.empty()) return "";
  std::string out = ink(Tone::bold, "expectations") + "  " + counts_of(report.results) + "\n";
  for (const auto& result : report.results) {
    out += fmt::format(
        "  {} {}  {}\n", mark_of(result, ink), result.name,
        ink(Tone::dim, fmt::format("[{}]  {}:{}", result.window, result.file, result.line)));
    if (!result.skipped.empty()) {
      out += "      " + ink(Tone::dim, "skipped: " + result.skipped) + "\n";
      continue;
    }
    for (const auto& check : result.checks) {
      const std::string measured = "measured " + check.measured;
      const std::string text = fmt::format("{} {}", check.what, check.expected);
      const auto lines = wrapped(pad_right(text, 48) + "  " + measured, page_width - 6);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        out += (i == 0 ? "      " : "        ") +
               ink(check.held ? Tone::plain : Tone::bad, lines[i]) + "\n";
      }
    }
    if (!result.held) out += "      again: " + replay_line(report) + "\n";
  }
  return out;
}

std::string terminal_report(const RunReport& report, const Ink& ink) {
  std::string out = heading(report, ink);
  for (const std::string& part :
       {hop_tables(report, ink), party_tables(report, ink), expectation_list(report, ink)}) {
    if (!part.empty()) out += "\n" + part;
  }
  if (!report.recording.empty()) out += "\nrecording  " + report.recording + "\n";
  return out;
}

}  // namespace hoplab::report::writers
