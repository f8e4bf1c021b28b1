#include "report/xray/trace_logs.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "report/insights/event_reader.hpp"
#include "report/insights/log_store.hpp"
#include "report/insights/mapped_file.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::xray {
namespace {

using insights::LogForm;

/// Half-open, in bytes.
struct Part {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t line_start(std::string_view text, std::size_t at) {
  const std::size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

std::optional<std::int64_t> timestamp_at(std::string_view text, std::size_t start) {
  const std::string_view line = text.substr(start, text.find('\n', start) - start);
  const auto spelt = recording::json_member(line, "timestamp");
  if (!spelt || spelt->empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : *spelt) {
    if (c < '0' || c > '9' || value > INT64_MAX / 20) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// Where the lines from `wanted` on begin, in a stream that is in the order of its times but for
/// what was late; damage only makes the part larger.
std::size_t first_from(std::string_view text, std::int64_t wanted) {
  std::size_t low = 0;
  std::size_t high = text.size();
  constexpr std::size_t small_enough = 64 * 1024;
  while (high - low > small_enough) {
    const std::size_t middle = line_start(text, low + (high - low) / 2);
    if (middle <= low) break;
    const auto time = timestamp_at(text, middle);
    if (!time) break;
    (*time < wanted ? low : high) = middle;
  }
  return low;
}

class Search {
 public:
  explicit Search(const Trace& trace) : ids_(ids_of(trace)) {
    constexpr std::int64_t slack_ms = 120'000;
    from_ms_ = trace.start() / std::chrono::milliseconds(1) - slack_ms;
    to_ms_ = trace.end() / std::chrono::milliseconds(1) + slack_ms;
  }

  void look_into(const insights::LogFile& log) {
    const insights::MappedFile file(log.path);
    const std::string_view text = file.text();
    if (log.form == LogForm::events_document || log.form == LogForm::results_document) {
      return take_events(log, text, {0, text.size()});
    }
    Part part{0, text.size()};
    if (log.form == LogForm::event_lines) {
      part.begin = first_from(text, from_ms_);
      const std::size_t end = first_from(text, to_ms_);
      constexpr std::size_t margin = 128 * 1024;  // Of what the search left open.
      part.end = std::min(text.size(), end + margin);
    }
    for (const std::size_t start : lines_with_ids(text, part)) {
      take_events(log, text, {start, std::min(text.find('\n', start), text.size() - 1) + 1});
    }
  }

  std::vector<TraceLogLine> lines() {
    std::stable_sort(lines_.begin(), lines_.end(),
                     [](const TraceLogLine& a, const TraceLogLine& b) {
                       return a.timestamp_ms < b.timestamp_ms;
                     });
    return std::move(lines_);
  }

 private:
  [[nodiscard]] std::vector<std::size_t> lines_with_ids(std::string_view text, Part part) const {
    std::vector<std::size_t> starts;
    for (const std::string& id : ids_) {
      std::size_t at = part.begin;
      while (at < part.end) {
        const void* const found = ::memmem(text.data() + at, part.end - at, id.data(), id.size());
        if (found == nullptr) break;
        const auto place = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
        starts.push_back(line_start(text, place));
        at = text.find('\n', place);
        if (at == std::string_view::npos) break;
      }
    }
    std::sort(starts.begin(), starts.end());
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    return starts;
  }

  void take_events(const insights::LogFile& log, std::string_view text, Part part) {
    insights::ScanCounts counts;
    std::string buffer;
    insights::for_each_raw_event(
        text, log.form, {part.begin, part.end}, {}, counts, [&](const insights::RawEvent& event) {
          std::string_view message;
          if (!insights::message_text(event, buffer, message)) return true;
          const bool has_id = std::any_of(ids_.begin(), ids_.end(), [&](const std::string& id) {
            return message.find(id) != std::string_view::npos;
          });
          if (has_id) take(log, event, message);
          return true;
        });
  }

  void take(const insights::LogFile& log, const insights::RawEvent& event,
            std::string_view message) {
    TraceLogLine& line = lines_.emplace_back();
    line.timestamp_ms = event.timestamp_ms;
    line.group = log.group;
    line.stream = log.stream;
    if (!event.stream.empty()) {
      line.stream = recording::json_unquoted(event.stream).value_or(std::string(event.stream));
    }
    line.text = message;
    // FireLens puts a record around the line.
    const auto inside = recording::json_member(message, "log");
    const auto text = inside ? recording::json_unquoted(*inside) : std::nullopt;
    if (!text) return;
    line.text = *text;
    line.source = member(message, "source");
    line.task_definition = member(message, "ecs_task_definition");
    line.task = member(message, "ecs_task_arn");
  }

  static std::string member(std::string_view record, std::string_view name) {
    const auto spelt = recording::json_member(record, name);
    const auto text = spelt ? recording::json_unquoted(*spelt) : std::nullopt;
    return text.value_or("");
  }

  std::vector<std::string> ids_;
  std::int64_t from_ms_ = 0;
  std::int64_t to_ms_ = 0;
  std::vector<TraceLogLine> lines_;
};

}  // namespace

std::vector<std::string> ids_of(const Trace& trace) {
  std::vector<std::string> ids{to_string(trace.id)};
  for (const TraceNode& node : trace.nodes) {
    for_each_annotation(*node.segment, [&](std::string_view key, std::string_view value) {
      if (key != "transaction_id" && key != "guid:x-request-id") return;
      const auto id = recording::json_unquoted(value);
      constexpr std::size_t telling = 8;  // A shorter one would be in any line.
      if (!id || id->size() < telling) return;
      if (std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
    });
  }
  return ids;
}

std::vector<TraceLogLine> trace_log_lines(const std::filesystem::path& path, const Trace& trace) {
  Search search(trace);
  try {
    const insights::LogStore logs(path);
    for (const insights::LogFile& log : logs.files()) search.look_into(log);
  } catch (const recording::BadRecording&) {
    return {};  // There are no logs.
  }
  return search.lines();
}

}  // namespace hoplab::report::xray
