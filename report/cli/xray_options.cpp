#include "report/cli/xray_options.hpp"

#include <map>

#include <CLI/CLI.hpp>

namespace hoplab::report::cli {

CLI::App* add_map(CLI::App& app, MapOptions& options) {
  auto* command = app.add_subcommand("map", "Draw who calls whom: rates, faults and times");
  command->add_option("RECORDING", options.recording, "Recording, or folder of real files")
      ->required();
  auto* json = command->add_flag("--json", options.json,
                                 "Print GetServiceGraph's document (of --matrix: hoplab.matrix/1)");
  auto* dot = command->add_flag("--dot", options.dot, "Print the map for Graphviz")->excludes(json);
  auto* window = add_window(*command, options.range, "Only traces that began in this window");
  command
      ->add_flag("--matrix", options.matrix,
                 "Calls of each service by upstream, as its Envoys counted them")
      ->excludes(dot)
      ->excludes(window);
  command->footer(
      "Example:\n  hoplab map recordings/talk-microservices-1\n"
      "  hoplab map recordings/talk-microservices-1 --matrix\n"
      "  hoplab map dumps/       where `aws xray get-service-graph > dumps/graph.json` has "
      "written\n"
      "\n"
      "A folder of real files may hold answers of get-service-graph, batch-get-traces and\n"
      "get-trace-summaries, segment documents a line, Envoy's /stats text and access logs.\n\n"
      "Exit code: 0, 3 damaged or nothing of X-Ray's in it, 4 not there.");
  return command;
}

CLI::App* add_traces(CLI::App& app, TracesOptions& options) {
  using Order = drawing::TraceOrder;
  auto* command = app.add_subcommand("traces", "Find traces by a filter expression; show one");
  command->add_option("RECORDING", options.recording, "Recording, or folder of real files")
      ->required();
  auto* filter =
      command->add_option("FILTER", options.filter, "X-Ray filter expression [all traces]");
  auto* id =
      command->add_option("--id", options.ids, "Show this trace as a waterfall, with its log lines")
          ->type_name("ID")
          ->allow_extra_args(false)
          ->excludes(filter);
  command->add_flag("--json", options.json,
                    "Print GetTraceSummaries' document (with --id: BatchGetTraces')");
  command
      ->add_option_function<std::string>(
          "--sort",
          [&options](const std::string& word) {
            static const std::map<std::string, Order> words = {{"slowest", Order::slowest},
                                                               {"fastest", Order::fastest},
                                                               {"newest", Order::newest},
                                                               {"oldest", Order::oldest}};
            const auto found = words.find(word);
            if (found == words.end()) {
              throw CLI::ValidationError("--sort", "want slowest, fastest, newest or oldest");
            }
            options.order = found->second;
          },
          "Which come first [slowest]")
      ->type_name("slowest|fastest|newest|oldest")
      ->excludes(id);
  const auto read_limit = [&options](const std::string& text) {
    const auto limit = number_in(text);
    if (!limit) throw CLI::ValidationError("--limit", "want a whole number; 0 is no limit");
    options.limit = *limit;
  };
  command->add_option_function<std::string>("--limit", read_limit, "So many lines [20]; 0: all")
      ->type_name("N")
      ->excludes(id);
  add_window(*command, options.range, "Only traces that began in this window")->excludes(id);
  command->footer(
      "Example:\n"
      "  hoplab traces recordings/talk-microservices-1 'service(\"payments\") { fault }'\n"
      "  hoplab traces recordings/talk-microservices-1 'responsetime > 1 AND ok'\n"
      "  hoplab traces recordings/talk-microservices-1 --id 1-695ba7c0-aa54f2338f82a67bcd079aeb\n\n"
      "Exit code: 0, 3 a mistake in the filter, no such trace, or damaged, 4 not there.");
  return command;
}

}  // namespace hoplab::report::cli
