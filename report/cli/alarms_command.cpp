#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "models/cloudwatch/alarm_document.hpp"
#include "models/cloudwatch/anomaly_detectors.hpp"
#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/metrics/alarm_text.hpp"
#include "report/metrics/metric_reader.hpp"
#include "report/metrics/unknown_metric.hpp"
#include "report/recording/manifest.hpp"

namespace hoplab::report::cli {

namespace {

constexpr auto kept_by_cloudwatch = std::chrono::days(455);

/// Nothing when there are none.
std::optional<std::filesystem::path> alarm_file_of(const AlarmsOptions& options) {
  if (!options.file.empty()) return options.file;
  const auto own = std::filesystem::path(options.source) / "config/alarms.jsonl";
  if (!std::filesystem::exists(own)) return std::nullopt;
  return own;
}

std::string answer_of(const AlarmsOptions& options, const metrics::AlarmHistory& history) {
  if (!options.json) {
    return metrics::alarms_text(history, writers::Ink(stdout_wants_colour()), stdout_is_terminal(),
                                options.history);
  }
  return options.history ? metrics::alarm_history_json(history) : metrics::alarms_json(history);
}

/// Of the models behind bands, as the last evaluation had them.
std::string detectors_of(const AlarmsOptions& options, const metrics::AlarmHistory& history,
                         const models::cloudwatch::MetricStore& store,
                         const std::vector<models::cloudwatch::TimeRange>& excluded) {
  const auto now = history.range.to + models::cloudwatch::AlarmBoard::evaluation_delay;
  const std::string answer =
      models::cloudwatch::describe_anomaly_detectors(history.board.alarms(), store, now, excluded);
  if (options.json) return answer + "\n";
  return metrics::detectors_text(answer, writers::Ink(stdout_wants_colour()));
}

/// CloudWatch takes an alarm on a metric that is not there; it may be a slip all the same.
void warn_of_unknown_metrics(const std::vector<models::cloudwatch::Alarm>& alarms,
                             const models::cloudwatch::MetricStore& store, const std::string& file,
                             sim::Diagnostics& diagnostics) {
  for (const models::cloudwatch::Alarm& alarm : alarms) {
    if (!alarm.metric) continue;
    for (const models::cloudwatch::MetricQuery& query : alarm.metric->request->queries()) {
      if (!query.stat || store.knows(query.stat->metric)) continue;
      if (store.history(query.stat->metric, query.stat->statistic.name()) != nullptr) continue;
      diagnostics.warning({file, 0, 0}, "E0911",
                          fmt::format("alarm '{}': there is no metric '{}'", alarm.name,
                                      to_string(query.stat->metric)),
                          metrics::hint_of_unknown(query.stat->metric, store));
    }
  }
}

}  // namespace

int alarms_command(const AlarmsOptions& options) {
  namespace cloudwatch = models::cloudwatch;
  const auto file = metrics::read_metrics(options.source);
  sim::Diagnostics diagnostics;
  const auto path = alarm_file_of(options);
  if (!path) {
    complain(options.source + " has no alarms of its own; name some with --file");
    return exit_bad_input;
  }
  std::string text = recording::read_file(*path);
  if (path->extension() == ".jsonl")
    text = text.substr(0, text.find('\n'));  // As it was at the beginning.
  auto alarms = cloudwatch::parse_alarms(text, path->string(), {}, diagnostics);
  if (!diagnostics.has_errors()) {
    warn_of_unknown_metrics(alarms, file.store, path->string(), diagnostics);
  }
  print_diagnostics(diagnostics, false);
  if (diagnostics.has_errors()) return exit_bad_input;
  const auto extent = file.store.extent();
  if (extent->to - extent->from > kept_by_cloudwatch) {
    complain(options.source + " spans more than 455 days, which is more than CloudWatch keeps");
    return exit_bad_input;
  }
  std::vector<cloudwatch::TimeRange> excluded;
  for (const ExcludedRange& it : options.excluded) {
    excluded.push_back(
        {metrics::instant_of(it.from, extent->from), metrics::instant_of(it.to, extent->from)});
  }
  const auto history = metrics::evaluate_alarms(std::move(alarms), file.store, excluded);
  print(options.detectors ? detectors_of(options, history, file.store, excluded)
                          : answer_of(options, history));
  const bool was_in_alarm = std::ranges::any_of(history.changes, [](const auto& change) {
    return change.after.state == cloudwatch::AlarmState::alarm;
  });
  return options.fail_on_alarm && was_in_alarm ? exit_expectation_failed : exit_all_held;
}

}  // namespace hoplab::report::cli
