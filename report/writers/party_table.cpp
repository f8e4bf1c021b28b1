// What each party saw: one table per window, a row per party.
#include <algorithm>

#include <fmt/format.h>

#include "report/writers/terminal.hpp"

namespace hoplab::report::writers {
namespace {

constexpr std::size_t lines_width = 9;
constexpr std::size_t time_width = 9;

std::string time_text(const std::optional<Duration>& span) {
  return span ? sim::format_rounded(*span) : "-";
}

/// "200 x 1,200, 503 x 4; UF,URX x 4".
std::string codes_and_notes(const PartyFigures& figures) {
  std::string codes;
  for (const auto& [code, count] : figures.codes) {
    codes += fmt::format("{}{} x {}", codes.empty() ? "" : ", ", code, grouped(count));
  }
  std::string notes;
  for (const auto& [note, count] : figures.notes) {
    notes += fmt::format("{}{} x {}", notes.empty() ? "" : "; ", note, grouped(count));
  }
  return codes + (codes.empty() || notes.empty() ? "" : "; ") + notes;
}

std::string party_row(const std::string& name, const PartyFigures& figures, std::size_t name_width,
                      const Ink& ink) {
  const std::string head = pad_right("  " + name, name_width) +
                           pad_left(grouped(figures.lines), lines_width) +
                           pad_left(time_text(figures.p50), time_width) +
                           pad_left(time_text(figures.p99), time_width) + "  ";
  const std::size_t indent = display_width(head);
  const std::size_t room = indent + 24 < page_width ? page_width - indent : 24;
  std::string out = figures.lines == 0 ? ink(Tone::dim, head) : head;
  const auto lines = wrapped(codes_and_notes(figures), room);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += (i == 0 ? "" : std::string(indent, ' ')) + lines[i] + "\n";
  }
  while (out.size() > 1 && out[out.size() - 2] == ' ') out.erase(out.size() - 2, 1);
  return out;
}

}  // namespace

std::string party_tables(const RunReport& report, const Ink& ink) {
  if (report.parties.empty()) return "";
  std::size_t name_width = 0;
  for (const auto& row : report.parties) {
    name_width = std::max(name_width, display_width(row.name) + 3);
  }
  std::string out = ink(Tone::bold, "who saw what") + "\n";
  for (std::size_t i = 0; i < report.windows.size(); ++i) {
    const auto& [kind, name, window] = report.windows[i];
    const std::string title = name + ", " + recording::span_text(window);
    if (i > 0) out += '\n';
    out += ink(Tone::dim, "  " + title) + "\n";
    out += ink(Tone::dim, pad_right("  party", name_width) + pad_left("lines", lines_width) +
                              pad_left("p50", time_width) + pad_left("p99", time_width) +
                              "  codes; flags and notes") +
           "\n";
    for (const auto& row : report.parties) {
      out += party_row(row.name, row.by_window[i], name_width, ink);
    }
  }
  return out;
}

}  // namespace hoplab::report::writers
