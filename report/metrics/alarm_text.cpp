#include "report/metrics/alarm_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/cloudwatch/alarm_document.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::metrics {

using models::cloudwatch::Alarm;
using models::cloudwatch::AlarmBoard;
using models::cloudwatch::AlarmChange;
using models::cloudwatch::AlarmState;
using writers::Tone;
using Json = nlohmann::json;

namespace {

std::string clock(sim::WallTime at) { return sim::format_iso8601(at).substr(0, 19) + "Z"; }

Tone tone_of(AlarmState state) {
  if (state == AlarmState::ok) return Tone::good;
  return state == AlarmState::alarm ? Tone::bad : Tone::dim;
}

std::string shown(AlarmState state, const writers::Ink& ink) {
  constexpr std::size_t width = 17;  // INSUFFICIENT_DATA
  return ink(tone_of(state), writers::pad_right(std::string(name(state)), width));
}

/// A mark for each part of the time: # ALARM, - OK, . unknown; an ALARM is never hidden.
std::string strip(const Alarm& alarm, const AlarmHistory& history) {
  constexpr std::size_t width = 60;
  const auto minutes =
      static_cast<std::size_t>((history.range.to - history.range.from) / std::chrono::minutes(1));
  const std::size_t columns = std::clamp<std::size_t>(minutes, 1, width);
  const auto column_of = [&](sim::WallTime at) {
    const double share = sim::in_seconds(at - history.range.from) /
                         sim::in_seconds(history.range.to - history.range.from);
    return std::min(columns - 1, static_cast<std::size_t>(share * static_cast<double>(columns)));
  };
  std::string marks(columns, '.');
  for (const AlarmChange& change : history.changes) {
    if (change.alarm != &alarm) continue;
    const std::size_t from = column_of(change.after.transitioned);
    const AlarmState state = change.after.state;
    const char mark = state == AlarmState::alarm ? '#' : state == AlarmState::ok ? '-' : '.';
    for (std::size_t i = from; i < columns; ++i) {
      const bool hides_alarm = i == from && change.before.state == AlarmState::alarm;
      if (!hides_alarm) marks[i] = mark;
    }
  }
  return marks;
}

Json parsed(const std::string& text) { return Json::parse(text); }

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string subject_text(const Json& detector) {
  std::string text;
  if (detector.contains("MetricMathAnomalyDetector")) {
    for (const Json& query : detector.at("MetricMathAnomalyDetector").at("MetricDataQueries")) {
      if (query.at("ReturnData") == true) text += query.value("Expression", "");
    }
    return text;
  }
  text = detector.value("Namespace", "") + " " + detector.value("MetricName", "");
  for (const Json& it : detector.at("Dimensions")) {
    text += " " + it.value("Name", "") + "=" + it.value("Value", "");
  }
  return text + ", " + detector.value("Stat", "");
}

}  // namespace

AlarmHistory evaluate_alarms(std::vector<Alarm> alarms,
                             const models::cloudwatch::MetricStore& store,
                             std::vector<models::cloudwatch::TimeRange> excluded) {
  const auto extent = store.extent();
  HOPLAB_ASSERT(extent.has_value(), "alarms are evaluated on data");
  const auto from = std::chrono::floor<std::chrono::minutes>(extent->from);
  AlarmHistory history(AlarmBoard(std::move(alarms), from));
  history.board.exclude(std::move(excluded));
  history.range = {from, std::chrono::ceil<std::chrono::minutes>(extent->to)};
  const auto step = history.board.step();
  for (auto now = history.range.from + step; now <= history.range.to; now += step) {
    for (AlarmChange& change : history.board.evaluate(store, now + AlarmBoard::evaluation_delay)) {
      history.changes.push_back(std::move(change));
    }
  }
  return history;
}

std::string alarms_text(const AlarmHistory& history, const writers::Ink& ink, bool has_strips,
                        bool has_changes) {
  std::string text;
  const auto& alarms = history.board.alarms();
  for (std::size_t i = 0; i < alarms.size(); ++i) {
    const auto& status = history.board.status(i);
    text += fmt::format("{}  {}  since {}\n", shown(status.state, ink),
                        ink(Tone::bold, alarms[i].name), clock(status.transitioned));
    if (has_strips) text += "  " + strip(alarms[i], history) + "\n";
    for (const std::string& line : writers::wrapped(status.reason, writers::page_width - 2)) {
      text += "  " + line + "\n";
    }
  }
  if (!has_changes) return text;
  text += "\nChanges\n";
  for (const AlarmChange& change : history.changes) {
    text += fmt::format("  {}  {} {} -> {}\n", clock(change.after.transitioned), change.alarm->name,
                        name(change.before.state), name(change.after.state));
    for (const std::string& line : writers::wrapped(change.after.reason, writers::page_width - 4)) {
      text += "    " + line + "\n";
    }
  }
  return text;
}

std::string alarms_json(const AlarmHistory& history) {
  return dumped(parsed(describe_all(history.board)));
}

std::string alarm_history_json(const AlarmHistory& history) {
  Json json = {{"AlarmHistoryItems", Json::array()}};
  for (auto change = history.changes.rbegin(); change != history.changes.rend(); ++change) {
    json["AlarmHistoryItems"].push_back(parsed(history_item(*change)));
  }
  return dumped(json);
}

std::string detectors_text(const std::string& answer, const writers::Ink& ink) {
  constexpr std::size_t width = 25;  // TRAINED_INSUFFICIENT_DATA
  std::string text;
  const Json whole = parsed(answer);
  for (const Json& it : whole.at("AnomalyDetectors")) {
    const std::string state = it.value("StateValue", "");
    const Tone tone = state == "TRAINED" ? Tone::good : Tone::dim;
    text += ink(tone, writers::pad_right(state, width)) + "  " + subject_text(it) + "\n";
  }
  return text.empty() ? "no alarm has a band\n" : text;
}

}  // namespace hoplab::report::metrics
