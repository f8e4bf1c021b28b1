#include "report/cli/metric_options.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace hoplab::report::cli {
namespace {

void add_excluded(CLI::App& app, std::vector<ExcludedRange>& target) {
  constexpr std::size_t ranges_max = 10;  // As AnomalyDetectorConfiguration has it.
  const auto read = [&target](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const auto comma = std::min(text.find(','), text.size());
      const auto from = diagnosis::parse_instant(text.substr(0, comma));
      const auto to = diagnosis::parse_instant(text.substr(std::min(comma + 1, text.size())));
      if (!from || !to) {
        throw CLI::ValidationError("--exclude",
                                   "want FROM,TO: times since the first datum (2m,3m) "
                                   "or ISO 8601 instants");
      }
      target.push_back({*from, *to});
    }
    if (target.size() > ranges_max) throw CLI::ValidationError("--exclude", "at most 10 ranges");
  };
  app.add_option_function<std::vector<std::string>>(
         "--exclude", read, "Bands do not learn from this time; may be repeated")
      ->type_name("FROM,TO")
      ->allow_extra_args(false);
}

}  // namespace

CLI::App* add_metrics(CLI::App& app, MetricsOptions& options) {
  auto* command = app.add_subcommand("metrics", "List CloudWatch metrics; get statistics and math");
  command
      ->add_option("SOURCE", options.source,
                   "Recording, or a file: MetricDatum lines, or what get-metric-data or\n"
                   "get-metric-statistics answered")
      ->required();
  command->add_option("ACTION", options.action, "list or get")
      ->required()
      ->check(CLI::IsMember({"list", "get"}));
  command->add_option("--namespace", options.name_space, "list: only of this namespace");
  command->add_option("--name", options.name, "list: only metrics of this name");
  command->add_option("--dimension", options.dimensions, "list: only with this dimension")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command->add_option("--search", options.search, "list: only what a SEARCH for this finds")
      ->type_name("TEXT");
  command
      ->add_option("--metric", options.metrics,
                   "get: [ID=]NAMESPACE,NAME[,DIMENSION=VALUE]...; may be repeated [ids m1, m2]")
      ->type_name("METRIC")
      ->allow_extra_args(false);
  command
      ->add_option("--expression", options.expressions,
                   "get: metric math over the ids; may be repeated, as ID=... [ids e1, e2]")
      ->type_name("MATH")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--stat", options.statistic,
          "get: Average, Sum, Minimum, Maximum, SampleCount, p99, tm99, TC(:5) ... [Average]")
      ->type_name("STATISTIC");
  command->add_option("--period", options.period_seconds, "get: seconds [60]")
      ->check(CLI::Range(1, 86'400))
      ->type_name("N");
  add_instant(*command, "--from", options.from, "get: from then on [the first datum]");
  add_instant(*command, "--to", options.to, "get: up to then [the last datum]");
  add_excluded(*command, options.excluded);
  command->add_flag("--json", options.json, "Print as ListMetrics or GetMetricData answers");
  command->footer(
      "Example:\n  hoplab metrics recordings/talk-two-hops-1 list --namespace AWS/ECS\n"
      "  hoplab metrics recordings/talk-two-hops-1 get --stat Maximum \\\n"
      "      --metric m1=AWS/ECS,CPUUtilization,ClusterName=hoplab,ServiceName=b \\\n"
      "      --expression 'RUNNING_SUM(m1)'\n\n"
      "Exit code: 0, 3 no metrics or a malformed expression, 4 not there.");
  return command;
}

CLI::App* add_alarms(CLI::App& app, AlarmsOptions& options) {
  auto* command = app.add_subcommand(
      "alarms", "Evaluate CloudWatch alarms on recorded metrics, minute by minute");
  command->add_option("SOURCE", options.source, "Recording, or a file of data as for metrics")
      ->required();
  command
      ->add_option("--file", options.file,
                   "Alarms: input of put-metric-alarm or put-composite-alarm, a list of them, or\n"
                   "what describe-alarms answered [those of the recording]")
      ->type_name("FILE");
  add_excluded(*command, options.excluded);
  command->add_flag("--history", options.history, "Print each change of state, too");
  command
      ->add_flag("--detectors", options.detectors,
                 "Print the states of the models behind bands, as of the last datum, in their\n"
                 "place: PENDING_TRAINING, TRAINED_INSUFFICIENT_DATA or TRAINED")
      ->excludes("--history");
  command->add_flag("--json", options.json,
                    "Print as a DescribeAlarms answer, with --history DescribeAlarmHistory, with\n"
                    "--detectors DescribeAnomalyDetectors");
  command->add_flag("--fail-on-alarm", options.fail_on_alarm,
                    "Exit with 1 when one was in ALARM at some time");
  command->footer(
      "Example:\n  hoplab alarms recordings/talk-two-hops-1 --file alarms.json --history\n\n"
      "Exit code: 0 (1 with --fail-on-alarm and an alarm), 3 no metrics or a malformed alarm,\n"
      "4 not there.");
  return command;
}

}  // namespace hoplab::report::cli
