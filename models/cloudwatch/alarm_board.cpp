#include "models/cloudwatch/alarm_board.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "models/cloudwatch/alarm_reason.hpp"
#include "models/cloudwatch/math_machine.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;

const TimeSeries* series_of(const std::vector<QueryResult>& results, const std::string& id,
                            std::size_t index) {
  const auto found = std::ranges::find(results, id, &QueryResult::id);
  if (found == results.end() || found->series.size() <= index) return nullptr;
  return &found->series[index];
}

/// Where the latest period ends.
WallTime last_step(WallTime now, Period period) {
  return period_start(now, period < 60s ? Period(10) : Period(60));
}

std::optional<double> value_at(const TimeSeries* series, WallTime at) {
  const DataPoint* point = series == nullptr ? nullptr : point_at(*series, at);
  if (point == nullptr) return std::nullopt;
  return point->value;
}

}  // namespace

std::optional<std::vector<AlarmPoint>> points_of(const MetricAlarm& alarm, const MetricStore& store,
                                                 WallTime now, BandModels& models) {
  const Period period = alarm.period();
  const int length = evaluation_range(alarm.evaluation_periods);
  const WallTime end = last_step(now, period);
  const TimeRange range{end - length * period, end};
  sim::Diagnostics diagnostics;
  const auto results = alarm.request->run(store, range, models, diagnostics);
  if (!results) return std::nullopt;
  const TimeSeries* values = series_of(*results, alarm.watched, 0);
  const TimeSeries* upper = alarm.has_band() ? series_of(*results, alarm.band, 0) : nullptr;
  const TimeSeries* lower = alarm.has_band() ? series_of(*results, alarm.band, 1) : nullptr;
  std::optional<TimeSeries> samples;
  if (alarm.is_single_metric) {
    const MetricStat& stat = *alarm.request->queries().front().stat;
    if (is_of_unit(store, stat)) samples = store.sample_counts(stat.metric, period, range);
  }
  std::vector<AlarmPoint> points;
  for (const WallTime at : timestamps_of(range, period)) {
    AlarmPoint point;
    point.at = at;
    point.value = value_at(values, at);
    point.samples = value_at(samples ? &*samples : nullptr, at);
    point.lower = value_at(lower, at);
    point.upper = value_at(upper, at);
    points.push_back(point);
  }
  return points;
}

AlarmBoard::AlarmBoard(std::vector<Alarm> alarms, WallTime created) : alarms_(std::move(alarms)) {
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    by_name_.emplace(alarms_[i].name, i);
    AlarmStatus status;
    status.updated = created;
    status.transitioned = created;
    statuses_.push_back(std::move(status));
  }
}

AlarmState AlarmBoard::state_of(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return AlarmState::insufficient_data;
  return statuses_[found->second].state;
}

sim::Duration AlarmBoard::look_back() const {
  sim::Duration longest = 0s;
  for (const Alarm& alarm : alarms_) {
    if (!alarm.metric) continue;
    const sim::Duration range =
        evaluation_range(alarm.metric->evaluation_periods) * alarm.metric->period();
    longest = std::max(longest, range);
    if (!alarm.metric->request->has_band()) continue;
    longest = std::max<sim::Duration>(longest, range + AnomalyModel::training_time + 1h);
  }
  return longest;
}

sim::Duration AlarmBoard::step() const {
  const bool has_short = std::ranges::any_of(
      alarms_, [](const Alarm& it) { return it.metric && it.metric->period() < 60s; });
  return has_short ? 10s : 60s;
}

std::vector<AlarmChange> AlarmBoard::evaluate(const MetricStore& store, WallTime now) {
  std::vector<AlarmChange> changes;
  const bool is_full_minute = now - period_start(now, 60s) < 10s;
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    if (!alarms_[i].metric) continue;
    if (alarms_[i].metric->period() < 60s || is_full_minute) {
      evaluate_metric(i, store, now, changes);
    }
  }
  follow(now, changes, std::exchange(is_new_, false));
  return changes;
}

void AlarmBoard::evaluate_metric(std::size_t index, const MetricStore& store, WallTime now,
                                 std::vector<AlarmChange>& changes) {
  const MetricAlarm& alarm = *alarms_[index].metric;
  const auto range = points_of(alarm, store, now, models_);
  const AlarmDecision decision =
      range ? decide(*range, alarm)
            : AlarmDecision{AlarmState::insufficient_data, {}, alarm.evaluation_periods};
  if (!decision.state) return;
  const auto& stat = alarm.request->queries().front().stat;
  const auto percentile =
      stat && alarm.is_single_metric ? stat->statistic.percentile() : std::nullopt;
  if (alarm.ignores_low_samples && percentile && *decision.state != AlarmState::insufficient_data &&
      has_low_samples(*range, alarm.evaluation_periods, *percentile)) {
    return;
  }
  if (*decision.state == statuses_[index].state && !is_new_) return;
  set(index, *decision.state, state_reason(*decision.state, decision, alarm),
      state_reason_data(decision, range.value_or(std::vector<AlarmPoint>{}), alarm, now), now,
      changes);
}

void AlarmBoard::set(std::size_t index, AlarmState state, std::string reason, std::string data,
                     WallTime now, std::vector<AlarmChange>& changes) {
  AlarmStatus& status = statuses_[index];
  AlarmChange change{&alarms_[index], status, {}};
  const bool is_change = status.state != state;
  status.state = state;
  status.reason = std::move(reason);
  status.reason_data = std::move(data);
  status.updated = now;
  if (!is_change) return;
  status.transitioned = now;
  change.after = status;
  changes.push_back(std::move(change));
}

/// {"triggeringAlarms":[...]}: the child, or all of the rule's.
std::string AlarmBoard::triggering(const AlarmRule& rule, const Alarm* child) const {
  std::string list;
  for (const std::string& named : rule.alarms()) {
    const auto found = by_name_.find(named);
    if (found == by_name_.end()) continue;
    const Alarm& alarm = alarms_[found->second];
    if (child != nullptr && child != &alarm) continue;
    const AlarmStatus& status = statuses_[found->second];
    list += fmt::format(R"({}{{"arn":"{}","state":{{"value":"{}","timestamp":"{}"}}}})",
                        list.empty() ? "" : ",", alarm.arn, name(status.state),
                        reason_time(status.transitioned));
  }
  return R"({"triggeringAlarms":[)" + list + "]}";
}

/// Composite alarms may hang on others: as many rounds as there are alarms reach all of them, and
/// an end in a cycle.
void AlarmBoard::follow(WallTime now, std::vector<AlarmChange>& changes, bool is_first) {
  for (std::size_t round = 0; round <= alarms_.size(); ++round) {
    const std::size_t until = changes.size();
    for (std::size_t i = 0; i < alarms_.size(); ++i) {
      const auto& rule = alarms_[i].rule;
      if (!rule) continue;
      const bool holds = rule->holds([this](const std::string& it) { return state_of(it); });
      const AlarmState state = holds ? AlarmState::alarm : AlarmState::ok;
      if (is_first && round == 0) {
        set(i, state,
            fmt::format("{} was created and its alarm rule evaluates to {}", alarms_[i].arn,
                        name(state)),
            triggering(*rule, nullptr), now, changes);
        continue;
      }
      if (state == statuses_[i].state) continue;
      const AlarmChange* cause = nullptr;  // The last one that the rule names.
      for (const AlarmChange& change : changes) {
        const auto& named = rule->alarms();
        const bool is_named = std::ranges::find(named, change.alarm->name) != named.end();
        if (is_named) cause = &change;
      }
      if (cause == nullptr) continue;
      const Alarm* child = cause->alarm;
      std::string reason = composite_reason(child->arn, cause->after.state, cause->after.updated);
      set(i, state, std::move(reason), triggering(*rule, child), now, changes);
    }
    if (changes.size() == until) return;
  }
}

}  // namespace hoplab::models::cloudwatch
