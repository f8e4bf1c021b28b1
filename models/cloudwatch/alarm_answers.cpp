// What DescribeAlarms, DescribeAlarmHistory and EventBridge say of an alarm.
#include <xxhash.h>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "models/cloudwatch/alarm_board.hpp"
#include "models/cloudwatch/alarm_document.hpp"
#include "models/cloudwatch/alarm_reason.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using Json = nlohmann::json;

/// An id that a metric alarm's only metric gets: CloudWatch makes one up, this one hangs on the
/// name.
std::string made_up_id(const std::string& name) {
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", hash.high64 >> 32,
                     hash.high64 >> 16 & 0xffff, hash.high64 & 0xffff, hash.low64 >> 48,
                     hash.low64 & 0xffff'ffff'ffff);
}

Json status_json(const AlarmStatus& status) {
  Json json = {{"value", name(status.state)},
               {"reason", status.reason},
               {"timestamp", reason_time(status.updated)}};
  if (!status.reason_data.empty()) json["reasonData"] = status.reason_data;
  return json;
}

Json query_json(const MetricQuery& query) {
  Json json = {{"id", query.id}, {"returnData", query.returns_data}};
  if (query.label) json["label"] = *query.label;
  if (!query.stat) {
    json["expression"] = query.expression;
    return json;
  }
  Json dimensions = Json::object();
  for (const Dimension& it : query.stat->metric.dimensions) dimensions[it.name] = it.value;
  json["metricStat"] = {{"metric",
                         {{"namespace", query.stat->metric.name_space},
                          {"name", query.stat->metric.name},
                          {"dimensions", dimensions}}},
                        {"period", query.stat->period.count()},
                        {"stat", query.stat->statistic.name()}};
  return json;
}

Json configuration_json(const Alarm& alarm) {
  Json json = Json::object();
  if (!alarm.description.empty()) json["description"] = alarm.description;
  if (alarm.rule) {
    json["alarmRule"] = alarm.rule->text();
    return json;
  }
  for (MetricQuery query : alarm.metric->request->queries()) {
    if (alarm.metric->is_single_metric) query.id = made_up_id(alarm.name);
    json["metrics"].push_back(query_json(query));
  }
  return json;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json history_state(const AlarmStatus& status) {
  Json json = {{"stateValue", name(status.state)}, {"stateReason", status.reason}};
  const Json data = Json::parse(status.reason_data, nullptr, false);
  if (data.is_object()) json["stateReasonData"] = data;
  return json;
}

}  // namespace

std::string describe(const Alarm& alarm, const AlarmStatus& status) {
  Json json = Json::parse(alarm.configuration);
  json["AlarmArn"] = alarm.arn;
  json["ActionsEnabled"] = alarm.actions_enabled;
  json["OKActions"] = alarm.ok_actions;
  json["AlarmActions"] = alarm.alarm_actions;
  json["InsufficientDataActions"] = alarm.insufficient_data_actions;
  json["StateValue"] = name(status.state);
  json["StateReason"] = status.reason;
  json.erase("StateReasonData");
  if (!status.reason_data.empty()) json["StateReasonData"] = status.reason_data;
  json["StateUpdatedTimestamp"] = sim::format_iso8601(status.updated);
  json["StateTransitionedTimestamp"] = sim::format_iso8601(status.transitioned);
  return dumped(json);
}

std::string describe_all(const AlarmBoard& board) {
  Json json = {{"MetricAlarms", Json::array()}, {"CompositeAlarms", Json::array()}};
  for (std::size_t i = 0; i < board.alarms().size(); ++i) {
    const Alarm& alarm = board.alarms()[i];
    const char* list = alarm.is_composite() ? "CompositeAlarms" : "MetricAlarms";
    json[list].push_back(Json::parse(describe(alarm, board.status(i))));
  }
  return dumped(json);
}

std::string history_item(const AlarmChange& change) {
  const Json data = {{"version", "1.0"},
                     {"oldState", history_state(change.before)},
                     {"newState", history_state(change.after)}};
  const Json item = {
      {"AlarmName", change.alarm->name},
      {"AlarmType", change.alarm->is_composite() ? "CompositeAlarm" : "MetricAlarm"},
      {"Timestamp", sim::format_iso8601(change.after.transitioned)},
      {"HistoryItemType", "StateUpdate"},
      {"HistorySummary", fmt::format("Alarm updated from {} to {}", name(change.before.state),
                                     name(change.after.state))},
      {"HistoryData", dumped(data)}};
  return dumped(item);
}

std::string state_change_event(const AlarmChange& change, const AlarmPlace& place,
                               const std::string& id) {
  std::string time = sim::format_iso8601(change.after.transitioned);
  time = time.substr(0, time.find('.')) + "Z";
  const Json event = {{"version", "0"},
                      {"id", id.empty() ? made_up_id(change.alarm->name + time) : id},
                      {"detail-type", "CloudWatch Alarm State Change"},
                      {"source", "aws.cloudwatch"},
                      {"account", place.account},
                      {"time", time},
                      {"region", place.region},
                      {"resources", {change.alarm->arn}},
                      {"detail",
                       {{"alarmName", change.alarm->name},
                        {"state", status_json(change.after)},
                        {"previousState", status_json(change.before)},
                        {"configuration", configuration_json(*change.alarm)}}}};
  return dumped(event);
}

}  // namespace hoplab::models::cloudwatch
