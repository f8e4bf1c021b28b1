#include "models/cloudwatch/anomaly_detectors.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "models/cloudwatch/alarm_board.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using Json = nlohmann::json;

constexpr const char* band_function = "ANOMALY_DETECTION_BAND";

const MetricQuery* find_query(const MetricAlarm& alarm, std::string_view id) {
  const auto& queries = alarm.request->queries();
  const auto found = std::ranges::find(queries, id, &MetricQuery::id);
  return found == queries.end() ? nullptr : &*found;
}

/// The query whose values the band is of: m1 of "ANOMALY_DETECTION_BAND(m1, 2)"; null where it is
/// of a whole expression.
const MetricQuery* subject_of(const MetricAlarm& alarm) {
  const MetricQuery* band = find_query(alarm, alarm.band);
  if (band == nullptr || band->stat) return nullptr;
  sim::Diagnostics read_before;
  const auto expression = MathExpression::parse(band->expression, {}, read_before);
  if (!expression) return nullptr;
  const MathNode& root = expression->root();
  const bool is_call = root.kind == MathNode::Kind::call && root.text == band_function;
  if (!is_call || root.parts.empty() || root.parts[0].kind != MathNode::Kind::id) return nullptr;
  return find_query(alarm, root.parts[0].text);
}

Json single_metric(const MetricStat& stat) {
  Json dimensions = Json::array();
  for (const Dimension& it : stat.metric.dimensions) {
    dimensions.push_back({{"Name", it.name}, {"Value", it.value}});
  }
  return {{"Namespace", stat.metric.name_space},
          {"MetricName", stat.metric.name},
          {"Dimensions", std::move(dimensions)},
          {"Stat", stat.statistic.name()}};
}

/// The alarm's queries without the band; the one that it is of returns data.
Json metric_math(const Alarm& alarm, const MetricQuery* subject) {
  Json queries = Json::array();
  const Json configuration = Json::parse(alarm.configuration);
  for (Json query : configuration.at("Metrics")) {
    if (query.at("Id") == alarm.metric->band) continue;
    query["ReturnData"] =
        query.at("Id") == (subject == nullptr ? alarm.metric->watched : subject->id);
    queries.push_back(std::move(query));
  }
  return {{"MetricDataQueries", std::move(queries)}};
}

AnomalyModel::State state_of(const MetricAlarm& alarm, const MetricStore& store, WallTime now,
                             const std::vector<TimeRange>& excluded) {
  BandModels models;
  models.excluded = excluded;
  (void)points_of(alarm, store, now, models);
  const auto learned = models.by_expression.begin();
  return learned == models.by_expression.end() ? AnomalyModel::State::pending_training
                                               : learned->second.model.state();
}

Json configuration_of(const std::vector<TimeRange>& excluded) {
  Json ranges = Json::array();
  for (const TimeRange& it : excluded) {
    ranges.push_back(
        {{"StartTime", sim::format_iso8601(it.from)}, {"EndTime", sim::format_iso8601(it.to)}});
  }
  return {{"ExcludedTimeRanges", std::move(ranges)}};
}

}  // namespace

std::string describe_anomaly_detectors(const std::vector<Alarm>& alarms, const MetricStore& store,
                                       WallTime now, const std::vector<TimeRange>& excluded) {
  Json list = Json::array();
  for (const Alarm& alarm : alarms) {
    if (!alarm.metric || !alarm.metric->has_band()) continue;
    const MetricQuery* subject = subject_of(*alarm.metric);
    Json detector;
    if (subject != nullptr && subject->stat) {
      detector = single_metric(*subject->stat);  // Its deprecated members are still told.
      detector["SingleMetricAnomalyDetector"] = single_metric(*subject->stat);
    } else {
      detector["MetricMathAnomalyDetector"] = metric_math(alarm, subject);
    }
    detector["Configuration"] = configuration_of(excluded);
    detector["StateValue"] = AnomalyModel::name(state_of(*alarm.metric, store, now, excluded));
    const bool is_known = std::ranges::find(list, detector) != list.end();
    if (!is_known) list.push_back(std::move(detector));
  }
  const Json answer = {{"AnomalyDetectors", std::move(list)}};
  return answer.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hoplab::models::cloudwatch
