#include <fmt/format.h>

#include <algorithm>

#include "report/diagnosis/diagnosis_text.hpp"

namespace hoplab::report::diagnosis {
namespace {

using writers::Ink;
using writers::Tone;

std::string time_text(const HopEstimate& hop) {
  return fmt::format("{}.{:03} ms{}", hop.median_us / 1000, hop.median_us % 1000,
                     hop.is_halved ? " (half)" : "");
}

std::string time_of(const LadderEstimate* ladder, const std::string& name) {
  if (ladder == nullptr) return "";
  const auto hop = std::find_if(ladder->hops.begin(), ladder->hops.end(),
                                [&](const HopEstimate& it) { return it.hop == name; });
  return hop == ladder->hops.end() ? "" : time_text(*hop);
}

/// One rung: a box for each party, an arrow between, the usual time there, and the mark of trouble.
class Picture {
 public:
  Picture(const LadderEstimate* ladder, const Finding& finding, const Ink& ink)
      : ladder_(ladder), finding_(finding), ink_(ink) {}

  void party(const std::string& name) {
    const bool is_bad = finding_.hop == name;
    const std::string usual = time_of(ladder_, name);
    const std::string text = name + (usual.empty() ? "" : "  " + usual);
    std::string line = "  \u2502 " + writers::pad_right(text, width) + " \u2502";
    if (is_bad) line += "  <== " + std::string(to_string(finding_.verdict));
    out_ += edge("\u250c", "\u2510") + (is_bad ? ink_(Tone::bad, line) : line) + "\n" +
            edge("\u2514", "\u2518");
  }

  void way(const std::string& from, const std::string& to) {
    const std::string there = from + "->" + to;
    const bool is_bad = finding_.hop == there;
    std::string line = fmt::format("       \u2502 \u25b2   {}", time_of(ladder_, there));
    if (is_bad)
      line = "       \u2573     " + std::string("<== ") + std::string(to_string(finding_.verdict));
    out_ += (is_bad ? ink_(Tone::bad, line) : line) + "\n";
  }

  [[nodiscard]] std::string text() const { return out_; }

 private:
  static constexpr std::size_t width = 34;

  static std::string edge(const std::string& left, const std::string& right) {
    std::string out = "  " + left;
    for (std::size_t i = 0; i < width + 2; ++i) out += "\u2500";
    return out + right + "\n";
  }

  const LadderEstimate* ladder_;
  const Finding& finding_;
  const Ink& ink_;
  std::string out_;
};

/// The edge that the finding is about: of its worst caller, or of the callee's only one.
const LadderEstimate* ladder_of(const Diagnosis& diagnosis, const Finding& finding) {
  const std::string& callee = finding.extent.callee;
  for (const auto& caller : finding.extent.callers) {
    for (const auto& ladder : diagnosis.ladders) {
      if (ladder.edge == caller + " -> " + callee) return &ladder;
    }
  }
  for (const auto& ladder : diagnosis.ladders) {
    if (ladder.edge.ends_with("-> " + callee)) return &ladder;
  }
  return nullptr;
}

}  // namespace

std::string ladder_picture(const Diagnosis& diagnosis, const Finding& finding, const Ink& ink) {
  const std::string& callee = finding.extent.callee;
  if (callee.empty()) return "";
  Picture picture(ladder_of(diagnosis, finding), finding, ink);
  if (finding.hop.ends_with("->" + callee + ".app") && !finding.extent.callers.empty() &&
      finding.hop == finding.extent.callers.front() + ".app->" + callee + ".app") {
    // No Envoy stands between them.
    picture.party(finding.extent.callers.front() + ".app");
    picture.way(finding.extent.callers.front() + ".app", callee + ".app");
    picture.party(callee + ".app");
    return "\nthe way of a request, with its usual times\n" + picture.text();
  }
  if (!finding.extent.callers.empty() && finding.extent.callers.front() != "?") {
    const std::string& caller = finding.extent.callers.front();
    picture.party(caller + ".app");
    picture.way(caller + ".app", caller + ".envoy");
    picture.party(caller + ".envoy");
    picture.way(caller + ".envoy", callee + ".envoy");
  }
  picture.party(callee + ".envoy");
  picture.way(callee + ".envoy", callee + ".app");
  picture.party(callee + ".app");
  return "\nthe way of a request, with its usual times\n" + picture.text();
}

}  // namespace hoplab::report::diagnosis
