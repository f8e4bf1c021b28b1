#include "models/cloudwatch/alarm_reason.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace hoplab::models::cloudwatch {
namespace {

constexpr std::size_t inline_points_max = 4;
constexpr std::size_t recent_points_max = 5;

/// "1 datapoint was", "2 datapoints were".
std::string counted(std::string_view what, std::size_t count) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}
std::string_view was(std::size_t count) { return count == 1 ? "was" : "were"; }

/// "02/10/19 16:59:00"
std::string point_time(WallTime instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
  return fmt::format("{:02}/{:02}/{:02} {:02}:{:02}:{:02}", static_cast<unsigned>(date.day()),
                     static_cast<unsigned>(date.month()), static_cast<int>(date.year()) % 100,
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

/// "[99.5 (02/10/19 16:59:00), ...]", the latest first.
std::string listed(const std::vector<AlarmPoint>& points) {
  std::string text;
  const std::size_t count = std::min(points.size(), recent_points_max);
  for (std::size_t i = 0; i < count; ++i) {
    const AlarmPoint& point = points[points.size() - 1 - i];
    text +=
        fmt::format("{}{} ({})", i == 0 ? "" : ", ", figure(*point.value), point_time(point.at));
  }
  return "[" + text + "]";
}

std::string edges(const std::vector<AlarmPoint>& points, std::optional<double> AlarmPoint::*edge) {
  std::string text;
  const std::size_t count = std::min(points.size(), recent_points_max);
  for (std::size_t i = 0; i < count; ++i) {
    const AlarmPoint& point = points[points.size() - 1 - i];
    text += fmt::format("{}{}", i == 0 ? "" : ", ", figure((point.*edge).value_or(0)));
  }
  return "[" + text + "]";
}

std::string_view words(Comparison comparison) {
  switch (comparison) {
    case Comparison::greater_or_equal:
      return "greater than or equal to";
    case Comparison::greater:
      return "greater than";
    case Comparison::less:
      return "less than";
    default:
      return "less than or equal to";
  }
}

/// "greater than the threshold (50.0)", or of a band; with "not " before each part.
std::string condition(const std::vector<AlarmPoint>& points, const MetricAlarm& alarm,
                      std::string_view no) {
  if (!alarm.has_band()) {
    return fmt::format("{}{} the threshold ({})", no, words(alarm.comparison),
                       figure(alarm.threshold));
  }
  std::string text;
  if (alarm.comparison != Comparison::above_band) {
    text +=
        fmt::format("{}less than the lower thresholds {}", no, edges(points, &AlarmPoint::lower));
  }
  if (alarm.comparison == Comparison::outside_band) text += " or ";
  if (alarm.comparison != Comparison::below_band) {
    text += fmt::format("{}greater than the upper thresholds {}", no,
                        edges(points, &AlarmPoint::upper));
  }
  return text;
}

std::vector<AlarmPoint> those(const AlarmDecision& decision, const MetricAlarm& alarm,
                              PointVerdict verdict) {
  std::vector<AlarmPoint> points;
  for (const AlarmPoint& point : decision.considered) {
    if (judge(point, alarm) == verdict) points.push_back(point);
  }
  return points;
}

/// "no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching]"
std::string treated(const AlarmDecision& decision, const MetricAlarm& alarm) {
  const std::size_t received = decision.considered.size();
  const auto filled = static_cast<std::size_t>(decision.filled);
  const auto periods = static_cast<std::size_t>(alarm.evaluation_periods);
  const std::string_view as =
      alarm.missing_data == MissingData::breaching ? "Breaching" : "NonBreaching";
  return fmt::format("{} {} received for {} and {} {} treated as [{}].",
                     received == 0 ? "no datapoints" : counted("datapoint", received),
                     received == 0 ? "were" : was(received), counted("period", periods),
                     counted("missing datapoint", filled), was(filled), as);
}

}  // namespace

std::string state_reason(AlarmState state, const AlarmDecision& decision,
                         const MetricAlarm& alarm) {
  const auto periods = static_cast<std::size_t>(alarm.evaluation_periods);
  if (state == AlarmState::insufficient_data) {
    return fmt::format("Insufficient Data: {} {} unknown.", counted("datapoint", periods),
                       was(periods));
  }
  const std::string_view head = alarm.has_band() ? "Thresholds Crossed" : "Threshold Crossed";
  const bool is_filled = alarm.missing_data == MissingData::breaching ||
                         alarm.missing_data == MissingData::not_breaching;
  if (decision.filled > 0 && is_filled) {
    return fmt::format("{}: {}", head, treated(decision, alarm));
  }
  const bool is_alarm = state == AlarmState::alarm;
  const auto points =
      those(decision, alarm, is_alarm ? PointVerdict::breaching : PointVerdict::fine);
  std::string text = fmt::format("{}: ", head);
  if (alarm.datapoints_to_alarm) {
    text += fmt::format("{} out of the last {}", points.size(), counted("datapoint", periods));
    if (periods == 1) text += "s";  // "1 out of the last 1 datapoints".
  } else {
    text += counted("datapoint", points.size());
  }
  const bool is_inline = points.size() <= inline_points_max;
  if (is_inline) text += " " + listed(points);
  text +=
      fmt::format(" {} {}", was(points.size()), condition(points, alarm, is_alarm ? "" : "not "));
  if (!is_inline) {
    text += fmt::format(". The most recent datapoints{}: {}",
                        is_alarm ? " which crossed the threshold" : "", listed(points));
  }
  if (alarm.datapoints_to_alarm) {
    const int minimum = is_alarm ? alarm.m() : alarm.evaluation_periods - alarm.m() + 1;
    text += fmt::format(" (minimum {} for {} transition)",
                        counted("datapoint", static_cast<std::size_t>(minimum)),
                        is_alarm ? "OK -> ALARM" : "ALARM -> OK");
  }
  return text + ".";
}

std::string state_reason_data(const AlarmDecision& decision, const std::vector<AlarmPoint>& range,
                              const MetricAlarm& alarm, WallTime now) {
  std::string data = fmt::format(R"({{"version":"1.0","queryDate":"{}")", reason_time(now));
  const auto& points = decision.considered;
  if (!points.empty()) {
    data += fmt::format(R"(,"startDate":"{}")", reason_time(points.front().at));
  }
  if (!alarm.unit.empty()) data += fmt::format(R"(,"unit":"{}")", alarm.unit);
  if (alarm.is_single_metric) {
    data += fmt::format(R"(,"statistic":"{}")",
                        alarm.request->queries().front().stat->statistic.name());
  }
  data += fmt::format(R"(,"period":{},"recentDatapoints":[)", alarm.period().count());
  const auto list = [&](std::optional<double> AlarmPoint::*member) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      data += (i == 0 ? "" : ",") + figure((points[i].*member).value_or(0));
    }
  };
  list(&AlarmPoint::value);
  data += "]";
  if (!alarm.has_band()) data += fmt::format(R"(,"threshold":{})", figure(alarm.threshold));
  if (alarm.has_band() && alarm.comparison != Comparison::above_band) {
    data += R"(,"recentLowerThresholds":[)";
    list(&AlarmPoint::lower);
    data += "]";
  }
  if (alarm.has_band() && alarm.comparison != Comparison::below_band) {
    data += R"(,"recentUpperThresholds":[)";
    list(&AlarmPoint::upper);
    data += "]";
  }
  data += R"(,"evaluatedDatapoints":[)";
  const std::vector<AlarmPoint>& evaluated = points.empty() ? range : points;
  const std::size_t count =
      std::min(evaluated.size(), static_cast<std::size_t>(alarm.evaluation_periods));
  for (std::size_t i = 0; i < count; ++i) {
    const AlarmPoint& point = evaluated[evaluated.size() - 1 - i];
    data += fmt::format(R"({}{{"timestamp":"{}")", i == 0 ? "" : ",", reason_time(point.at));
    if (point.samples) data += fmt::format(R"(,"sampleCount":{})", figure(*point.samples));
    if (point.value) data += fmt::format(R"(,"value":{})", figure(*point.value));
    data += "}";
  }
  return data + "]}";
}

std::string composite_reason(const std::string& child_arn, AlarmState child, WallTime since) {
  static constexpr std::array<std::string_view, 7> weekdays = {
      "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  static constexpr std::array<std::string_view, 12> months = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const auto day = std::chrono::floor<std::chrono::days>(since);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(since - day));
  return fmt::format("{} transitioned to {} at {} {:02} {}, {} {:02}:{:02}:{:02} UTC", child_arn,
                     name(child), weekdays[std::chrono::weekday(day).iso_encoding() - 1],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string figure(double value) {
  if (value == 0) return "0.0";
  std::array<char, 64> text{};
  const double size = value < 0 ? -value : value;
  const bool is_plain = size >= 1e-3 && size < 1e7;
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value,
                    is_plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string shown(text.data(), end);
  if (error != std::errc()) return "NaN";
  if (is_plain) return shown.find('.') == std::string::npos ? shown + ".0" : shown;
  const std::size_t e = shown.find('e');
  std::string mantissa = shown.substr(0, e);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  std::string exponent = shown.substr(e + 1);
  if (exponent.starts_with('+')) exponent.erase(0, 1);
  const std::size_t digits = exponent.starts_with('-') ? 1 : 0;
  while (exponent.size() > digits + 1 && exponent[digits] == '0') exponent.erase(digits, 1);
  return mantissa + "E" + exponent;
}

std::string reason_time(WallTime instant) {
  std::string text = sim::format_iso8601(instant);
  text.pop_back();
  return text + "+0000";
}

}  // namespace hoplab::models::cloudwatch
