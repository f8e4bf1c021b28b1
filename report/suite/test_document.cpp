// "hoplab.test/1": a suite's report for programs.
#include <fmt/format.h>

#include "report/recording/json_text.hpp"
#include "report/suite/writers.hpp"
#include "report/writers/run_report.hpp"

namespace hoplab::report::suite {
namespace {

using recording::json_string;

std::string seeds_json(const std::vector<Seed>& seeds) {
  std::string out = "[";
  for (const Seed seed : seeds) out += fmt::format("{}{}", out.size() > 1 ? "," : "", seed);
  return out + "]";
}

std::string checks_json(const expectations::Result& result) {
  std::string out = "[";
  for (const auto& check : result.checks) {
    out += fmt::format("{}{{\"what\":{},\"expected\":{},\"measured\":{},\"held\":{}}}",
                       out.size() > 1 ? "," : "", json_string(check.what),
                       json_string(check.expected), json_string(check.measured), check.held);
  }
  return out + "]";
}

std::string case_json(const FileReport& file, const Case& item) {
  std::string out = fmt::format(
      "{{\"name\":{},\"line\":{},\"column\":{},\"runs\":{},\"held\":{},\"failedSeeds\":{}",
      json_string(item.name), item.line, item.column, item.runs, item.held(),
      seeds_json(item.failed));
  if (item.shown) {
    out += fmt::format(",\"window\":{},\"checks\":{}", json_string(item.shown->window),
                       checks_json(*item.shown));
  }
  if (!item.skipped.empty()) out += ",\"skipped\":" + json_string(item.skipped);
  if (item.failed_once()) out += ",\"replay\":" + json_string(replay_of(file, item));
  return out + "}";
}

const char* to_string(sim::Severity severity) {
  return severity == sim::Severity::error ? "error" : "warning";
}

std::string diagnostic_json(const sim::Diagnostic& it) {
  return fmt::format(
      "{{\"file\":{},\"line\":{},\"column\":{},\"severity\":\"{}\",\"code\":{},\"message\":{},"
      "\"hint\":{}}}",
      json_string(it.mark.file), it.mark.line, it.mark.column, to_string(it.severity),
      json_string(it.code), json_string(it.message), json_string(it.hint));
}

std::string trouble_json(const FileReport& file, const Trouble& trouble) {
  std::string out =
      fmt::format("{{\"outcome\":\"{}\",\"message\":{},\"output\":{}", to_string(trouble.verdict),
                  json_string(trouble.message), json_string(trouble.output));
  if (trouble.seed) {
    out += fmt::format(",\"seed\":{},\"replay\":{}", *trouble.seed,
                       json_string(writers::replay_line(file.file, *trouble.seed)));
  }
  return out + "}";
}

/// "[" and the items, each on a line of its own, and "]".
template <typename Items, typename Write>
std::string list_json(const Items& items, const Write& write) {
  std::string out = "[";
  const char* separator = "\n  ";
  for (const auto& item : items) {
    out += separator + write(item);
    separator = ",\n  ";
  }
  return out + "]";
}

std::string file_json(const FileReport& file) {
  std::string out = fmt::format("{{\"file\":{},\"scenario\":{},\"outcome\":\"{}\",\"seeds\":{},\n ",
                                json_string(file.file), json_string(file.name),
                                to_string(file.verdict), seeds_json(file.seeds));
  out += "\"expectations\":" +
         list_json(file.cases, [&](const Case& item) { return case_json(file, item); });
  out += ",\n \"diagnostics\":" + list_json(file.diagnostics, diagnostic_json);
  out += ",\n \"troubles\":" + list_json(file.troubles, [&](const Trouble& trouble) {
           return trouble_json(file, trouble);
         });
  return out + "}";
}

}  // namespace

std::string test_document(const SuiteReport& report, int exit_code) {
  const Totals totals = totals_of(report);
  std::string out = fmt::format(
      "{{\n\"schema\":\"hoplab.test/1\",\n\"exitCode\":{},\n\"version\":{},\n"
      "\"totals\":{{\"files\":{},\"passed\":{},\"failed\":{},\"errors\":{},\"skipped\":{},"
      "\"expectations\":{},\"held\":{}}},\n\"files\":[",
      exit_code, json_string(report.version), report.files.size(), totals.passed, totals.failed,
      totals.errors, totals.skipped, totals.cases, totals.cases_held);
  const char* separator = "\n";
  for (const auto& file : report.files) {
    out += separator + file_json(file);
    separator = ",\n";
  }
  return out + "\n]\n}\n";
}

}  // namespace hoplab::report::suite
