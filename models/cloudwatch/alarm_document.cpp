#include "models/cloudwatch/alarm_document.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "models/cloudwatch/alarm_part.hpp"
#include "models/cloudwatch/alarm_trial.hpp"
#include "scenarios/schema/node.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using Names = std::vector<std::string>;

constexpr std::int64_t day_seconds = 86'400;
constexpr std::int64_t week_seconds = 7 * day_seconds;

// --- Members -----------------------------------------------------------------------------------

/// Of the inputs and of what DescribeAlarms answers, metric alarms and composite ones.
const Names common_members = {"AlarmName",
                              "AlarmArn",
                              "AlarmDescription",
                              "AlarmConfigurationUpdatedTimestamp",
                              "ActionsEnabled",
                              "OKActions",
                              "AlarmActions",
                              "InsufficientDataActions",
                              "Tags",
                              "StateValue",
                              "StateReason",
                              "StateReasonData",
                              "StateUpdatedTimestamp",
                              "StateTransitionedTimestamp"};
/// Those of the one metric, which do not go with Metrics.
const Names single_members = {"MetricName", "Namespace", "Dimensions",       "Period",
                              "Unit",       "Statistic", "ExtendedStatistic"};
const Names metric_members = {"EvaluationPeriods", "DatapointsToAlarm",
                              "Threshold",         "ComparisonOperator",
                              "TreatMissingData",  "EvaluateLowSampleCountPercentile",
                              "Metrics",           "ThresholdMetricId",
                              "EvaluationState",   "EvaluationCriteria",
                              "EvaluationInterval"};
const Names composite_members = {
    "AlarmRule",         "ActionsSuppressedBy",         "ActionsSuppressedReason",
    "ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"};
const Names query_members = {"Id",         "MetricStat", "Expression", "Label",
                             "ReturnData", "Period",     "AccountId"};

/// StandardUnit.
const Names unit_names = {"Seconds",
                          "Microseconds",
                          "Milliseconds",
                          "Bytes",
                          "Kilobytes",
                          "Megabytes",
                          "Gigabytes",
                          "Terabytes",
                          "Bits",
                          "Kilobits",
                          "Megabits",
                          "Gigabits",
                          "Terabits",
                          "Percent",
                          "Count",
                          "Bytes/Second",
                          "Kilobytes/Second",
                          "Megabytes/Second",
                          "Gigabytes/Second",
                          "Terabytes/Second",
                          "Bits/Second",
                          "Kilobits/Second",
                          "Megabits/Second",
                          "Gigabits/Second",
                          "Terabits/Second",
                          "Count/Second",
                          "None"};
const Names plain_statistics = {"SampleCount", "Average", "Sum", "Minimum", "Maximum"};

Names joined(Names first, const Names& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

bool has(const Names& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// Shorter ones than ten seconds are for GetMetricData alone.
bool is_alarm_period(std::int64_t seconds) {
  if (seconds == 10 || seconds == 20 || seconds == 30) return true;
  return seconds > 0 && seconds <= week_seconds && seconds % 60 == 0;
}

// --- One alarm ---------------------------------------------------------------------------------

/// Reads one alarm; mistakes name it and the member.
class AlarmReader {
 public:
  AlarmReader(AlarmPart alarm, const std::string& file, const AlarmPlace& place,
              sim::Diagnostics& diagnostics)
      : json_(std::move(alarm)), file_(file), place_(place), diagnostics_(diagnostics) {}

  std::optional<Alarm> read() {
    const int errors_before = diagnostics_.errors();
    Alarm alarm;
    alarm.name = json_.text("AlarmName");
    if (!alarm.name.empty()) json_.call(fmt::format("alarm '{}'", alarm.name));
    if (alarm.name.empty()) {
      json_.fail("AlarmName", "AlarmName is missing", "it is what the alarm is called");
    }
    alarm.arn = json_.text("AlarmArn");
    if (alarm.arn.empty()) {
      alarm.arn = fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", place_.region, place_.account,
                              alarm.name);
    }
    alarm.description = json_.text("AlarmDescription");
    alarm.actions_enabled = json_.flag("ActionsEnabled", true);
    alarm.ok_actions = json_.texts("OKActions");
    alarm.alarm_actions = json_.texts("AlarmActions");
    alarm.insufficient_data_actions = json_.texts("InsufficientDataActions");
    alarm.configuration = json_.json();
    if (json_.has("AlarmRule")) {
      alarm.rule = read_rule();
    } else {
      alarm.metric = read_metric_alarm();
    }
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    return alarm;
  }

 private:
  [[nodiscard]] sim::SourceMark place_of(std::string_view part) const {
    return {fmt::format("{}: {}, {}", file_, json_.whose(), part), 1, 1};
  }

  std::optional<AlarmRule> read_rule() {
    const Names of_metrics = joined(metric_members, single_members);
    json_.expect_only("an alarm", joined(joined(common_members, composite_members), of_metrics));
    const auto one =
        std::ranges::find_if(of_metrics, [this](const auto& it) { return json_.has(it); });
    if (one != of_metrics.end()) {
      json_.fail(*one, fmt::format("has AlarmRule and {}", *one),
                 "a composite alarm has no metric of its own; make it two alarms");
    }
    const int errors_before = diagnostics_.errors();
    const std::string text = json_.text("AlarmRule");
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    return AlarmRule::parse(text, place_of("AlarmRule"), diagnostics_);
  }

  std::optional<MetricAlarm> read_metric_alarm() {
    json_.expect_only("an alarm", joined(joined(common_members, metric_members), single_members));
    if (json_.has("EvaluationCriteria")) {
      json_.fail("EvaluationCriteria", "alarms on PromQL queries are not simulated",
                 "give MetricName or Metrics");
      return std::nullopt;
    }
    MetricAlarm alarm;
    constexpr std::int64_t periods_max = day_seconds / 10;  // Of ten seconds, in a day.
    const auto periods = json_.whole("EvaluationPeriods", 1, periods_max);
    json_.require("EvaluationPeriods");
    alarm.evaluation_periods = static_cast<int>(periods.value_or(1));
    const auto points = json_.whole("DatapointsToAlarm", 1, periods.value_or(periods_max));
    if (points) alarm.datapoints_to_alarm = static_cast<int>(*points);
    const auto comparison = json_.choice("ComparisonOperator", comparison_names());
    json_.require("ComparisonOperator", "such as GreaterThanThreshold");
    alarm.comparison = static_cast<Comparison>(comparison.value_or(0));
    alarm.missing_data = static_cast<MissingData>(
        json_.choice("TreatMissingData", {"missing", "ignore", "breaching", "notBreaching"})
            .value_or(0));
    alarm.ignores_low_samples =
        json_.choice("EvaluateLowSampleCountPercentile", {"evaluate", "ignore"}).value_or(0) == 1;
    alarm.band = json_.text("ThresholdMetricId");
    if (const auto threshold = json_.number("Threshold")) alarm.threshold = *threshold;
    if (comparison) check_threshold(alarm);
    read_queries(alarm);
    if (alarm.request && periods) check_length(alarm);
    return alarm;
  }

  void check_threshold(const MetricAlarm& alarm) const {
    const bool wants_band = alarm.comparison >= Comparison::outside_band;
    if (wants_band && !json_.has("ThresholdMetricId")) {
      json_.fail("ComparisonOperator",
                 fmt::format("{} needs ThresholdMetricId", name(alarm.comparison)),
                 "name the query with ANOMALY_DETECTION_BAND");
    } else if (!wants_band && json_.has("ThresholdMetricId")) {
      json_.fail("ThresholdMetricId",
                 fmt::format("ThresholdMetricId does not go with {}", name(alarm.comparison)),
                 "it goes with GreaterThanUpperThreshold and the others of a band");
    } else if (!wants_band) {
      json_.require("Threshold");
    }
  }

  void check_length(const MetricAlarm& alarm) const {
    constexpr Period hour(3600);
    const bool is_long = alarm.period() >= hour;
    const std::int64_t length = alarm.evaluation_periods * alarm.period().count();
    if (length <= (is_long ? week_seconds : day_seconds)) return;
    json_.fail("EvaluationPeriods",
               fmt::format("EvaluationPeriods times Period is more than {}",
                           is_long ? "seven days" : "a day"),
               is_long ? "" : "periods of 3600 seconds and more may make up seven days");
  }

  [[nodiscard]] static std::string read_unit(const AlarmPart& part) {
    const auto unit = part.choice("Unit", unit_names);
    return unit ? unit_names[*unit] : "";
  }

  // --- What it watches ---

  void read_queries(MetricAlarm& alarm) {
    if (json_.size("Metrics") > 0) expect_no_single_metric();
    const int errors_before = diagnostics_.errors();
    std::vector<MetricQuery> queries;
    const std::vector<AlarmPart> metrics =
        json_.parts("Metrics", R"({"Id":"m1","MetricStat":{...}} or {"Id":"e1","Expression":...})");
    if (json_.size("Metrics") > 0) {
      for (const AlarmPart& part : metrics) read_query(part, queries);
    } else if (diagnostics_.errors() == errors_before) {
      alarm.is_single_metric = true;
      auto stat = read_stat(json_, read_statistic(), json_);
      if (stat) alarm.unit = stat->unit;
      if (stat) queries.push_back({"m1", std::move(stat), "", std::nullopt, true});
    }
    if (queries.empty()) return;
    alarm.request = MetricRequest::make(std::move(queries), place_of("expression"), diagnostics_);
    // Where a query could not be read, those that name it would be blamed as well.
    if (!alarm.request || diagnostics_.errors() > errors_before) return;
    find_watched(alarm);
    try_expressions(alarm, place_of("expression"), diagnostics_);
  }

  void expect_no_single_metric() const {
    Names found;
    for (const std::string& member : single_members) {
      const bool is_empty_list = member == "Dimensions" && json_.size(member) == 0;
      if (json_.has(member) && !is_empty_list) found.push_back(member);
    }
    if (found.empty()) return;  // DescribeAlarms answers empty Dimensions beside Metrics.
    json_.fail(found.front(), fmt::format("has Metrics and {}", fmt::join(found, ", ")),
               "MetricName and what goes with it, or Metrics");
  }

  void read_query(AlarmPart part, std::vector<MetricQuery>& queries) {
    const int errors_before = diagnostics_.errors();
    MetricQuery query;
    query.id = part.text("Id");
    if (!query.id.empty()) part.call(fmt::format("{}, query '{}'", json_.whose(), query.id));
    part.expect_only("a query", query_members);
    query.expression = part.text("Expression");
    if (part.has("Label")) query.label = part.text("Label");
    query.returns_data = part.flag("ReturnData", true);
    if (part.has("MetricStat") == part.has("Expression")) {
      part.fail("MetricStat",
                part.has("Expression") ? "it has MetricStat and Expression"
                                       : "it has neither MetricStat nor Expression",
                "give one of them");
      return;
    }
    if (const auto stat = part.part("MetricStat")) query.stat = read_metric_stat(*stat);
    if (diagnostics_.errors() == errors_before) queries.push_back(std::move(query));
  }

  std::optional<MetricStat> read_metric_stat(const AlarmPart& part) {
    part.expect_only("MetricStat", {"Metric", "Period", "Stat", "Unit"});
    part.require("Stat", "such as Average or p99");
    part.require("Metric", "an object with Namespace, MetricName and Dimensions");
    const auto metric = part.part("Metric");
    if (!metric) return std::nullopt;
    metric->expect_only("a metric", {"Namespace", "MetricName", "Dimensions"});
    return read_stat(*metric, part.text("Stat"), part);
  }

  /// Statistic takes the plain ones, ExtendedStatistic the others; "" after a mistake.
  [[nodiscard]] std::string read_statistic() {
    if (json_.has("Statistic") && json_.has("ExtendedStatistic")) {
      json_.fail("ExtendedStatistic", "has Statistic and ExtendedStatistic", "give one of them");
      return "";
    }
    if (json_.has("ExtendedStatistic")) {
      const std::string text = json_.text("ExtendedStatistic");
      if (!has(plain_statistics, text)) return text;
      json_.fail("ExtendedStatistic", fmt::format("ExtendedStatistic cannot be '{}'", text),
                 "Statistic takes it");
      return "";
    }
    json_.require("Statistic", "such as Average; or ExtendedStatistic, such as p99");
    const std::string text = json_.text("Statistic");
    sim::Diagnostics unheard;  // What is no statistic at all is told where it is read.
    const bool is_extended =
        !has(plain_statistics, text) && Statistic::parse(text, {}, unheard).has_value();
    if (!is_extended) return text;
    json_.fail("Statistic", fmt::format("Statistic cannot be '{}'", text),
               "ExtendedStatistic takes it");
    return "";
  }

  /// `statistic` is "" where it is wrong and that has been told.
  std::optional<MetricStat> read_stat(const AlarmPart& metric, const std::string& statistic,
                                      const AlarmPart& with_period) {
    MetricStat stat;
    stat.metric.name_space = metric.text("Namespace");
    stat.metric.name = metric.text("MetricName");
    const bool is_named = !stat.metric.name.empty() && !stat.metric.name_space.empty();
    if (!is_named) {
      metric.fail("", "a metric needs Namespace and MetricName", "or give Metrics");
    }
    stat.metric.dimensions = read_dimensions(metric);
    stat.unit = read_unit(with_period);
    constexpr const char* must_be = "Period must be 10, 20, 30 or a multiple of 60, in seconds";
    const auto period = with_period.whole("Period", must_be);
    with_period.require("Period", "in seconds, such as 60");
    const bool has_period = period && is_alarm_period(*period);
    if (period && !has_period) with_period.fail("Period", must_be, "up to seven days, 604800");
    if (statistic.empty()) return std::nullopt;
    const auto read = Statistic::parse(statistic, place_of("statistic"), diagnostics_);
    if (!read || !is_named || !has_period) return std::nullopt;
    stat.period = Period(*period);
    stat.statistic = *read;
    return stat;
  }

  [[nodiscard]] static std::vector<Dimension> read_dimensions(const AlarmPart& metric) {
    const std::string example = R"({"Name":"ServiceName","Value":"b"})";
    std::vector<Dimension> all;
    for (const AlarmPart& part : metric.parts("Dimensions", example)) {
      if (part.expect_only("a dimension", {"Name", "Value"})) {
        part.require("Name");
        part.require("Value");
      }
      Dimension dimension{part.text("Name"), part.text("Value")};
      const bool is_second = std::ranges::find(all, dimension.name, &Dimension::name) != all.end();
      if (is_second && !dimension.name.empty()) {
        part.fail("Name", fmt::format("a second dimension '{}'", dimension.name), "give each once");
      }
      all.push_back(std::move(dimension));
    }
    std::ranges::sort(all);
    return all;
  }

  /// The one query that returns data and is not the band.
  void find_watched(MetricAlarm& alarm) const {
    Names returning;
    Names ids;
    for (const MetricQuery& query : alarm.request->queries()) {
      ids.push_back(query.id);
      if (query.returns_data && query.id != alarm.band) returning.push_back(query.id);
    }
    if (returning.size() == 1) {
      alarm.watched = returning.front();
    } else {
      json_.fail("Metrics", fmt::format("{} of its queries return data", returning.size()),
                 "one does; the others have ReturnData false");
    }
    if (!alarm.has_band() || has(ids, alarm.band)) return;
    json_.fail("ThresholdMetricId",
               fmt::format("ThresholdMetricId '{}' names no query", alarm.band),
               fmt::format("there are {}", fmt::join(ids, ", ")));
  }

  AlarmPart json_;
  const std::string& file_;
  const AlarmPlace& place_;
  sim::Diagnostics& diagnostics_;
};

// --- Many of them ------------------------------------------------------------------------------

/// The alarms that a document holds.
struct Documents {
  std::vector<AlarmPart> alarms;
  bool is_answer = false;  ///< Of DescribeAlarms, which may have been asked for some alarms only.
};

Documents documents_in(const scenarios::Node& root, sim::Diagnostics& diagnostics) {
  using Kind = scenarios::Node::Kind;
  const std::string example = R"({"AlarmName":"cpu",...})";
  Documents found;
  const AlarmPart whole(root, "alarm", diagnostics);
  if (root.kind == Kind::sequence) {
    found.alarms = AlarmPart::parts_of(root, "alarm", example, diagnostics);
  } else if (root.kind != Kind::mapping) {
    whole.fail("", "this is no document of alarms",
               "give the input of put-metric-alarm or the output of describe-alarms");
  } else if (whole.has("MetricAlarms") || whole.has("CompositeAlarms")) {
    found.is_answer = true;
    const AlarmPart answer(root, "describe-alarms", diagnostics);
    // A recording's own lines begin with the instant at which the answer was given.
    answer.expect_only("its output",
                       {"at", "MetricAlarms", "CompositeAlarms", "NextToken", "ResponseMetadata"});
    found.alarms = answer.parts("MetricAlarms", example);
    for (AlarmPart& part : answer.parts("CompositeAlarms", example)) {
      found.alarms.push_back(std::move(part));
    }
  } else {
    found.alarms.push_back(whole);
  }
  return found;
}

/// Whether a rule's alarms are there. PutCompositeAlarm refuses a rule with one that is not.
bool has_alarms_of(const Alarm& alarm, const Names& known, bool is_answer, const std::string& file,
                   sim::Diagnostics& diagnostics) {
  bool has_all = true;
  for (std::size_t i = 0; alarm.rule && i < alarm.rule->alarms().size(); ++i) {
    const std::string& child = alarm.rule->alarms()[i];
    if (has(known, child)) continue;
    const sim::SourceMark mark{fmt::format("{}: alarm '{}', AlarmRule", file, alarm.name), 1,
                               alarm.rule->column(i)};
    const std::string near = sim::nearest_name(child, known);
    const std::string hint = near.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                          : fmt::format("did you mean '{}'?", near);
    const std::string what = fmt::format("there is no alarm '{}'", child);
    if (is_answer) {
      diagnostics.warning(mark, "E0910", what + ", which counts as INSUFFICIENT_DATA", hint);
      continue;
    }
    diagnostics.error(mark, "E0910", what, hint);
    has_all = false;
  }
  return has_all;
}

}  // namespace

const std::vector<std::string>& comparison_names() {
  static const std::vector<std::string> names = {"GreaterThanOrEqualToThreshold",
                                                 "GreaterThanThreshold",
                                                 "LessThanThreshold",
                                                 "LessThanOrEqualToThreshold",
                                                 "LessThanLowerOrGreaterThanUpperThreshold",
                                                 "LessThanLowerThreshold",
                                                 "GreaterThanUpperThreshold"};
  return names;
}

std::string_view name(Comparison comparison) {
  return comparison_names()[static_cast<std::size_t>(comparison)];
}

std::string_view name(MissingData missing_data) {
  static constexpr std::array<std::string_view, 4> names = {"missing", "ignore", "breaching",
                                                            "notBreaching"};
  return names[static_cast<std::size_t>(missing_data)];
}

const std::vector<std::string>& Alarm::actions_of(AlarmState state) const {
  if (state == AlarmState::ok) return ok_actions;
  return state == AlarmState::alarm ? alarm_actions : insufficient_data_actions;
}

std::vector<Alarm> parse_alarms(std::string_view text, const std::string& file,
                                const AlarmPlace& place, sim::Diagnostics& diagnostics,
                                const std::vector<std::string>& others) {
  std::vector<Alarm> alarms;
  const int errors_before = diagnostics.errors();
  const auto root = scenarios::parse_json(text, file, diagnostics);
  if (!root) return alarms;
  const Documents documents = documents_in(*root, diagnostics);
  if (documents.alarms.empty() && diagnostics.errors() == errors_before) {
    diagnostics.error(root->mark, "E0910", "there is no alarm in this document",
                      "give the input of put-metric-alarm or the output of describe-alarms");
  }
  Names known = others;
  for (const AlarmPart& document : documents.alarms) {
    auto alarm = AlarmReader(document, file, place, diagnostics).read();
    if (auto name = document.peek("AlarmName"); !name.empty()) known.push_back(std::move(name));
    if (!alarm) continue;
    if (std::ranges::find(alarms, alarm->name, &Alarm::name) != alarms.end()) {
      document.fail("AlarmName", fmt::format("a second alarm '{}'", alarm->name),
                    "give it a name of its own");
      continue;
    }
    alarms.push_back(std::move(*alarm));
  }
  std::erase_if(alarms, [&](const Alarm& alarm) {
    return !has_alarms_of(alarm, known, documents.is_answer, file, diagnostics);
  });
  return alarms;
}

}  // namespace hoplab::models::cloudwatch
