#include "models/cloudwatch/alarm_document.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hoplab::models::cloudwatch {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t day_seconds = 86'400;

/// Reads one alarm; mistakes name it and the member.
class AlarmReader {
 public:
  AlarmReader(const Json& json, const std::string& file, const AlarmPlace& place,
              sim::Diagnostics& diagnostics)
      : json_(json), file_(file), place_(place), diagnostics_(diagnostics) {}

  std::optional<Alarm> read() {
    const int errors_before = diagnostics_.errors();
    Alarm alarm;
    alarm.name = text("AlarmName");
    name_ = alarm.name;
    if (alarm.name.empty()) fail("AlarmName is missing", "");
    alarm.arn = text("AlarmArn");
    if (alarm.arn.empty()) {
      alarm.arn = fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", place_.region, place_.account,
                              alarm.name);
    }
    alarm.description = text("AlarmDescription");
    alarm.actions_enabled = json_.value("ActionsEnabled", Json(true)) != Json(false);
    alarm.ok_actions = texts("OKActions");
    alarm.alarm_actions = texts("AlarmActions");
    alarm.insufficient_data_actions = texts("InsufficientDataActions");
    alarm.configuration = json_.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (json_.contains("AlarmRule")) {
      alarm.rule = AlarmRule::parse(text("AlarmRule"), {place_of("AlarmRule"), 1, 1}, diagnostics_);
    } else {
      alarm.metric = read_metric_alarm();
    }
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    return alarm;
  }

 private:
  [[nodiscard]] std::string place_of(std::string_view member) const {
    return fmt::format("{}: alarm '{}', {}", file_, name_, member);
  }
  void fail(const std::string& what, const std::string& hint) {
    diagnostics_.error({file_, 0, 0}, "E0910", fmt::format("alarm '{}': {}", name_, what), hint);
  }
  [[nodiscard]] static std::string text_of(const Json& object, const char* member) {
    const auto found = object.find(member);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
  }
  [[nodiscard]] std::string text(const char* member) const { return text_of(json_, member); }
  [[nodiscard]] std::vector<std::string> texts(const char* member) const {
    std::vector<std::string> all;
    const auto found = json_.find(member);
    if (found == json_.end() || !found->is_array()) return all;
    for (const Json& it : *found) {
      if (it.is_string()) all.push_back(it.get<std::string>());
    }
    return all;
  }
  /// Nothing where the member is absent; a mistake where it is no whole number in its range.
  std::optional<std::int64_t> whole(const Json& object, const char* member, std::int64_t min,
                                    std::int64_t max) {
    const auto found = object.find(member);
    if (found == object.end() || found->is_null()) return std::nullopt;
    const double value = found->is_number() ? found->get<double>() : -1;
    const bool is_good = value >= static_cast<double>(min) && value <= static_cast<double>(max) &&
                         static_cast<double>(static_cast<std::int64_t>(value)) == value;
    if (is_good) return static_cast<std::int64_t>(value);
    fail(fmt::format("{} must be a whole number from {} to {}", member, min, max), "");
    return std::nullopt;
  }
  /// The index of a member's text in a list of words; nothing where it is absent or wrong.
  std::optional<std::size_t> choice(const char* member, const std::vector<std::string>& words) {
    const std::string word = text(member);
    if (word.empty()) return std::nullopt;
    const auto found = std::ranges::find(words, word);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    const std::string near = sim::nearest_name(word, words);
    std::string all;
    for (const std::string& it : words) all += (all.empty() ? "" : ", ") + it;
    fail(fmt::format("{} cannot be '{}'", member, word),
         near.empty() ? "there are " + all : fmt::format("did you mean '{}'?", near));
    return std::nullopt;
  }

  std::optional<MetricAlarm> read_metric_alarm() {
    MetricAlarm alarm;
    constexpr std::int64_t periods_max = 8'640;  // Of ten seconds, in a day.
    const auto periods = whole(json_, "EvaluationPeriods", 1, periods_max);
    if (!periods && !json_.contains("EvaluationPeriods")) fail("EvaluationPeriods is missing", "");
    alarm.evaluation_periods = static_cast<int>(periods.value_or(1));
    const auto points = whole(json_, "DatapointsToAlarm", 1, alarm.evaluation_periods);
    if (points) alarm.datapoints_to_alarm = static_cast<int>(*points);
    const auto comparison = choice("ComparisonOperator", comparison_names());
    if (!comparison && text("ComparisonOperator").empty())
      fail("ComparisonOperator is missing", "");
    alarm.comparison = static_cast<Comparison>(comparison.value_or(0));
    alarm.missing_data = static_cast<MissingData>(
        choice("TreatMissingData", {"missing", "ignore", "breaching", "notBreaching"}).value_or(0));
    alarm.ignores_low_samples =
        choice("EvaluateLowSampleCountPercentile", {"evaluate", "ignore"}).value_or(0) == 1;
    alarm.unit = text("Unit");
    read_threshold(alarm);
    read_queries(alarm);
    if (alarm.request && alarm.evaluation_periods * alarm.period().count() > day_seconds) {
      fail("EvaluationPeriods times Period is more than a day", "");
    }
    return alarm;
  }

  void read_threshold(MetricAlarm& alarm) {
    alarm.band = text("ThresholdMetricId");
    const auto threshold = json_.find("Threshold");
    const bool has_threshold = threshold != json_.end() && threshold->is_number();
    const bool wants_band = alarm.comparison >= Comparison::outside_band;
    if (has_threshold) alarm.threshold = threshold->get<double>();
    if (wants_band && !alarm.has_band()) {
      fail(fmt::format("{} needs ThresholdMetricId", name(alarm.comparison)),
           "name the query with ANOMALY_DETECTION_BAND");
    } else if (!wants_band && alarm.has_band()) {
      fail(fmt::format("ThresholdMetricId does not go with {}", name(alarm.comparison)),
           "such as GreaterThanUpperThreshold");
    } else if (!wants_band && !has_threshold) {
      fail("Threshold is missing", "");
    }
  }

  void read_queries(MetricAlarm& alarm) {
    std::vector<MetricQuery> queries;
    const auto metrics = json_.find("Metrics");
    const bool has_metrics = metrics != json_.end() && metrics->is_array() && !metrics->empty();
    if (has_metrics && !text("MetricName").empty()) {
      fail("has MetricName and Metrics", "give one of them");
      return;
    }
    if (has_metrics) {
      for (const Json& it : *metrics) read_query(it, queries);
    } else {
      alarm.is_single_metric = true;
      auto stat = read_stat(json_, text_of(json_, "Statistic") + text("ExtendedStatistic"), json_);
      if (stat) queries.push_back({"m1", std::move(stat), "", std::nullopt, true});
    }
    if (queries.empty()) return;
    const std::string place = fmt::format("{}: alarm '{}', expression", file_, name_);
    alarm.request = MetricRequest::make(std::move(queries), {place, 1, 1}, diagnostics_);
    if (alarm.request) find_watched(alarm);
  }

  void read_query(const Json& json, std::vector<MetricQuery>& queries) {
    if (!json.is_object()) return;
    MetricQuery query;
    query.id = text_of(json, "Id");
    query.expression = text_of(json, "Expression");
    if (json.contains("Label")) query.label = text_of(json, "Label");
    query.returns_data = json.value("ReturnData", Json(true)) != Json(false);
    const auto stat = json.find("MetricStat");
    if (stat != json.end() && stat->is_object()) {
      query.stat = read_stat(stat->value("Metric", Json::object()), text_of(*stat, "Stat"), *stat);
      if (!query.stat) return;
    } else if (query.expression.empty()) {
      fail(fmt::format("query '{}' has neither MetricStat nor Expression", query.id), "");
      return;
    }
    queries.push_back(std::move(query));
  }

  std::optional<MetricStat> read_stat(const Json& metric, const std::string& statistic,
                                      const Json& with_period) {
    MetricStat stat;
    stat.metric.name_space = text_of(metric, "Namespace");
    stat.metric.name = text_of(metric, "MetricName");
    const auto dimensions = metric.find("Dimensions");
    if (dimensions != metric.end() && dimensions->is_array()) {
      for (const Json& it : *dimensions) {
        if (it.is_object()) {
          stat.metric.dimensions.push_back({text_of(it, "Name"), text_of(it, "Value")});
        }
      }
      std::ranges::sort(stat.metric.dimensions);
    }
    if (stat.metric.name.empty() || stat.metric.name_space.empty()) {
      fail("a metric needs Namespace and MetricName", "or give Metrics");
      return std::nullopt;
    }
    const auto period = whole(with_period, "Period", 1, day_seconds);
    if (!period || !is_period(*period)) {
      fail("Period must be 10, 20, 30 or a multiple of 60", "");
      return std::nullopt;
    }
    stat.period = Period(*period);
    const auto read = Statistic::parse(statistic, {place_of("statistic"), 1, 1}, diagnostics_);
    if (!read) return std::nullopt;
    stat.statistic = *read;
    return stat;
  }

  /// The one query that returns data and is not the band.
  void find_watched(MetricAlarm& alarm) {
    std::vector<std::string> returning;
    bool has_band = false;
    for (const MetricQuery& query : alarm.request->queries()) {
      const bool is_band = alarm.has_band() && query.id == alarm.band;
      has_band = has_band || is_band;
      if (query.returns_data && !is_band) returning.push_back(query.id);
    }
    if (returning.size() != 1) {
      fail(fmt::format("{} of its queries return data", returning.size()),
           "one does; the others have ReturnData false");
      return;
    }
    alarm.watched = returning.front();
    if (alarm.has_band() && !has_band) {
      fail(fmt::format("ThresholdMetricId '{}' names no query", alarm.band), "");
    }
  }

  const Json& json_;
  const std::string& file_;
  const AlarmPlace& place_;
  sim::Diagnostics& diagnostics_;
  std::string name_;
};

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
                                const AlarmPlace& place, sim::Diagnostics& diagnostics) {
  std::vector<Alarm> alarms;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() && !json.is_array()) {
    diagnostics.error({file, 0, 0}, "E0910", "this is no JSON document of alarms",
                      "give the input of put-metric-alarm or the output of describe-alarms");
    return alarms;
  }
  std::vector<const Json*> documents;
  const auto take_all = [&](const Json& list) {
    for (const Json& it : list) {
      if (it.is_object()) documents.push_back(&it);
    }
  };
  if (json.is_array()) {
    take_all(json);
  } else if (json.contains("MetricAlarms") || json.contains("CompositeAlarms")) {
    for (const char* member : {"MetricAlarms", "CompositeAlarms"}) {
      if (const auto list = json.find(member); list != json.end() && list->is_array()) {
        take_all(*list);
      }
    }
  } else {
    documents.push_back(&json);
  }
  for (const Json* document : documents) {
    auto alarm = AlarmReader(*document, file, place, diagnostics).read();
    if (!alarm) continue;
    if (std::ranges::find(alarms, alarm->name, &Alarm::name) != alarms.end()) {
      diagnostics.error({file, 0, 0}, "E0910", fmt::format("a second alarm '{}'", alarm->name));
      continue;
    }
    alarms.push_back(std::move(*alarm));
  }
  return alarms;
}

}  // namespace hoplab::models::cloudwatch
