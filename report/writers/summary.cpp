// summary.json, and a report out of a recording.
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"
#include "report/recording/manifest.hpp"
#include "report/recording/run_directory.hpp"
#include "report/writers/json_parts.hpp"
#include "report/writers/run_report.hpp"

namespace hoplab::report::writers {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;
using recording::BadRecording;
using recording::json_string;

constexpr std::string_view schema = "hoplab.summary/1";

std::optional<Duration> read_duration(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return Duration(found->get<std::int64_t>());
}

PartyFigures read_figures(const json& object) {
  PartyFigures figures;
  figures.lines = object.at("lines");
  for (const auto& [code, count] : object.at("codes").items()) {
    figures.codes[std::stoi(code)] = count;
  }
  for (const auto& [note, count] : object.at("notes").items()) figures.notes[note] = count;
  figures.p50 = read_duration(object, "p50Ns");
  figures.p99 = read_duration(object, "p99Ns");
  return figures;
}

void read_windows_and_parties(const json& summary, RunReport& report) {
  using Kind = recording::NamedWindow::Kind;
  for (const auto& entry : summary.at("windows")) {
    report.windows.push_back({entry.at("kind") == "steady" ? Kind::steady : Kind::fault,
                              entry.at("name"),
                              {read_duration(entry, "fromNs").value_or(Duration::zero()),
                               read_duration(entry, "toNs").value_or(recording::open_end)}});
  }
  for (const auto& entry : summary.at("parties")) {
    PartyRow row{entry.at("party"), {}};
    row.by_window.resize(report.windows.size());
    for (const auto& figures : entry.at("windows")) {
      row.by_window.at(figures.at("window").get<std::size_t>()) = read_figures(figures);
    }
    report.parties.push_back(std::move(row));
  }
}

RunReport report_from_summary(std::string_view text) {
  RunReport report;
  const json summary = json::parse(text);
  if (summary.at("schema") != schema) throw BadRecording("summary.json: not hoplab.summary/1");
  const json& scenario = summary.at("scenario");
  report.scenario_name = scenario.at("name");
  report.description = scenario.at("description");
  report.scenario_file = scenario.at("file");
  report.digest = scenario.at("digest");
  report.services = scenario.at("services");
  report.faults = scenario.at("faults");
  report.duration = Duration(scenario.at("durationNs").get<std::int64_t>());
  report.seed = summary.at("seed");
  report.version = summary.at("version");
  report.simulated_from = summary.at("simulated").at("from");
  report.simulated_to = summary.at("simulated").at("to");
  report.events = summary.at("events");
  const json& requests = summary.at("requests");
  report.requests = {requests.at("issued"), requests.at("answered"), requests.at("failed"),
                     requests.at("inFlight"), requests.at("gaveUp")};
  if (const auto it = summary.find("experiment"); it != summary.end()) {
    const json& alarm = it->at("alarm");
    report.experiment = {it->at("status"), it->at("reason"),
                         Duration(it->at("sinceNs").get<std::int64_t>()),
                         alarm.is_null() ? "" : alarm.get<std::string>()};
  }
  read_windows_and_parties(summary, report);
  return report;
}

/// A file of the recording with the bytes that its manifest vouches for.
std::string checked_file(const std::string& directory, const recording::Manifest& manifest,
                         std::string_view name) {
  std::string text = recording::read_file(fs::path(directory) / name);
  for (const auto& file : manifest.files) {
    if (file.path == name && file.digest == recording::digest_of(text)) return text;
  }
  throw BadRecording(
      fmt::format("damaged recording: {}/{} is not what the run wrote", directory, name));
}

}  // namespace

recording::Manifest read_finished_manifest(const std::string& directory) {
  std::error_code error;
  const bool is_there = fs::exists(directory, error);
  const fs::path partial = recording::partial_path(directory);
  if (!is_there && fs::exists(partial / recording::unfinished_name, error)) {
    throw BadRecording(
        fmt::format("unfinished run: {} was left by a run that did not end", partial.string()));
  }
  if (!is_there) throw recording::FileTrouble("cannot read " + directory + ": no such directory");
  if (fs::exists(fs::path(directory) / recording::unfinished_name, error)) {
    throw BadRecording("unfinished run: " + directory + " was left by a run that did not end");
  }
  if (auto manifest = recording::read_manifest(directory)) return *std::move(manifest);
  throw BadRecording("unfinished run, or no recording: " + directory + " has no MANIFEST.json of " +
                     std::string(recording::manifest_schema));
}

std::string summary_json(const RunReport& report) {
  std::string out =
      fmt::format("{{\n\"schema\":\"{}\",\n\"scenario\":{},\n\"seed\":{},\n\"version\":{},\n",
                  schema, scenario_json(report), report.seed, json_string(report.version));
  out += fmt::format("\"simulated\":{},\n\"events\":{},\n\"requests\":{},\n",
                     simulated_json(report), report.events, requests_json(report));
  out += experiment_member(report);
  out += "\"windows\":" + windows_json(report) + ",\n\"parties\":" + parties_json(report);
  return out + "\n}\n";
}

RunReport read_report(const std::string& directory) {
  const auto manifest = read_finished_manifest(directory);
  try {
    RunReport report = report_from_summary(checked_file(directory, manifest, "summary.json"));
    report.book = recording::HopBook::from_json(checked_file(directory, manifest, "hops.json"));
    report.results =
        expectations::results_from_json(checked_file(directory, manifest, "expectations.json"));
    report.recording = directory;
    report.replay_file =
        (fs::path(directory) / "truth/sources" / report.scenario_file).lexically_normal().string();
    return report;
  } catch (const json::exception& error) {
    throw BadRecording(std::string("summary.json: ") + error.what());
  }
}

}  // namespace hoplab::report::writers
