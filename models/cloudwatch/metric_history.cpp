#include "models/cloudwatch/metric_history.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "scenarios/schema/read_history.hpp"
#include "sim/diagnostic.hpp"
#include "sim/random.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

constexpr double seconds_a_day = 86'400;
constexpr double pi = 3.14159265358979323846;
constexpr double turn = 2 * pi / seconds_a_day;  // Radians a second.
constexpr std::size_t hours_a_day = 24;

MetricId metric_of(const scenarios::MetricHistory& profile) {
  MetricId metric{profile.name_space, profile.metric, {}};
  for (const auto& [name, value] : profile.dimensions) metric.dimensions.push_back({name, value});
  std::ranges::sort(metric.dimensions);
  return metric;
}

/// The value of a period, minute by minute.
class Folded {
 public:
  explicit Folded(Statistic::Fold fold) : fold_(fold) {}

  /// `minutes` of which each has this value; of a sum: all of them together.
  void add(double value, double minutes) {
    const bool is_first = minutes_ == 0;
    minutes_ += minutes;
    switch (fold_) {
      case Statistic::Fold::mean:
        total_ += value * minutes;
        break;
      case Statistic::Fold::sum:
        total_ += value;
        break;
      case Statistic::Fold::minimum:
        total_ = is_first ? value : std::min(total_, value);
        break;
      case Statistic::Fold::maximum:
        total_ = is_first ? value : std::max(total_, value);
        break;
    }
  }
  [[nodiscard]] bool is_empty() const { return minutes_ == 0; }
  [[nodiscard]] double value() const {
    return fold_ == Statistic::Fold::mean ? total_ / minutes_ : total_;
  }

 private:
  Statistic::Fold fold_;
  double total_ = 0;
  double minutes_ = 0;
};

}  // namespace

MetricHistory::MetricHistory(scenarios::MetricHistory profile, Statistic statistic, WallTime end,
                             std::uint64_t seed)
    : profile_(std::move(profile)),
      metric_(metric_of(profile_)),
      statistic_(std::move(statistic)),
      seed_(seed) {
  range_.to = std::chrono::floor<std::chrono::minutes>(end);
  range_.from = range_.to - std::chrono::floor<std::chrono::minutes>(profile_.length);
  HOPLAB_ASSERT(range_.from < range_.to, "a history has a minute at least");
  const std::string name = "history " + to_string(metric_) + " " + statistic_.name();
  stream_ = sim::Rng::stream(seed_, name).bits();
}

double MetricHistory::shape_at(WallTime minute) const {
  const auto day = std::chrono::floor<std::chrono::days>(minute);
  const double second = sim::in_seconds(minute - day);
  const double angle = turn * (second - sim::in_seconds(profile_.wave.peak));
  const double wave = 1 + profile_.wave.amplitude.value() * sim::portable_sin(angle + pi / 2);
  const double weekday = profile_.wave.weekday[std::chrono::weekday(day).iso_encoding() - 1];
  if (profile_.hour_factors.empty()) return wave * weekday;
  return wave * weekday * profile_.hour_factors[static_cast<std::size_t>((minute - day) / 1h)];
}

std::optional<double> MetricHistory::at(WallTime instant) const {
  const auto minute = std::chrono::floor<std::chrono::minutes>(instant);
  if (minute < range_.from || minute >= range_.to) return std::nullopt;
  const auto number = static_cast<std::uint64_t>(minute.time_since_epoch().count());
  auto random = sim::Rng::stream(stream_ + number, "minute");
  if (random.chance(profile_.missing)) return std::nullopt;
  const double noise = profile_.noise.value() * random.standard_normal();
  const double value = std::max(0.0, profile_.level * shape_at(minute) * (1 + noise));
  constexpr double whole = 100;
  return profile_.unit == "Percent" ? std::min(value, whole) : value;
}

void MetricHistory::precede(TimeSeries& recorded, TimeRange range) const {
  const WallTime to = std::min(range.to, range_.to);
  auto minute = std::chrono::ceil<std::chrono::minutes>(std::max(range.from, range_.from));
  std::vector<DataPoint> before;
  while (minute < to) {
    const auto index = (minute - range.from) / recorded.period;
    const WallTime begin = range.from + index * recorded.period;
    const WallTime end = std::min(begin + recorded.period, range.to);
    Folded folded(statistic_.fold());
    for (; minute < std::min(end, to); minute += 1min) {
      if (const auto value = at(minute)) folded.add(*value, 1);
    }
    const auto here = std::ranges::lower_bound(recorded.points, begin, {}, &DataPoint::at);
    if (here != recorded.points.end() && here->at == begin) {
      if (end > range_.to) folded.add(here->value, sim::in_seconds(end - range_.to) / 60);
      if (end > range_.to) here->value = folded.value();
    } else if (!folded.is_empty()) {
      before.push_back({begin, folded.value()});
    }
  }
  const auto behind = static_cast<std::ptrdiff_t>(recorded.points.size());
  recorded.points.insert(recorded.points.end(), before.begin(), before.end());
  std::ranges::inplace_merge(recorded.points, recorded.points.begin() + behind, {}, &DataPoint::at);
}

// --- In a recording -----------------------------------------------------------------------------

std::string MetricHistory::to_json() const {
  Json dimensions = Json::array();
  for (const Dimension& it : metric_.dimensions) {
    dimensions.push_back({{"Name", it.name}, {"Value", it.value}});
  }
  Json json{{"Namespace", metric_.name_space},
            {"MetricName", metric_.name},
            {"Dimensions", std::move(dimensions)},
            {"Stat", statistic_.name()},
            {"StartTime", sim::format_iso8601(range_.from)},
            {"EndTime", sim::format_iso8601(range_.to)},
            {"level", profile_.level},
            {"amplitude", profile_.wave.amplitude.value()},
            {"peakNs", profile_.wave.peak.count()},
            {"weekdayFactors", profile_.wave.weekday},
            {"noise", profile_.noise.value()},
            {"missing", profile_.missing.value()},
            {"seed", seed_}};
  if (!profile_.unit.empty()) json["Unit"] = profile_.unit;
  if (!profile_.hour_factors.empty()) json["hourFactors"] = profile_.hour_factors;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

scenarios::MetricHistory profile_in(const Json& json) {
  scenarios::MetricHistory profile;
  profile.name_space = json.at("Namespace");
  profile.metric = json.at("MetricName");
  for (const Json& it : json.at("Dimensions")) {
    profile.dimensions.emplace_back(it.at("Name"), it.at("Value"));
  }
  profile.statistic = json.at("Stat");
  profile.unit = json.value("Unit", "");
  profile.level = json.at("level");
  profile.wave.amplitude = sim::Ratio(json.at("amplitude"));
  profile.wave.peak = sim::Duration(json.at("peakNs").get<std::int64_t>());
  profile.wave.weekday = json.at("weekdayFactors");
  profile.hour_factors = json.value("hourFactors", std::vector<double>{});
  profile.noise = sim::Ratio(json.at("noise"));
  profile.missing = sim::Ratio(json.at("missing"));
  return profile;
}

}  // namespace

std::optional<MetricHistory> parse_metric_history(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    auto profile = profile_in(json);
    const auto from = sim::parse_iso8601(json.at("StartTime").get<std::string>());
    const auto to = sim::parse_iso8601(json.at("EndTime").get<std::string>());
    sim::Diagnostics diagnostics;
    auto statistic = Statistic::parse(profile.statistic, {}, diagnostics);
    const bool has_hours =
        profile.hour_factors.empty() || profile.hour_factors.size() == hours_a_day;
    if (!from || !to || !statistic || !has_hours || *to - *from < 1min) return std::nullopt;
    if (*to - *from > scenarios::history_length_max) return std::nullopt;
    profile.length = *to - *from;
    return MetricHistory(std::move(profile), std::move(*statistic), *to, json.at("seed"));
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace hoplab::models::cloudwatch
