#include "report/xray/source.hpp"

#include <algorithm>

#include "report/recording/file_trouble.hpp"
#include "report/xray/json_cursor.hpp"

namespace hoplab::report::xray {
namespace {

namespace fs = std::filesystem;

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

enum class Content { other, graph, traces, summaries, segment_lines, envoy_stats };

/// By the beginning of the text and, of a JSON document, its first member of ours.
Content content_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  if (line.starts_with("cluster.") || line.starts_with("cluster_manager.")) {
    return Content::envoy_stats;
  }
  if (line.starts_with('{') && line.find("\"trace_id\"") != std::string_view::npos) {
    return Content::segment_lines;
  }
  JsonCursor cursor(text);
  if (cursor.peek() != '{') return Content::other;
  Content content = Content::other;
  cursor.members([&](std::string_view name) {
    if (name == "Services") content = Content::graph;
    if (name == "Traces") content = Content::traces;
    if (name == "TraceSummaries") content = Content::summaries;
  });
  return content;
}

void read_folder(const fs::path& folder, Source& source) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    const insights::MappedFile& file = source.files.emplace_back(path);
    if (content_of(file.text()) == Content::envoy_stats) {
      source.envoy_stats.push_back(path);
    } else if (read_xray_text(file.text(), source)) {
      continue;
    }
    source.files.pop_back();
  }
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
  switch (content_of(text)) {
    case Content::segment_lines:
      read_segment_lines(text, source.store);
      return true;
    case Content::traces:
      cursor.members([&](std::string_view name) {
        if (name == "Traces") read_batch(cursor, source.store);
      });
      if (cursor.has_failed()) source.store.count_unreadable();
      return true;
    case Content::graph:
      source.graph = read_service_graph(std::string(text));
      return true;
    case Content::summaries:
      read_trace_summaries(text, source.store);
      source.has_summaries = true;
      return true;
    default:
      return false;
  }
}

bool is_study_text(std::string_view text) { return content_of(text) != Content::other; }

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
    if (content_of(file.text()) == Content::envoy_stats) source->envoy_stats.push_back(path);
    static_cast<void>(read_xray_text(file.text(), *source));
  }
  source->store.assemble();
  return source;
}

}  // namespace hoplab::report::xray
