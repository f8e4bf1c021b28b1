#include "report/recording/log_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "models/telemetry/log_driver.hpp"
#include "report/recording/json_text.hpp"
#include "report/recording/path_names.hpp"

namespace hoplab::report::recording {
namespace tm = models::telemetry;
namespace {

/// `text` as it stands within a JSON string.
std::string spelt(std::string_view text) {
  std::string out;
  append_json_inside(out, text);
  return out;
}

}  // namespace

LogWriter::LogWriter(OutputFiles* files, Listener* listener) : listener_(listener), files_(files) {}

void LogWriter::open_stream(std::string_view group, std::string_view name) {
  const tm::LogStreamId id{static_cast<std::uint32_t>(streams_.size())};
  Stream entry;
  entry.group = group;
  entry.name = name;
  if (files_ != nullptr) {
    entry.path = "logs/" + escaped_name(group) + "/" + escaped_name(name) + ".jsonl";
    entry.file = files_->create(entry.path);
  }
  streams_.push_back(std::move(entry));
  if (listener_ != nullptr) listener_->stream_opened(id, group, name);
}

void LogWriter::log(std::uint32_t index, const tm::LogEvent& event) {
  if (listener_ != nullptr) listener_->line({index}, event);
  if (files_ == nullptr) return;
  Stream& stream = streams_[index];
  const std::int64_t timestamp = sim::epoch_milliseconds(event.timestamp);
  stream.first_ms = stream.events == 0 ? timestamp : std::min(stream.first_ms, timestamp);
  stream.last_ms = stream.events == 0 ? timestamp : std::max(stream.last_ms, timestamp);
  ++stream.events;
  std::string& out = files_->buffer(stream.file);
  out += std::string_view("{\"timestamp\":");
  out += timestamp_text_.of(timestamp);
  out += std::string_view(",\"ingestionTime\":");
  out += ingestion_text_.of(sim::epoch_milliseconds(event.ingestion));
  out += std::string_view(",\"message\":\"");
  append_text(out, event);
  out += std::string_view("\"}\n");
  files_->written(stream.file);
}

void LogWriter::add_firelens(std::string_view members) {
  std::string end = "\"";
  end += members;
  end += '}';
  record_ends_.push_back(spelt(end));
}

void LogWriter::append_text(std::string& out, const tm::LogEvent& event) const {
  if (!event.firelens.is_used()) return append_json_inside(out, event.message);
  static const std::array<std::string, 2> heads = {
      spelt(tm::firelens_head(tm::LogSource::standard_output)),
      spelt(tm::firelens_head(tm::LogSource::standard_error))};
  out += heads[static_cast<std::size_t>(event.source)];
  append_json_inside_twice(out, event.message);
  out += record_ends_[event.firelens.index];
}

void LogWriter::task(sim::WallTime at, std::string_view json) {
  if (listener_ != nullptr) listener_->task(at, json);
}

std::string LogWriter::index() const {
  std::vector<const Stream*> sorted;
  for (const auto& stream : streams_) sorted.push_back(&stream);
  std::sort(sorted.begin(), sorted.end(), [](const Stream* a, const Stream* b) {
    return std::tie(a->group, a->name) < std::tie(b->group, b->name);
  });
  std::string out = "{\n\"schema\":\"hoplab.logs/1\",\n\"streams\":[";
  const char* separator = "\n";
  for (const Stream* stream : sorted) {
    out += fmt::format("{}{{\"logGroupName\":{},\"logStreamName\":{},\"file\":{},\"events\":{}",
                       separator, json_string(stream->group), json_string(stream->name),
                       json_string(stream->path), stream->events);
    if (stream->events > 0) {
      out += fmt::format(",\"firstEventTimestamp\":{},\"lastEventTimestamp\":{}", stream->first_ms,
                         stream->last_ms);
    }
    out += '}';
    separator = ",\n";
  }
  return out + "]\n}\n";
}

}  // namespace hoplab::report::recording
