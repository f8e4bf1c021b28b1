#include "report/cli/logs_options.hpp"

#include <map>

#include <CLI/CLI.hpp>

namespace hoplab::report::cli {
namespace {

/// What all that look at events have in common.
void add_selection(CLI::App& command, LogsOptions& options) {
  command.add_option("--log-group", options.groups, "Only this log group; may be repeated [all]")
      ->type_name("NAME")
      ->allow_extra_args(false);
  add_instant(command, "--start", options.start,
              "From then on: 2m since the first event, ISO 8601");
  add_instant(command, "--end", options.end, "Up to then");
}

void add_limit(CLI::App& command, const std::string& name, std::optional<std::uint64_t>& target,
               const std::string& meaning) {
  command.add_option(name, target, meaning)->check(CLI::Range(1, 100'000))->type_name("N");
}

void add_query(CLI::App& logs, LogsOptions& options) {
  using Output = LogsOptions::Output;
  static const std::map<std::string, Output> outputs = {
      {"table", Output::table}, {"json", Output::json}, {"csv", Output::csv}};
  auto* command = logs.add_subcommand("query", "Run a query of CloudWatch Logs Insights");
  command->add_option("PATH", options.path, "Recording, or folder of log files")->required();
  command->add_option("QUERY", options.query, "The query; - reads it from stdin")->required();
  add_selection(*command, options);
  add_limit(*command, "--limit", options.limit, "Rows, where the query has no limit [10000]");
  command
      ->add_option_function<std::string>(
          "--output",
          [&options](const std::string& word) {
            const auto found = outputs.find(word);
            if (found == outputs.end()) {
              throw CLI::ValidationError("--output", "want table, json or csv");
            }
            options.output = found->second;
          },
          "How rows are printed [table]; json has the form of GetQueryResults")
      ->type_name("table|json|csv");
  command->callback([&options] { options.action = LogsOptions::Action::query; });
  command->footer(
      "Example:\n  hoplab logs query recordings/vanished-crash-1 \\\n"
      "    'parse @message \"* \\\"* * *\\\" * * *\" as at, method, path, proto, code, flags, "
      "rest\n"
      "     | stats count(*) as n by code, flags | sort n desc' --log-group /ecs/a/envoy\n\n"
      "The folder may hold what `aws logs filter-log-events` or `get-query-results` printed, or\n"
      "access logs of an Envoy: a file is a log group.\n\n"
      "Exit code: 0 it could answer, 3 a malformed query or no log files, 4 not there.");
}

void add_tail(CLI::App& logs, LogsOptions& options) {
  auto* command = logs.add_subcommand("tail", "Print the last log lines, oldest first");
  command->add_option("PATH", options.path, "Recording, or folder of log files")->required();
  add_selection(*command, options);
  add_limit(*command, "-n,--lines", options.limit, "Lines [10]");
  command->add_option("--filter", options.filter, "Only lines with this text")->type_name("TEXT");
  command->add_flag("--json", options.json, "Print them in the form of GetQueryResults");
  command->callback([&options] { options.action = LogsOptions::Action::tail; });
  command->footer(
      "Example:\n  hoplab logs tail recordings/vanished-crash-1 --log-group /ecs/b/app -n 20");
}

void add_groups(CLI::App& logs, LogsOptions& options) {
  auto* command = logs.add_subcommand("groups", "List the log groups");
  command->add_option("PATH", options.path, "Recording, or folder of log files")->required();
  command->add_flag("--json", options.json, "Print the list as JSON (hoplab.log-groups/1)");
  command->callback([&options] { options.action = LogsOptions::Action::groups; });
  command->footer("Example:\n  hoplab logs groups recordings/vanished-crash-1");
}

}  // namespace

CLI::App* add_logs(CLI::App& app, LogsOptions& options) {
  auto* logs = app.add_subcommand("logs", "Ask the logs, in the language of Logs Insights");
  logs->require_subcommand(1);
  add_query(*logs, options);
  add_tail(*logs, options);
  add_groups(*logs, options);
  logs->footer(
      "Example:\n  hoplab logs query recordings/vanished-crash-1 'filter level = \"error\"\n"
      "    | stats count(*) by bin(10s)'\n\n"
      "`hoplab logs query --help` has the details.");
  return logs;
}

}  // namespace hoplab::report::cli
