#include "report/xray/source.hpp"

#include <algorithm>

#include "report/recording/document_kind.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/xray/json_cursor.hpp"

namespace hoplab::report::xray {
namespace {

namespace fs = std::filesystem;
using recording::DocumentKind;

void read_segment_lines(std::string_view text, TraceStore& store) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) store.add(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// "Traces": [{"Segments": [{"Document": "..."}]}].
void read_batch(JsonCursor& cursor, TraceStore& store) {
  cursor.elements([&] {
    cursor.members([&](std::string_view member) {
      if (member != "Segments") return;
      cursor.elements([&] {
        cursor.members([&](std::string_view part) {
          if (part != "Document") return;
          const std::string_view document = cursor.string(store.texts());
          if (!cursor.has_failed()) store.add(document);
        });
      });
    });
  });
}

/// As read_xray_text; a mistake in it names the file.
bool read_named_text(const fs::path& path, std::string_view text, Source& source) {
  try {
    return read_xray_text(text, source);
  } catch (const recording::BadRecording& error) {
    throw recording::BadRecording(path.string() + ": " + error.what());
  }
}

/// One file of a folder, by what is in it; a damaged one is no reason to leave the others.
void read_member(const fs::path& path, Source& source) {
  const insights::MappedFile& file = source.files.emplace_back(path);
  if (recording::document_kind(file.text()) == DocumentKind::envoy_stats) {
    source.envoy_stats.push_back(path);
  } else {
    try {
      if (read_named_text(path, file.text(), source)) return;
    } catch (const recording::BadRecording& error) {
      source.damaged.emplace_back(error.what());
    }
  }
  source.files.pop_back();
}

void read_folder(const fs::path& folder, Source& source) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) read_member(path, source);
}

void read_recording(const fs::path& path, Wanted wanted, Source& source) {
  const fs::path segments = path / "xray" / "segments.jsonl";
  if (wanted == Wanted::traces && fs::exists(segments)) {
    read_segment_lines(source.files.emplace_back(segments).text(), source.store);
  }
  if (!fs::is_directory(path / "envoy")) return;
  for (const auto& task : fs::directory_iterator(path / "envoy")) {
    if (!task.is_directory()) continue;
    for (const auto& file : fs::directory_iterator(task.path())) {
      const std::string name = file.path().filename().string();
      // "stats.txt", "stats~2.txt" of a second process; "stats@90s.txt" is of on the way.
      const bool is_last_word = name.starts_with("stats") && name.ends_with(".txt") &&
                                name.find('@') == std::string::npos;
      if (is_last_word) source.envoy_stats.push_back(file.path());
    }
  }
  std::sort(source.envoy_stats.begin(), source.envoy_stats.end());
}

}  // namespace

bool read_xray_text(std::string_view text, Source& source) {
  JsonCursor cursor(text);
  switch (recording::document_kind(text)) {
    case DocumentKind::segment_lines:
      read_segment_lines(text, source.store);
      return true;
    case DocumentKind::traces:
      cursor.members([&](std::string_view name) {
        if (name == "Traces") read_batch(cursor, source.store);
      });
      if (cursor.has_failed()) source.store.count_unreadable();
      return true;
    case DocumentKind::service_graph:
      source.graph = read_service_graph(text);
      return true;
    case DocumentKind::summaries:
      source.has_summaries = true;
      read_trace_summaries(text, source.store);
      return true;
    default:
      return false;
  }
}

std::unique_ptr<Source> open_source(const fs::path& path, Wanted wanted) {
  if (!fs::exists(path)) {
    throw recording::FileTrouble("cannot read " + path.string() + ": No such file or directory");
  }
  auto source = std::make_unique<Source>();
  source->path = path;
  source->is_recording = fs::is_directory(path / "xray") || fs::is_directory(path / "logs");
  if (source->is_recording) {
    read_recording(path, wanted, *source);
  } else if (fs::is_directory(path)) {
    read_folder(path, *source);
  } else {
    const insights::MappedFile& file = source->files.emplace_back(path);
    const bool is_stats = recording::document_kind(file.text()) == DocumentKind::envoy_stats;
    if (is_stats) source->envoy_stats.push_back(path);
    static_cast<void>(read_named_text(path, file.text(), *source));
  }
  source->store.assemble();
  return source;
}

}  // namespace hoplab::report::xray
