#include "report/insights/log_store.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/insights/event_reader.hpp"
#include "report/insights/mapped_file.hpp"
#include "report/recording/document_kind.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"
#include "report/recording/manifest.hpp"
#include "report/recording/path_names.hpp"

namespace hoplab::report::insights {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Enough for one event of any kind: CloudWatch Logs takes at most 256 KiB (1 MiB since 2025).
constexpr std::size_t sniffed_bytes = std::size_t{1} << 21U;

std::string true_name(const std::string& escaped) {
  return recording::unescaped_name(escaped).value_or(escaped);
}

std::vector<fs::path> sorted_files_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// "ecs/front/envoy.json" -> "/ecs/front/envoy"; "%2Fecs%2Ffront.log" -> "/ecs/front".
std::string group_of_path(const fs::path& below) {
  const std::string name = (below.parent_path() / below.stem()).generic_string();
  const std::string unescaped = true_name(name);
  return unescaped.starts_with('/') ? unescaped : "/" + unescaped;
}

std::string text_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// First and last event of a stream in the index; all time when it does not say.
TimeRange range_of(const Json& stream) {
  const auto first = stream.find("firstEventTimestamp");
  const auto last = stream.find("lastEventTimestamp");
  const bool is_known = first != stream.end() && last != stream.end() &&
                        first->is_number_integer() && last->is_number_integer();
  if (!is_known) return {};
  return {first->get<std::int64_t>(), last->get<std::int64_t>()};
}

bool stays_below(const fs::path& path) {
  return path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

/// "arn:aws:ecs:us-east-1:111122223333:task/..." -> "111122223333".
std::string account_in(std::string_view text) {
  const std::size_t start = text.find("arn:aws");
  if (start == std::string_view::npos) return "";
  std::string_view rest = text.substr(start);
  for (int colon = 0; colon < 4; ++colon) {
    rest.remove_prefix(std::min(rest.find(':'), rest.size() - 1) + 1);
  }
  const std::string account(rest.substr(0, rest.find(':')));
  const bool is_account =
      account.size() == 12 && account.find_first_not_of("0123456789") == std::string::npos;
  return is_account ? account : "";
}

}  // namespace

LogStore::LogStore(const fs::path& path) {
  if (!fs::exists(path)) {
    throw recording::FileTrouble("cannot read " + path.string() + ": No such file or directory");
  }
  if (fs::is_regular_file(path)) {
    add_file(path, group_of_path(path.filename()), path.filename().string());
  } else if (fs::is_directory(path / "logs")) {
    if (!read_index(path)) walk_recording(path);
    read_account(path);
  } else {
    walk_folder(path);
  }
  if (files_.empty()) {
    throw recording::BadRecording(path.string() + " has no log files");
  }
  make_groups();
}

bool LogStore::read_index(const fs::path& recording) {
  const fs::path index = recording / "logs" / "index.json";
  if (!fs::exists(index)) return false;
  const Json document = Json::parse(recording::read_file(index), nullptr, false);
  if (!document.is_object()) return false;
  const auto streams = document.find("streams");
  if (streams == document.end() || !streams->is_array()) return false;
  for (const Json& stream : *streams) {
    if (!stream.is_object()) continue;
    const fs::path file = text_member(stream, "file");
    if (file.empty() || !stays_below(file) || !fs::exists(recording / file)) continue;
    files_.push_back({text_member(stream, "logGroupName"), text_member(stream, "logStreamName"),
                      recording / file, LogForm::event_lines, range_of(stream)});
  }
  return !files_.empty();
}

void LogStore::walk_recording(const fs::path& recording) {
  for (const fs::path& path : sorted_files_below(recording / "logs")) {
    if (path.extension() != ".jsonl") continue;
    files_.push_back({true_name(path.parent_path().filename().string()),
                      true_name(path.stem().string()),
                      path,
                      LogForm::event_lines,
                      {}});
  }
}

void LogStore::walk_folder(const fs::path& folder) {
  for (const fs::path& path : sorted_files_below(folder)) {
    const fs::path below = path.lexically_relative(folder);
    add_file(path, group_of_path(below), path.filename().string());
  }
}

void LogStore::add_file(const fs::path& path, std::string group, std::string stream) {
  const MappedFile file(path);
  const std::string_view beginning = file.text().substr(0, sniffed_bytes);
  if (beginning.substr(0, 4096).find('\0') != std::string_view::npos) return;  // Not a log.
  const LogForm form = form_of(beginning);
  const bool is_for_others = form == LogForm::text_lines && recording::document_kind(file.text()) !=
                                                                recording::DocumentKind::unknown;
  if (is_for_others) return;
  files_.push_back({std::move(group), std::move(stream), path, form, {}});
}

void LogStore::read_account(const fs::path& recording) {
  const fs::path tasks = recording / "ecs" / "tasks.jsonl";
  if (!fs::exists(tasks)) return;
  const MappedFile file(tasks);
  const std::string account = account_in(file.text().substr(0, sniffed_bytes));
  if (!account.empty()) account_ = account;
}

void LogStore::make_groups() {
  std::stable_sort(files_.begin(), files_.end(), [](const LogFile& a, const LogFile& b) {
    return std::tie(a.group, a.stream) < std::tie(b.group, b.stream);
  });
  for (std::uint32_t i = 0; i < files_.size(); ++i) {
    if (groups_.empty() || groups_.back().name != files_[i].group) {
      groups_.push_back({files_[i].group, {}});
    }
    groups_.back().files.push_back(i);
  }
}

const LogGroup* LogStore::find_group(std::string_view name) const {
  const auto found = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const LogGroup& group) { return group.name == name; });
  return found == groups_.end() ? nullptr : &*found;
}

std::uint64_t LogStore::for_each_event(const Selection& selection,
                                       const std::function<bool(const LogEvent&)>& take) const {
  constexpr std::size_t chunk_size = std::size_t{4} << 20U;
  ScanCounts counts;
  std::string message;
  std::string stream;
  bool goes_on = true;
  for (std::uint32_t index = 0; index < files_.size() && goes_on; ++index) {
    const LogFile& log = files_[index];
    const auto& groups = selection.groups;
    const bool is_wanted =
        groups.empty() || std::find(groups.begin(), groups.end(), log.group) != groups.end();
    if (!is_wanted) continue;
    const MappedFile file(log.path);
    const auto offer = [&](const RawEvent& raw) {
      LogEvent event{log.group, log.stream, "", raw.timestamp_ms, raw.ingestion_ms, {}};
      if (!message_text(raw, message, event.message)) {
        ++counts.unreadable;
        return true;
      }
      stream.clear();
      if (recording::append_json_unquoted(stream, raw.stream) > 0) event.stream = stream;
      event.place = {index, raw.offset};
      goes_on = take(event);
      return goes_on;
    };
    for (const Chunk& chunk : chunks_of(file.text(), log.form, chunk_size)) {
      if (!goes_on) break;
      for_each_raw_event(file.text(), log.form, chunk, selection.range, counts, offer);
      file.let_go(chunk.begin - std::min(chunk.begin, chunk_size), chunk.begin);
    }
  }
  return counts.unreadable + counts.cut_off;
}

std::optional<TimeRange> LogStore::range() const {
  TimeRange range{TimeRange().to_ms, TimeRange().from_ms};
  const auto widen = [&range](std::int64_t from_ms, std::int64_t to_ms) {
    range.from_ms = std::min(range.from_ms, from_ms);
    range.to_ms = std::max(range.to_ms, to_ms);
  };
  const bool is_indexed = std::all_of(files_.begin(), files_.end(), [](const LogFile& file) {
    return file.range.from_ms != TimeRange().from_ms;
  });
  if (is_indexed) {
    for (const LogFile& file : files_) widen(file.range.from_ms, file.range.to_ms);
  } else {
    bool has_events = false;
    (void)for_each_event({}, [&](const LogEvent& event) {
      has_events = true;
      if (event.timestamp_ms != undated_ms) widen(event.timestamp_ms, event.timestamp_ms);
      return true;
    });
    if (has_events && range.from_ms > range.to_ms) widen(undated_ms, undated_ms);
  }
  return range.from_ms > range.to_ms ? std::nullopt : std::optional(range);
}

bool LogStore::with_event(std::string_view ptr,
                          const std::function<void(const LogEvent&)>& take) const {
  const auto place = place_of(ptr);
  if (!place || place->file >= files_.size()) return false;
  Selection selection;
  selection.groups = {files_[place->file].group};
  bool is_found = false;
  (void)for_each_event(selection, [&](const LogEvent& event) {
    is_found = event.place == *place;
    if (is_found) take(event);
    return !is_found;
  });
  return is_found;
}

std::string ptr_of(const EventPlace& place) {
  return fmt::format("hoplab-{:08x}-{:012x}", place.file, place.offset);
}

std::optional<EventPlace> place_of(std::string_view ptr) {
  constexpr std::string_view head = "hoplab-";
  if (!ptr.starts_with(head) || ptr.size() < head.size() + 10) return std::nullopt;
  EventPlace place;
  const char* const file = ptr.data() + head.size();
  const char* const end = ptr.data() + ptr.size();
  const auto first = std::from_chars(file, file + 8, place.file, 16);
  if (first.ec != std::errc() || *first.ptr != '-') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, place.offset, 16);
  if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
  return place;
}

}  // namespace hoplab::report::insights
