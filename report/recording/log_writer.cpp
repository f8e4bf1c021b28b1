#include "report/recording/log_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "report/recording/json_text.hpp"
#include "report/recording/path_names.hpp"

namespace hoplab::report::recording {
LogWriter::LogWriter(const std::optional<std::filesystem::path>& root, Listener* listener)
    : listener_(listener) {
  if (root) files_.emplace(*root);
}

void LogWriter::open_stream(std::string_view group, std::string_view name) {
  const models::telemetry::LogStreamId id{static_cast<std::uint32_t>(streams_.size())};
  Stream entry;
  entry.group = group;
  entry.name = name;
  if (files_) {
    entry.path = "logs/" + escaped_name(group) + "/" + escaped_name(name) + ".jsonl";
    entry.file = files_->create(entry.path);
  }
  streams_.push_back(std::move(entry));
  if (listener_ != nullptr) listener_->stream_opened(id, group, name);
}

void LogWriter::log(std::uint32_t index, const models::telemetry::LogEvent& event) {
  if (listener_ != nullptr) listener_->line({index}, event.timestamp, event.message);
  if (!files_) return;
  Stream& stream = streams_[index];
  const std::int64_t timestamp = sim::epoch_milliseconds(event.timestamp);
  stream.first_ms = stream.events == 0 ? timestamp : std::min(stream.first_ms, timestamp);
  stream.last_ms = stream.events == 0 ? timestamp : std::max(stream.last_ms, timestamp);
  ++stream.events;
  std::string& out = files_->buffer(stream.file);
  append_number(out, "{\"timestamp\":", timestamp);
  append_number(out, ",\"ingestionTime\":", sim::epoch_milliseconds(event.ingestion));
  out += ",\"message\":";
  append_message(out, stream, event.message);
  out += "}\n";
  files_->written(stream.file);
}

// From the second message on: what it and the one before both end with.
void LogWriter::learn_tail(Stream& stream, std::string_view message) {
  constexpr std::size_t worth_it = 64;
  if (stream.events == 1) {
    stream.last = message;
    return;
  }
  const auto [end, other] =
      std::mismatch(message.rbegin(), message.rend(), stream.last.rbegin(), stream.last.rend());
  std::string_view tail =
      message.substr(message.size() - static_cast<std::size_t>(end - message.rbegin()));
  // It must not begin within a character.
  while (!tail.empty() && static_cast<unsigned char>(tail.front()) >= 0x80) tail.remove_prefix(1);
  std::string().swap(stream.last);
  if (tail.size() < worth_it) return;
  stream.tail = tail;
  append_json_inside(stream.tail_spelt, tail);
}

void LogWriter::append_message(std::string& out, Stream& stream, std::string_view message) {
  constexpr std::uint64_t lessons = 2;
  if (stream.events <= lessons) learn_tail(stream, message);
  if (stream.tail.empty() || !message.ends_with(stream.tail)) {
    return append_json_string(out, message);
  }
  out += '"';
  append_json_inside(out, message.substr(0, message.size() - stream.tail.size()));
  out += stream.tail_spelt;
  out += '"';
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

void LogWriter::flush() {
  if (files_) files_->flush();
}

void LogWriter::sync() {
  if (files_) files_->sync();
}

std::vector<FileEntry> LogWriter::entries() const {
  return files_ ? files_->entries() : std::vector<FileEntry>{};
}

}  // namespace hoplab::report::recording
