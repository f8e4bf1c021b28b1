#include "report/writers/result_document.hpp"

#include <fmt/format.h>

#include "report/recording/json_text.hpp"
#include "report/writers/json_parts.hpp"

namespace hoplab::report::writers {
namespace {

using recording::json_string;

/// {"count","minNs","meanNs","p50Ns","p95Ns","p99Ns","maxNs"}; only the count when it is 0.
std::string samples_json(const sim::Histogram& samples) {
  if (samples.empty()) return "{\"count\":0}";
  const auto quantile = [&samples](double p) { return samples.quantile(sim::Ratio(p)).count(); };
  return fmt::format(
      "{{\"count\":{},\"minNs\":{},\"meanNs\":{},\"p50Ns\":{},\"p95Ns\":{},\"p99Ns\":{},"
      "\"maxNs\":{}}}",
      samples.count(), samples.min().count(), samples.mean().count(), quantile(0.5), quantile(0.95),
      quantile(0.99), samples.max().count());
}

std::string hop_json(const RunReport& report, const std::string& hop) {
  std::string out = fmt::format("{{\"hop\":{},\"windows\":[", json_string(hop));
  for (std::size_t i = 0; i < report.windows.size(); ++i) {
    const auto figures = report.book.hop(hop, report.windows[i].window);
    out += fmt::format("{}{{\"window\":{},\"crossed\":{},\"failed\":{}}}", i == 0 ? "" : ",", i,
                       samples_json(figures.crossed), samples_json(figures.failed));
  }
  return out + "]}";
}

std::string chains_json(const RunReport& report) {
  std::string out = "[";
  const char* separator = "\n";
  for (const auto& chain : report.book.chains()) {
    out += fmt::format("{}{{\"name\":{},\"hops\":[", separator, json_string(chain.name));
    for (std::size_t i = 0; i < chain.hops.size(); ++i) {
      out += (i == 0 ? "\n  " : ",\n  ") + hop_json(report, chain.hops[i]);
    }
    out += "]}";
    separator = ",\n";
  }
  return out + "]";
}

std::string request_figures_json(const recording::RequestFigures& figures) {
  std::string out = fmt::format("\"failed\":{},\"statuses\":{{", figures.failed);
  const char* separator = "";
  for (const auto& [status, count] : figures.statuses) {
    out += fmt::format("{}\"{}\":{}", separator, status, count);
    separator = ",";
  }
  return out + "},\"duration\":" + samples_json(figures.all);
}

/// `whole` covers the whole run, then one entry per shown window.
std::string series_json(const RunReport& report) {
  std::string out = "[";
  const char* separator = "\n";
  for (const auto& name : report.book.series_names()) {
    out += fmt::format("{}{{\"series\":{},\"whole\":{{{}}},\"windows\":[", separator,
                       json_string(name),
                       request_figures_json(report.book.requests(name, recording::whole_run)));
    for (std::size_t i = 0; i < report.windows.size(); ++i) {
      const auto figures = report.book.requests(name, report.windows[i].window);
      out += fmt::format("{}{{\"window\":{},{}}}", i == 0 ? "" : ",", i,
                         request_figures_json(figures));
    }
    out += "]}";
    separator = ",\n";
  }
  return out + "]";
}

/// expectations.json's own results, each with the line that runs it again where it failed.
std::string expectations_json(const RunReport& report) {
  std::string out = "[";
  const char* separator = "\n";
  for (const auto& result : report.results) {
    out += fmt::format(
        "{}{{\"name\":{},\"held\":{},\"window\":{},\"file\":{},\"line\":{},"
        "\"checks\":[",
        separator, json_string(result.name), result.held, json_string(result.window),
        json_string(result.file), result.line);
    const char* between = "";
    for (const auto& check : result.checks) {
      out += fmt::format("{}{{\"what\":{},\"expected\":{},\"measured\":{},\"held\":{}}}", between,
                         json_string(check.what), json_string(check.expected),
                         json_string(check.measured), check.held);
      between = ",";
    }
    out += ']';
    if (!result.skipped.empty()) {
      out += ",\"skipped\":" + json_string(result.skipped);
    } else if (!result.held) {
      out += ",\"replay\":" + json_string(replay_line(report));
    }
    out += '}';
    separator = ",\n";
  }
  return out + "]";
}

}  // namespace

std::string result_document(const RunReport& report, int exit_code) {
  std::string out = fmt::format(
      "{{\n\"schema\":\"hoplab.result/1\",\n\"exitCode\":{},\n\"scenario\":{},\n\"seed\":{},\n",
      exit_code, scenario_json(report), report.seed);
  out += fmt::format("\"version\":{},\n\"simulated\":{},\n\"events\":{},\n\"requests\":{},\n",
                     json_string(report.version), simulated_json(report), report.events,
                     requests_json(report));
  out += experiment_member(report);
  out += "\"windows\":" + windows_json(report) + ",\n\"chains\":" + chains_json(report);
  out += ",\n\"series\":" + series_json(report) + ",\n\"parties\":" + parties_json(report);
  out += ",\n\"expectations\":" + expectations_json(report);
  out += ",\n\"recording\":";
  out += report.recording.empty() ? "null" : json_string(report.recording);
  if (!report.live_json.empty()) out += ",\n\"live\":" + report.live_json;
  return out + "\n}\n";
}

}  // namespace hoplab::report::writers
