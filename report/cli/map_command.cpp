#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/study_range.hpp"
#include "report/drawing/map_text.hpp"
#include "report/recording/file_trouble.hpp"

namespace hoplab::report::cli {
namespace {

int print_matrix(const MapOptions& options, const xray::Source& source) {
  xray::EnvoyMatrix matrix = xray::envoy_matrix(source.envoy_stats);
  if (matrix.cells.empty()) matrix = xray::access_log_matrix(source.path);
  if (matrix.cells.empty()) {
    throw recording::BadRecording(options.recording +
                                  " has no statistics of Envoys and no access logs");
  }
  print(options.json ? xray::matrix_json(matrix)
                     : drawing::matrix_text(matrix, writers::Ink(stdout_wants_colour())));
  return exit_all_held;
}

/// What the commands that a map names for going on would find.
drawing::NextSteps next_steps(const xray::Source& source) {
  return {source.is_recording || !source.envoy_stats.empty(), !source.store.empty()};
}

}  // namespace

int map_command(const MapOptions& options) {
  const auto source = xray::open_source(
      options.recording, options.matrix ? xray::Wanted::statistics : xray::Wanted::traces);
  for (const std::string& damaged : source->damaged) complain(damaged + "; passed over");
  if (options.matrix) return print_matrix(options, *source);
  const bool has_traces = !source->store.empty() && !source->has_summaries;
  if (!has_traces && !source->graph) {
    throw recording::BadRecording(options.recording + " has no traces and no service graph" +
                                  (source->has_summaries ? "; summaries alone make no map" : ""));
  }
  if (!has_traces && (options.range.from || options.range.to)) {
    complain("--window chooses among traces; " + options.recording +
             " has a service graph, which was counted over a window of its own");
    return exit_usage;
  }
  const xray::TimeRange range = time_range(options.range, source->store);
  if (options.json) {
    print(xray::service_graph_json(has_traces ? xray::service_graph(source->store, range)
                                              : *source->graph));
    return exit_all_held;
  }
  const xray::ServiceMap map =
      has_traces ? xray::service_map(source->store, range) : xray::service_map(*source->graph);
  print(options.dot ? drawing::map_dot(map)
                    : drawing::map_text(map, options.recording, next_steps(*source),
                                        writers::Ink(stdout_wants_colour())));
  return exit_all_held;
}

}  // namespace hoplab::report::cli
