#include "report/writers/json_parts.hpp"

#include <fmt/format.h>

#include "report/recording/json_text.hpp"

namespace hoplab::report::writers {
namespace {

using recording::json_string;

std::string nanoseconds_or_null(const std::optional<Duration>& span) {
  return span ? fmt::format("{}", span->count()) : "null";
}

std::string figures_json(std::size_t window, const PartyFigures& figures) {
  std::string out = fmt::format("{{\"window\":{},\"lines\":{},\"codes\":{{", window, figures.lines);
  const char* separator = "";
  for (const auto& [code, count] : figures.codes) {
    out += fmt::format("{}\"{}\":{}", separator, code, count);
    separator = ",";
  }
  out += "},\"notes\":{";
  separator = "";
  for (const auto& [note, count] : figures.notes) {
    out += fmt::format("{}{}:{}", separator, json_string(note), count);
    separator = ",";
  }
  return out + fmt::format("}},\"p50Ns\":{},\"p99Ns\":{}}}", nanoseconds_or_null(figures.p50),
                           nanoseconds_or_null(figures.p99));
}

}  // namespace

std::string scenario_json(const RunReport& report) {
  return fmt::format(
      "{{\"name\":{},\"description\":{},\"file\":{},\"digest\":{},\"durationNs\":{},"
      "\"services\":{},\"faults\":{}}}",
      json_string(report.scenario_name), json_string(report.description),
      json_string(report.scenario_file), json_string(report.digest), report.duration.count(),
      report.services, report.faults);
}

std::string simulated_json(const RunReport& report) {
  return fmt::format("{{\"from\":\"{}\",\"to\":\"{}\"}}", report.simulated_from,
                     report.simulated_to);
}

std::string requests_json(const RunReport& report) {
  const LoadTotals& totals = report.requests;
  return fmt::format(
      "{{\"issued\":{},\"answered\":{},\"failed\":{},\"inFlight\":{},\"gaveUp\":{}}}",
      totals.issued, totals.answered, totals.failed, totals.in_flight, totals.gave_up);
}

std::string experiment_member(const RunReport& report) {
  if (!report.experiment) return "";
  const ExperimentFigures& it = *report.experiment;
  return fmt::format(
      "\"experiment\":{{\"status\":{},\"reason\":{},\"sinceNs\":{},\"alarm\":{}}},\n",
      json_string(it.status), json_string(it.reason), it.since.count(),
      it.alarm.empty() ? "null" : json_string(it.alarm));
}

std::string windows_json(const RunReport& report) {
  std::string out = "[";
  for (const auto& [kind, name, window] : report.windows) {
    if (out.size() > 1) out += ',';
    const std::string end =
        window.to == recording::open_end ? "null" : fmt::format("{}", window.to.count());
    out += fmt::format("{{\"kind\":\"{}\",\"name\":{},\"fromNs\":{},\"toNs\":{}}}",
                       recording::to_string(kind), json_string(name), window.from.count(), end);
  }
  return out + "]";
}

std::string parties_json(const RunReport& report) {
  std::string out = "[";
  const char* separator = "\n";
  for (const auto& row : report.parties) {
    out += fmt::format("{}{{\"party\":{},\"windows\":[", separator, json_string(row.name));
    for (std::size_t i = 0; i < row.by_window.size(); ++i) {
      if (i > 0) out += ',';
      out += figures_json(i, row.by_window[i]);
    }
    out += "]}";
    separator = ",\n";
  }
  return out + "]";
}

}  // namespace hoplab::report::writers
