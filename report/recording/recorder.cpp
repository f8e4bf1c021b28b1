#include "report/recording/recorder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "models/cloudwatch/scenario_history.hpp"
#include "report/recording/json_text.hpp"
#include "report/recording/path_names.hpp"

namespace hoplab::report::recording {
namespace tm = models::telemetry;

std::string recorded_file_name(const std::string& file) {
  return std::filesystem::path(file).filename().string();
}

Recorder::Recorder(const scenarios::Scenario& scenario, const Options& options)
    : scenario_(scenario),
      version_(options.version),
      recorded_(options.recorded.value_or(scenario.telemetry_sources)),
      wire_(options.wire),
      book_(segments_for(scenario)) {
  if (options.directory && scenario.telemetry) {
    place_ = std::make_unique<RunDirectory>(*options.directory);
  }
  if (place_) lane_files_ = std::make_unique<OutputFiles>(place_->partial());
  log_writer_ = std::make_unique<LogWriter>(lane_files_.get(), options.listener);
  statsd_writer_ = std::make_unique<StatsdWriter>(lane_files_.get());
  segment_writer_ = std::make_unique<LineWriter>(lane_files_.get());
  lane_ = std::make_unique<RecordLane>(
      RecordLane::Writers{*log_writer_, *statsd_writer_, *segment_writer_},
      options.has_second_core && scenario.telemetry);
  if (!place_) return;
  files_ = std::make_unique<OutputFiles>(place_->partial());
  open_files();
  write_sources();
  write_metric_histories();
}

// Files that are there whether there is anything to tell or not.
void Recorder::open_files() {
  using scenarios::TelemetrySource;
  const std::pair<TelemetrySource, const char*> files[] = {
      {TelemetrySource::cloudwatch, "cloudwatch/metrics.jsonl"},
      {TelemetrySource::ecs, "ecs/events.jsonl"},
      {TelemetrySource::ecs, "ecs/tasks.jsonl"}};
  for (const auto& [source, path] : files) {
    if (recorded_.has(source)) file_named(path);
  }
  if (recorded_.has(TelemetrySource::xray)) lane_->open_lines("xray/segments.jsonl");
  file_named("truth/faults.jsonl");
  if (!recorded_.has(TelemetrySource::otlp)) return;
  otlp_files_ = {file_named("otlp/traces.jsonl"), file_named("otlp/metrics.jsonl"),
                 file_named("otlp/logs.jsonl")};
}

Recorder::~Recorder() = default;

const std::filesystem::path& Recorder::final_path() const { return place_->final_path(); }
const std::filesystem::path& Recorder::partial_path() const { return place_->partial(); }

tm::LogStreamId Recorder::open_log_stream(std::string_view group, std::string_view stream) {
  const auto next = static_cast<std::uint32_t>(stream_index_.size());
  const auto [known, is_new] =
      stream_index_.try_emplace({std::string(group), std::string(stream)}, next);
  if (is_new) lane_->open_stream(group, stream);
  return {known->second};
}

void Recorder::log(tm::LogStreamId id, const tm::LogEvent& event) { lane_->log(id.index, event); }

tm::FireLensId Recorder::declare_firelens(std::string_view members) {
  lane_->add_firelens(members);
  return {firelens_count_++};
}

void Recorder::ecs_event(std::string_view json) { append_line("ecs/events.jsonl", json); }

void Recorder::ecs_task(WallTime at, std::string_view json) {
  lane_->task(at, json);
  if (files_) append_document(file_named("ecs/tasks.jsonl"), at, json);
}

void Recorder::ecs_service(WallTime at, std::string_view json) {
  if (files_) append_document(file_named("ecs/services.jsonl"), at, json);
}

void Recorder::ecs_container_instance(WallTime at, std::string_view json) {
  if (files_) append_document(file_named("ecs/container-instances.jsonl"), at, json);
}

void Recorder::task_stats(std::string_view task_id, WallTime at, std::string_view json) {
  if (!files_) return;
  append_document(file_named("ecs/metadata-stats/" + escaped_name(task_id) + ".jsonl"), at, json);
}

void Recorder::config(WallTime at, std::string_view kind, std::string_view json) {
  if (files_) append_document(file_named("config/" + escaped_name(kind) + ".jsonl"), at, json);
}

void Recorder::xray_segment(std::string_view json) {
  if (wire_ != nullptr) wire_->segment(json);
  if (!files_ || !recorded_.has(scenarios::TelemetrySource::xray)) return;
  lane_->line(0, json);
}

tm::StatsdId Recorder::open_statsd(std::string_view task_id) {
  if (!records_statsd()) return {};
  lane_->open_statsd("statsd/" + escaped_name(task_id) + ".log");
  return {statsd_count_++};
}

void Recorder::statsd(tm::StatsdId task, WallTime at, std::string_view datagram) {
  if (wire_ != nullptr) wire_->statsd(datagram);
  if (records_statsd()) lane_->datagram(task.index, sim::epoch_milliseconds(at), datagram);
}

tm::StatsdSeriesId Recorder::declare_statsd_series(tm::StatsdId task, std::string_view head,
                                                   std::string_view tail) {
  if (wire_ != nullptr) statsd_series_.push_back({std::string(head), std::string(tail)});
  if (records_statsd()) lane_->add_series(task.index, head, tail);
  return {statsd_series_count_++};
}

void Recorder::statsd_value(tm::StatsdSeriesId id, WallTime at, std::uint64_t value) {
  if (wire_ != nullptr) {
    const StatsdSeries& series = statsd_series_[id.index];
    wire_->statsd(fmt::format("{}{}{}", series.head, value, series.tail));
  }
  if (records_statsd()) lane_->value(id.index, at, value);
}

bool Recorder::records_statsd() const {
  return files_ != nullptr && recorded_.has(scenarios::TelemetrySource::statsd);
}

void Recorder::envoy_page(std::string_view task_id, std::string_view name, std::string_view text) {
  if (!files_) return;
  const std::string path = "envoy/" + escaped_name(task_id) + "/" + std::string(name);
  files_->append(file_named(path), text);
}

void Recorder::metric(std::string_view json) { append_line("cloudwatch/metrics.jsonl", json); }

void Recorder::otlp(tm::OtlpSignal signal, std::string_view json) {
  if (wire_ != nullptr) wire_->otlp(signal, json);
  if (!files_ || !recorded_.has(scenarios::TelemetrySource::otlp)) return;
  const FileId file = otlp_files_[static_cast<std::size_t>(signal)];
  std::string& out = files_->buffer(file);
  out += json;
  out += '\n';
  files_->written(file);
}

void Recorder::flow_log(std::string_view line) { append_line("vpc/flow-logs.log", line); }

tm::HopId Recorder::declare_hop(std::string_view name) {
  return {static_cast<std::uint32_t>(book_.declare_hop(name))};
}

void Recorder::declare_chain(const tm::Chain& chain) {
  ChainOfHops named{chain.name, {}};
  for (const auto hop : chain.hops) named.hops.push_back(book_.hop_name(hop.index));
  book_.declare_chain(std::move(named));
}

void Recorder::hop(tm::HopId hop, SimTime ended, Duration took, bool failed) {
  book_.add_hop(hop.index, ended, took, failed);
}

tm::SeriesId Recorder::declare_series(std::string_view name) {
  return {static_cast<std::uint32_t>(book_.declare_series(name))};
}

void Recorder::request(tm::SeriesId series, SimTime ended, Duration took, int status, bool failed) {
  book_.add_request(series.index, {ended, took, status, failed});
}

void Recorder::fault(SimTime instant, std::string_view name, std::string_view action,
                     std::string_view target, bool begins) {
  if (!files_) return;
  const FileId file = file_named("truth/faults.jsonl");
  const Duration since_start = instant.time_since_epoch();
  files_->append(file, fmt::format("{{\"at\":\"{}\",\"sinceStartNs\":{},\"event\":\"{}\","
                                   "\"name\":{},\"action\":{},\"target\":{}}}\n",
                                   sim::format_iso8601(scenario_.start_time + since_start),
                                   since_start.count(), begins ? "begins" : "ends",
                                   json_string(name), json_string(action), json_string(target)));
}

void Recorder::complete_telemetry() {
  settle();
  if (!files_ || telemetry_is_complete_) return;
  telemetry_is_complete_ = true;
  lane_files_->flush();
  files_->append(file_named("logs/index.json"), log_writer_->index());
  files_->flush();
}

void Recorder::finish(const ClosingDocuments& closing) {
  if (!files_) return;
  complete_telemetry();
  files_->append(file_named("hops.json"), book_.to_json());
  files_->append(file_named("expectations.json"), closing.expectations_json);
  files_->append(file_named("summary.json"), closing.summary_json);
  lane_files_->sync();
  files_->sync();
  auto entries = files_->entries();
  const auto of_lane = lane_files_->entries();
  entries.insert(entries.end(), of_lane.begin(), of_lane.end());
  std::ranges::sort(entries, {}, &FileEntry::path);
  const Duration length = closing.simulated_to.time_since_epoch();
  place_->publish({.scenario_name = scenario_.name,
                   .scenario_digest = scenario_.digest,
                   .seed = scenario_.seed,
                   .version = version_,
                   .simulated_from = sim::format_iso8601(scenario_.start_time),
                   .simulated_to = sim::format_iso8601(scenario_.start_time + length),
                   .files = std::move(entries)});
}

void Recorder::abandon() { complete_telemetry(); }

Recorder::FileId Recorder::file_named(const std::string& path) {
  const auto known = named_files_.find(path);
  if (known != named_files_.end()) return known->second;
  return named_files_.emplace(path, files_->create(path)).first->second;
}

void Recorder::append_line(const std::string& path, std::string_view line) {
  if (!files_) return;
  const FileId file = file_named(path);
  std::string& out = files_->buffer(file);
  out += line;
  out += '\n';
  files_->written(file);
}

void Recorder::append_document(FileId file, WallTime at, std::string_view json) {
  std::string& out = files_->buffer(file);
  out += "{\"at\":\"";
  out += sim::format_iso8601(at);
  out += '"';
  const std::string_view rest = json.substr(1);  // Behind its opening brace.
  if (rest != "}") out += ',';
  out += rest;
  out += '\n';
  files_->written(file);
}

void Recorder::write_metric_histories() {
  if (!recorded_.has(scenarios::TelemetrySource::cloudwatch)) return;
  sim::Diagnostics told_before;
  for (const auto& history : models::cloudwatch::histories_of(scenario_, told_before)) {
    append_line("cloudwatch/history.jsonl", history.to_json());
  }
}

void Recorder::write_sources() {
  std::string index =
      fmt::format("{{\n\"file\":{},\n\"digest\":{},\n\"sources\":[",
                  json_string(recorded_file_name(scenario_.file)), json_string(scenario_.digest));
  const char* separator = "\n";
  for (const auto& [path, bytes] : scenario_.sources) {
    const bool is_scenario = path == scenario_.file;
    const std::string shown = is_scenario ? recorded_file_name(path) : path;
    const std::string place = "truth/sources/" + path_below(shown);
    if (named_files_.contains(place)) continue;  // One artefact named twice.
    files_->append(file_named(place), bytes);
    index += fmt::format("{}{{\"path\":{},\"file\":{}}}", separator, json_string(shown),
                         json_string(place));
    separator = ",\n";
  }
  files_->append(file_named("truth/scenario.json"), index + "]\n}\n");
}

}  // namespace hoplab::report::recording
