#include "models/cloudwatch/statsd_agent.hpp"
#include "sim/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

namespace hoplab::models::cloudwatch {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration collection_interval = 10s;
constexpr sim::Duration aggregation_interval = 60s;
constexpr std::size_t values_per_datum_max = 150;
constexpr std::size_t dimensions_max = 30;

/// The lower ends of the bins from 1 on: powers of 1.1, beyond what 64 bits count to. What arrives
/// are whole numbers, so nothing lies between 0 and 1.
constexpr std::size_t bins = 470;
constexpr double bin_factor = 1.1;

std::array<double, bins> make_ends() {
  std::array<double, bins> ends{};
  double end = 1;
  for (double& it : ends) {
    it = end;
    end *= bin_factor;
  }
  return ends;
}

double middle_of_bin(double value) {
  static const std::array<double, bins> ends = make_ends();
  static const double half = std::sqrt(bin_factor);
  if (value < 1) return 0;
  return *std::prev(std::ranges::upper_bound(ends, value)) * half;
}

sim::WallTime truncated(sim::WallTime time, sim::Duration interval) {
  return time - time.time_since_epoch() % interval;
}

std::string metric_name(std::string_view name) {
  std::string metric(name);
  std::ranges::replace(metric, '.', '_');
  return metric;
}

std::string dimensions_of(std::string_view tags, std::string_view type) {
  std::map<std::string, std::string, std::less<>> sorted;
  sorted.emplace("metric_type", type);
  while (!tags.empty()) {
    const std::string_view tag = tags.substr(0, tags.find(','));
    tags.remove_prefix(std::min(tags.size(), tag.size() + 1));
    const auto colon = tag.find(':');
    if (tag.empty() || colon == 0) continue;
    const bool has_value = colon != std::string_view::npos;
    sorted.insert_or_assign(std::string(tag.substr(0, colon)),
                            has_value ? std::string(tag.substr(colon + 1)) : "<empty>");
  }
  sim::Text json;
  std::size_t count = 0;
  for (const auto& [name, value] : sorted) {
    if (count++ == dimensions_max) break;
    json += json.empty() ? "{\"Name\":\"" : ",{\"Name\":\"";
    telemetry::append_json_escaped(json, name);
    json += "\",\"Value\":\"";
    telemetry::append_json_escaped(json, value);
    json += "\"}";
  }
  return std::string(json.view());
}

void append_list(sim::Text& out, std::string_view key, const std::vector<double>& numbers) {
  out += key;
  const char* separator = "[";
  for (const double number : numbers) {
    fmt::format_to(std::back_inserter(out), "{}{}", separator, number);
    separator = ",";
  }
  out += ']';
}

}  // namespace

std::vector<Binned> in_bins(const Distribution& distribution, std::size_t values_max) {
  std::vector<Binned> data;
  for (const auto& [value, weight] : distribution.counts()) {
    const double middle = middle_of_bin(value);
    const bool is_known = !data.empty() && data.back().values.back() == middle;
    if (data.empty() || (!is_known && data.back().values.size() == values_max)) {
      data.emplace_back().minimum = value;
    }
    Binned& datum = data.back();
    if (datum.values.empty() || datum.values.back() != middle) {
      datum.values.push_back(middle);
      datum.counts.push_back(0);
    }
    datum.counts.back() += weight;
    datum.maximum = value;
    datum.sum += value * weight;
    datum.samples += weight;
  }
  return data;
}

void Timings::move_to(Distribution& minute) {
  for (std::size_t value = 0; value < few_.size(); ++value) {
    const std::uint32_t count = std::exchange(few_[value], 0);
    if (count > 0) minute.add(static_cast<double>(value), count);
  }
  for (const auto& [value, count] : others_) minute.add(static_cast<double>(value), count);
  others_.clear();
}

StatsdAgent::StatsdAgent(sim::Engine& engine, telemetry::Sink& sink, Spec spec)
    : engine_(engine), sink_(sink), spec_(std::move(spec)) {
  minute_ = truncated(spec_.clock.at(engine_.now()), aggregation_interval);
  arm();
}

// By its host's clock, at every full ten seconds.
void StatsdAgent::arm() {
  const sim::Duration past = spec_.clock.at(engine_.now()).time_since_epoch() % collection_interval;
  timer_ = engine_.after(collection_interval - past, sim::call<&StatsdAgent::on_tick>(*this));
}

void StatsdAgent::on_tick() {
  const sim::WallTime minute = truncated(spec_.clock.at(engine_.now()), aggregation_interval);
  if (minute != minute_) publish();
  minute_ = minute;
  collect();
  arm();
}

// --- What comes in ----------------------------------------------------------------------------

StatsdAgent::Series* StatsdAgent::find(std::string_view datagram, Memo& memo) {
  if (memo != 0) return &series_[memo - 1];
  const auto colon = datagram.find(':');
  const auto bar = datagram.find('|');
  if (colon == std::string_view::npos || bar == std::string_view::npos || bar < colon) {
    return nullptr;
  }
  key_ = datagram.substr(0, colon);
  key_ += datagram.substr(bar);
  const auto [place, is_new] =
      index_.try_emplace(key_, static_cast<Memo>(series_.size() + std::size_t{1}));
  memo = place->second;
  if (!is_new) return &series_[memo - 1];
  const std::string_view rest = datagram.substr(bar + 1);
  const std::string_view type = rest.substr(0, rest.find('|'));
  const auto hash = rest.find("|#");
  const std::string_view tags =
      hash == std::string_view::npos ? std::string_view{} : rest.substr(hash + 2);
  Series& series = series_.emplace_back();
  series.kind = type == "c" ? Kind::counter : type == "g" ? Kind::gauge : Kind::timing;
  constexpr std::array<std::string_view, 3> words = {"counter", "gauge", "timing"};
  if (series.kind == Kind::timing) series.timings = std::make_unique<Timings>();
  series.metric = metric_name(datagram.substr(0, colon));
  series.dimensions = dimensions_of(tags, words[static_cast<std::size_t>(series.kind)]);
  return &series;
}

void StatsdAgent::receive(std::string_view datagram, Memo& memo) {
  if (!is_running_) return;
  Series* series = find(datagram, memo);
  if (series == nullptr) return;
  const char* first = datagram.data() + datagram.find(':') + 1;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(first, datagram.data() + datagram.size(), value);
  if (error != std::errc()) return;
  take(*series, value);
}

void StatsdAgent::receive_value(std::uint64_t value, Memo memo) {
  if (is_running_) take(series_[memo - 1], value);
}

void StatsdAgent::take(Series& series, std::uint64_t value) {
  series.is_set = true;
  switch (series.kind) {
    case Kind::counter:
      series.sum += static_cast<std::int64_t>(value);
      break;
    case Kind::gauge:
      series.last = static_cast<double>(value);
      break;
    case Kind::timing:
      series.timings->add(value);
      break;
  }
}

// --- What goes out ----------------------------------------------------------------------------

void StatsdAgent::collect() {
  for (Series& series : series_) {
    if (!std::exchange(series.is_set, false)) continue;
    if (series.kind == Kind::timing) {
      series.timings->move_to(series.minute);
    } else if (series.kind == Kind::counter) {
      series.minute.add(static_cast<double>(std::exchange(series.sum, 0)), 1);
    } else {
      series.minute.add(series.last, 1);
    }
  }
}

void StatsdAgent::publish() {
  for (Series& series : series_) {
    if (series.minute.is_empty()) continue;
    publish(series);
    series.minute.clear();
  }
}

void StatsdAgent::publish(const Series& series) {
  for (const Binned& datum : in_bins(series.minute, values_per_datum_max)) {
    sim::Text json("{\"Namespace\":\"");
    telemetry::append_json_escaped(json, spec_.name_space);
    fmt::format_to(std::back_inserter(json),
                   R"(","MetricName":"{}","Dimensions":[{}],"Timestamp":"{}",)", series.metric,
                   series.dimensions, sim::format_iso8601(minute_));
    append_list(json, "\"Values\":", datum.values);
    append_list(json, ",\"Counts\":", datum.counts);
    fmt::format_to(std::back_inserter(json),
                   R"(,"StatisticValues":{{"SampleCount":{},"Sum":{},"Minimum":{},"Maximum":{}}})"
                   R"(,"Unit":"None"}})",
                   datum.samples, datum.sum, datum.minimum, datum.maximum);
    sink_.metric(json);
  }
}

void StatsdAgent::finish() {
  if (!is_running_) return;
  collect();
  stop(true);
}

void StatsdAgent::stop(bool publishes) {
  if (!std::exchange(is_running_, false)) return;
  engine_.cancel(timer_);
  if (publishes) publish();
}

}  // namespace hoplab::models::cloudwatch
