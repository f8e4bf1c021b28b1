
#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/study_range.hpp"
#include "report/drawing/trace_text.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/xray/filter.hpp"
#include "report/xray/summary_json.hpp"

namespace hoplab::report::cli {
namespace {

/// As BatchGetTraces: ids of traces that are not there are told, and are no reason to stop.
int show_traces(const TracesOptions& options, const xray::Source& source) {
  std::vector<const xray::Trace*> traces;
  std::vector<std::string> unknown;
  for (const std::string& text : options.ids) {
    const auto id = xray::parse_trace_id(text);
    const xray::Trace* const trace = id ? source.store.find(*id) : nullptr;
    if (trace == nullptr) {
      unknown.push_back(text);
      complain(id ? "no trace has the id " + text
                  : "'" + text +
                        "' is no trace id; one looks like 1-695ba7c0-aa54f2338f82a67bcd079aeb");
    } else {
      traces.push_back(trace);
    }
  }
  if (options.json) print(xray::traces_json(traces, unknown));
  const writers::Ink ink(stdout_wants_colour());
  for (const xray::Trace* const trace : traces) {
    if (options.json) break;
    print(drawing::waterfall_text(*trace, xray::trace_log_lines(source.path, *trace), ink));
  }
  return unknown.empty() ? exit_all_held : exit_bad_input;
}

int list_traces(const TracesOptions& options, const xray::Source& source,
                const xray::Filter& filter) {
  drawing::TraceList list;
  list.filter = options.filter;
  list.order = options.order;
  list.limit = options.limit;
  list.has_summaries = source.has_summaries;
  list.recording = options.recording;
  const xray::TimeRange range = time_range(options.range, source.store);
  for (const xray::Trace& trace : source.store.traces()) {
    if (!range.holds(trace.id.instant())) continue;
    ++list.processed;
    if (filter.holds(trace)) list.traces.push_back(&trace);
  }
  print(options.json ? xray::trace_summaries_json(drawing::ordered(list), list.processed)
                     : drawing::trace_list_text(list, writers::Ink(stdout_wants_colour())));
  return exit_all_held;
}

}  // namespace

int traces_command(const TracesOptions& options) {
  const auto filter = xray::parse_filter(options.filter);
  if (const auto* mistake = std::get_if<xray::FilterMistake>(&filter)) {
    print_error(xray::to_string(*mistake, options.filter));
    return exit_bad_input;
  }
  const auto source = xray::open_source(options.recording, xray::Wanted::traces);
  for (const std::string& damaged : source->damaged) complain(damaged + "; passed over");
  if (source->store.empty()) {
    throw recording::BadRecording(options.recording + " has no traces");
  }
  if (source->store.unreadable() > 0) {
    complain(std::to_string(source->store.unreadable()) + " documents could not be read");
  }
  if (!options.ids.empty()) return show_traces(options, *source);
  return list_traces(options, *source, std::get<xray::Filter>(filter));
}

}  // namespace hoplab::report::cli
