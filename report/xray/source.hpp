// Opens what is to be studied: a recording, a folder of files from AWS and Envoy, or one such file.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "report/insights/mapped_file.hpp"
#include "report/xray/service_graph.hpp"
#include "report/xray/trace.hpp"

namespace hoplab::report::xray {

/// What was found. Of a folder of files each is read by what is in it, whatever its name:
/// the answers of get-service-graph, batch-get-traces and get-trace-summaries, segment documents
/// a line, Envoy's /stats text. Everything else is left to others (log files, say).
struct Source {
  std::filesystem::path path;
  bool is_recording = false;
  TraceStore store;                   ///< Assembled.
  std::optional<ServiceGraph> graph;  ///< An answer of get-service-graph.
  /// Traces are known by their summaries: of what is inside only that it is there, and what the
  /// root causes tell.
  bool has_summaries = false;
  std::vector<std::filesystem::path> envoy_stats;  ///< Files of /stats text, ordered.
  std::vector<std::string> damaged;                ///< Of a folder, passed over: "FILE: why".
  std::deque<insights::MappedFile> files;          ///< Segments point into these.
};

/// Errors: FileTrouble (not there, cannot be read), BadRecording (the one file is a damaged answer;
/// of a folder, what else is in it is read all the same).
/// Without traces, what a recording has of them is left alone: who asks Envoys only need not wait.
enum class Wanted { traces, statistics };
[[nodiscard]] std::unique_ptr<Source> open_source(const std::filesystem::path& path, Wanted wanted);

/// Reads one file's text into the source, by what is in it; the text must outlive the source.
/// False when it is nothing of X-Ray's. Call store.assemble() when all are read.
bool read_xray_text(std::string_view text, Source& source);

/// Adds the traces of an answer of get-trace-summaries. Throws BadRecording when it is damaged.
void read_trace_summaries(std::string_view text, TraceStore& store);

}  // namespace hoplab::report::xray
