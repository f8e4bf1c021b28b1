#include "report/recording/document_kind.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "report/recording/json_text.hpp"

namespace hoplab::report::recording {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view blanks = " \t\r\n";

bool is_segment_document(std::string_view line) {
  constexpr std::array<std::string_view, 4> required = {"\"trace_id\"", "\"start_time\"",
                                                        "\"name\"", "\"id\""};
  return line.starts_with('{') &&
         std::all_of(required.begin(), required.end(), [line](std::string_view name) {
           return line.find(name) != std::string_view::npos;
         });
}

/// Which answer has a list of this name.
DocumentKind kind_by_list(std::string_view name) {
  using Kind = DocumentKind;
  static constexpr std::array<std::pair<std::string_view, Kind>, 10> lists = {
      {{"Services", Kind::service_graph},
       {"Traces", Kind::traces},
       {"TraceSummaries", Kind::summaries},
       {"MetricDataResults", Kind::answer},
       {"Datapoints", Kind::answer},
       {"Metrics", Kind::answer},
       {"MetricAlarms", Kind::answer},
       {"AlarmHistoryItems", Kind::answer},
       {"logGroups", Kind::answer},
       {"logStreams", Kind::answer}}};
  for (const auto& [list, kind] : lists) {
    if (list == name) return kind;
  }
  return Kind::unknown;
}

/// By the members of the object that begins at `first`.
DocumentKind kind_of_object(std::string_view text, std::size_t first) {
  std::size_t at = text.find_first_not_of(blanks, first + 1);
  while (at != npos && text[at] == '"') {
    const std::size_t name_end = json_value_end(text, at);
    if (name_end == npos) break;
    const std::string_view name = text.substr(at + 1, name_end - at - 2);
    at = text.find_first_not_of(blanks, name_end);
    if (at == npos || text[at] != ':') break;
    at = text.find_first_not_of(blanks, at + 1);
    if (at == npos) break;
    const DocumentKind kind = kind_by_list(name);
    if (kind != DocumentKind::unknown && text[at] == '[') return kind;
    const std::size_t end = json_value_end(text, at);
    if (end == npos || end == at) break;
    at = text.find_first_not_of(" \t\r\n,", end);
  }
  return DocumentKind::unknown;
}

/// One object from the first line to the last: no line of it is a message.
bool is_one_object(std::string_view text, std::size_t first) {
  const std::size_t end = json_value_end(text, first);
  return end != npos && text.substr(first, end - first).find('\n') != npos &&
         text.find_first_not_of(blanks, end) == npos;
}

}  // namespace

DocumentKind document_kind(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  if (line.starts_with("cluster.") || line.starts_with("cluster_manager.")) {
    return DocumentKind::envoy_stats;
  }
  if (is_segment_document(line)) return DocumentKind::segment_lines;
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == npos || text[first] != '{') return DocumentKind::unknown;
  const DocumentKind kind = kind_of_object(text, first);
  if (kind != DocumentKind::unknown) return kind;
  return is_one_object(text, first) ? DocumentKind::answer : DocumentKind::unknown;
}

}  // namespace hoplab::report::recording
