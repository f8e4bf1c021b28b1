#include "report/insights/event_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <span>

#include "report/insights/json_value.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::insights {
namespace {

using Take = std::function<bool(const RawEvent&)>;
using Member = std::optional<std::string_view>;

constexpr std::size_t npos = std::string_view::npos;

bool whole_number(std::string_view text, std::int64_t& value) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at == end;
}

/// Reads digits at `at`, moves it past them. So many that they cannot overflow are read here: an
/// instant of every line is.
bool digits_at(std::string_view text, std::size_t& at, std::int64_t& value) {
  constexpr std::size_t digits_max = 18;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::size_t near = std::min(text.size(), at + digits_max);
  std::size_t i = at;
  value = 0;
  for (; i < near && is_digit(text[i]); ++i) value = value * 10 + (text[i] - '0');
  if (i > at && i < near) {
    at = i;
    return true;
  }
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  at = static_cast<std::size_t>(stop - text.data());
  return error == std::errc();
}

bool expect(std::string_view text, std::size_t& at, std::string_view wanted) {
  if (text.substr(at, wanted.size()) != wanted) return false;
  at += wanted.size();
  return true;
}

/// A line as a recording has it: the three members in this order, nothing behind the message.
/// Whether the message is one string is seen when it is read.
bool read_usual_line(std::string_view line, RawEvent& event) {
  std::size_t at = 0;
  if (!expect(line, at, "{\"timestamp\":") || !digits_at(line, at, event.timestamp_ms) ||
      !expect(line, at, ",\"ingestionTime\":") || !digits_at(line, at, event.ingestion_ms) ||
      !expect(line, at, ",\"message\":\"") || line.size() < at + 2 || !line.ends_with("\"}")) {
    return false;
  }
  event.message = line.substr(at - 1, line.size() - at);
  event.is_spelt = true;
  return true;
}

/// Any JSON object with a time and a message.
bool read_event_object(std::string_view object, RawEvent& event) {
  constexpr std::array<std::string_view, 4> names = {"timestamp", "message", "ingestionTime",
                                                     "logStreamName"};
  std::array<Member, names.size()> values;
  recording::json_members(object, names, values);
  if (!values[0] || !values[1] || !whole_number(*values[0], event.timestamp_ms)) return false;
  if (!values[1]->starts_with('"')) return false;
  event.message = *values[1];
  event.is_spelt = true;
  if (!values[2] || !whole_number(*values[2], event.ingestion_ms)) {
    event.ingestion_ms = event.timestamp_ms;
  }
  event.stream = values[3] && values[3]->starts_with('"') ? *values[3] : std::string_view();
  return true;
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Calls take(line, offset) for the lines that begin in the part, until it returns false.
template <typename TakeLine>
void for_each_line(std::string_view text, Chunk chunk, const TakeLine& take) {
  std::size_t at = chunk.begin;
  if (at > 0 && text[at - 1] != '\n') {
    const std::size_t newline = text.find('\n', at);
    if (newline == npos) return;
    at = newline + 1;
  }
  while (at < chunk.end && at < text.size()) {
    const void* const found = std::memchr(text.data() + at, '\n', text.size() - at);
    const std::size_t end =
        found == nullptr ? text.size()
                         : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (!take(text.substr(at, end - at), at)) return;
    at = end + 1;
  }
}

bool offer(const RawEvent& event, std::size_t bytes, const TimeRange& range, ScanCounts& counts,
           const Take& take) {
  if (!range.holds(event.timestamp_ms)) return true;
  ++counts.events;
  counts.bytes += bytes;
  return take(event);
}

void read_event_lines(std::string_view text, Chunk chunk, const TimeRange& range,
                      ScanCounts& counts, const Take& take) {
  for_each_line(text, chunk, [&](std::string_view line, std::size_t offset) {
    RawEvent event;
    event.offset = offset;
    if (!read_usual_line(line, event) && !read_event_object(line, event)) {
      if (!line.empty()) ++counts.unreadable;
      return true;
    }
    return offer(event, line.size() + 1, range, counts, take);
  });
}

/// The time of a line at `begin` that has none of its own: that of the last line before it that has
/// one, else (the banner of a program that starts) of the first behind it, within these distances.
std::int64_t time_around(std::string_view text, std::size_t begin) {
  constexpr std::size_t far_back = std::size_t{64} << 10U;
  constexpr std::size_t far_ahead = std::size_t{1} << 20U;
  std::int64_t at_ms = undated_ms;
  bool is_found = false;
  const Chunk before = {begin < far_back ? 0 : begin - far_back, begin};
  for_each_line(text, before, [&](std::string_view line, std::size_t) {
    is_found = instant_in_line(line, at_ms) || is_found;
    return true;
  });
  for_each_line(text, {begin, begin + far_ahead}, [&](std::string_view line, std::size_t) {
    is_found = is_found || instant_in_line(line, at_ms);
    return !is_found;
  });
  return at_ms;
}

void read_text_lines(std::string_view text, Chunk chunk, const TimeRange& range, ScanCounts& counts,
                     const Take& take) {
  std::int64_t at_ms = time_around(text, chunk.begin);
  for_each_line(text, chunk, [&](std::string_view line, std::size_t offset) {
    if (line.empty()) return true;
    (void)instant_in_line(line, at_ms);
    RawEvent event;
    event.timestamp_ms = at_ms;
    event.ingestion_ms = at_ms;
    event.message = without_return(line);
    event.offset = offset;
    return offer(event, line.size() + 1, range, counts, take);
  });
}

/// Where the elements of a document's array begin; npos when it has no such array.
std::size_t array_at(std::string_view text, std::string_view name) {
  std::size_t at = text.find(name);
  if (at == npos) return npos;
  at = text.find_first_not_of(" \t\r\n", at + name.size());
  if (at == npos || text[at] != ':') return npos;
  at = text.find_first_not_of(" \t\r\n", at + 1);
  return at == npos || text[at] != '[' ? npos : at + 1;
}

/// Calls take(element, offset) with each element of the array whose inside begins at `at`, until it
/// returns false. False when the text breaks off in the array.
template <typename TakeElement>
bool for_each_element(std::string_view text, std::size_t at, const TakeElement& take) {
  while (true) {
    at = text.find_first_not_of(" \t\r\n,", at);
    if (at == npos) return false;
    if (text[at] == ']') return true;
    const std::size_t end = recording::json_value_end(text, at);
    if (end == npos || end == at) return false;
    if (!take(text.substr(at, end - at), at)) return true;
    at = end;
  }
}

void read_events(std::string_view text, const TimeRange& range, ScanCounts& counts,
                 const Take& take) {
  const std::size_t start = array_at(text, "\"events\"");
  if (start == npos) return;
  const bool is_whole =
      for_each_element(text, start, [&](std::string_view element, std::size_t offset) {
        RawEvent event;
        event.offset = offset;
        if (!read_event_object(element, event)) {
          ++counts.unreadable;
          return true;
        }
        return offer(event, element.size(), range, counts, take);
      });
  if (!is_whole) ++counts.cut_off;
}

/// A row of results as an event: its @timestamp and @message, or, without a message, a JSON object
/// of all its fields, made in `made`.
bool read_row(std::string_view row, RawEvent& event, std::string& made) {
  std::string text = "{";
  bool has_message = false;
  (void)for_each_element(row, 1, [&](std::string_view pair, std::size_t) {
    const auto name = recording::json_member(pair, "field");
    const auto value = recording::json_member(pair, "value");
    if (!name || !value || !value->starts_with('"')) return true;
    if (*name == "\"@timestamp\"") (void)instant_in_line(*value, event.timestamp_ms);
    if (*name == "\"@ingestionTime\"") (void)instant_in_line(*value, event.ingestion_ms);
    if (*name == "\"@logStream\"") event.stream = *value;
    if (*name == "\"@message\"") {
      event.message = *value;
      has_message = true;
    } else if (!name->starts_with("\"@")) {
      text.append(text.size() > 1 ? "," : "").append(*name).append(":").append(*value);
    }
    return true;
  });
  if (event.ingestion_ms == 0) event.ingestion_ms = event.timestamp_ms;
  event.is_spelt = has_message;
  if (has_message) return true;
  made = text + "}";
  event.message = made;
  return made.size() > 2;
}

void read_results(std::string_view text, const TimeRange& range, ScanCounts& counts,
                  const Take& take) {
  const std::size_t start = array_at(text, "\"results\"");
  if (start == npos) return;
  std::string made;
  const bool is_whole =
      for_each_element(text, start, [&](std::string_view element, std::size_t offset) {
        RawEvent event;
        event.offset = offset;
        if (!element.starts_with('[') || !read_row(element, event, made)) {
          ++counts.unreadable;
          return true;
        }
        return offer(event, element.size(), range, counts, take);
      });
  if (!is_whole) ++counts.cut_off;
}

}  // namespace

ScanCounts& ScanCounts::operator+=(const ScanCounts& other) {
  events += other.events;
  bytes += other.bytes;
  unreadable += other.unreadable;
  cut_off += other.cut_off;
  return *this;
}

bool message_text(const RawEvent& event, std::string& buffer, std::string_view& message) {
  message = event.message;
  if (!event.is_spelt) return true;
  // What was taken for the end of a usual line's message may belong to another member behind it.
  const auto is_end = [&event](std::size_t end) {
    return end == event.message.size() || event.message[end] == ',';
  };
  const std::size_t room = event.message.size() + decoding_slack;
  if (buffer.size() < room) buffer.resize(room);
  std::size_t end = 0;
  const std::size_t length = decode_simple_string(event.message, buffer.data(), end);
  if (length != npos) {
    message = {buffer.data(), length};
    return is_end(end);
  }
  buffer.clear();
  end = recording::append_json_unquoted(buffer, event.message);
  message = buffer;
  return end > 0 && is_end(end);
}

std::vector<Chunk> chunks_of(std::string_view text, LogForm form, std::size_t size_max) {
  std::vector<Chunk> chunks;
  const bool is_document = form == LogForm::events_document || form == LogForm::results_document;
  if (is_document && !text.empty()) return {{0, text.size()}};
  for (std::size_t begin = 0; begin < text.size(); begin += size_max) {
    chunks.push_back({begin, std::min(begin + size_max, text.size())});
  }
  return chunks;
}

void for_each_raw_event(std::string_view text, LogForm form, Chunk chunk, const TimeRange& range,
                        ScanCounts& counts, const Take& take) {
  switch (form) {
    case LogForm::event_lines:
      return read_event_lines(text, chunk, range, counts, take);
    case LogForm::text_lines:
      return read_text_lines(text, chunk, range, counts, take);
    case LogForm::events_document:
      return read_events(text, range, counts, take);
    case LogForm::results_document:
      return read_results(text, range, counts, take);
  }
}

LogForm form_of(std::string_view beginning) {
  RawEvent event;
  const std::string_view line = beginning.substr(0, beginning.find('\n'));
  if (read_usual_line(line, event) || read_event_object(line, event)) return LogForm::event_lines;
  const std::size_t first = beginning.find_first_not_of(" \t\r\n");
  if (first == npos || beginning[first] != '{') return LogForm::text_lines;
  // A document breaks its lines, or is one line that is an object of another kind.
  if (array_at(beginning, "\"events\"") != npos && !recording::json_member(line, "message")) {
    return LogForm::events_document;
  }
  if (array_at(beginning, "\"results\"") != npos) return LogForm::results_document;
  return LogForm::text_lines;
}

}  // namespace hoplab::report::insights
