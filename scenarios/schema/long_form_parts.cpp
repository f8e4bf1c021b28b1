#include "scenarios/schema/long_form_parts.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;

// --- Numbers ----------------------------------------------------------------------------------

/// In plain digits, no exponent; with `digits` significant ones, or as few as tell it apart.
std::string decimal(double value, std::optional<int> digits = {}) {
  std::array<char, 400> text{};
  char* const end = text.data() + text.size();
  double rounded = value;
  if (digits) {
    const auto short_text = fmt::format("{:.{}g}", value, *digits);
    std::from_chars(short_text.data(), short_text.data() + short_text.size(), rounded);
  }
  const auto written = std::to_chars(text.data(), end, rounded, std::chars_format::fixed);
  return {text.data(), written.ptr};
}

/// One unit that a value can be written in: "90/m" is 1.5 per second.
struct Scale {
  double factor;
  const char* unit;
};

/// The shortest spelling that reads back as the same value.
template <typename Value, std::size_t count>
std::string spelling(Value value, const std::array<Scale, count>& scales,
                     std::optional<Value> (*parse)(std::string_view)) {
  std::string shortest;
  for (const Scale& scale : scales) {
    for (const std::optional<int> digits : {std::optional<int>(), std::optional<int>(15)}) {
      std::string text = decimal(value.value() * scale.factor, digits) + scale.unit;
      const auto read = parse(text);
      if (!read || *read != value) continue;
      if (shortest.empty() || text.size() < shortest.size()) shortest = std::move(text);
    }
  }
  return shortest.empty() ? decimal(value.value()) + scales.front().unit : shortest;
}

Json number(double value) {
  // Those that JSON writes without an exponent; the reader takes none.
  return value >= 1e-4 && value < 1e15 ? Json(value) : Json(decimal(value));
}

Json parsed(const std::string& json) { return Json::parse(json); }

// --- Expectations -----------------------------------------------------------------------------

Json window_json(const Window& window) {
  return {sim::format(window.from), sim::format(window.to)};
}

void add_comparison(Json& json, const char* key, const std::optional<Comparison>& comparison) {
  if (comparison) json[key] = comparison->text;
}

void add_text(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

Json log_json(const Expectation& it) {
  Json json{{"container", it.container}};
  if (it.egress) json["direction"] = *it.egress ? "egress" : "ingress";
  add_text(json, "to", it.to);
  add_text(json, "responseFlags", it.response_flags);
  add_text(json, "contains", it.contains);
  add_text(json, "stream", it.stream);
  if (it.code) json["code"] = *it.code;
  add_comparison(json, "share", it.share);
  add_comparison(json, "count", it.count);
  add_comparison(json, "duration", it.duration);
  return json;
}

Json ecs_json(const Expectation& it) {
  Json json{{"service", it.service}};
  add_text(json, "container", it.container);
  if (it.exit_code) json["exitCode"] = *it.exit_code;
  add_text(json, "reason", it.reason);
  add_text(json, "lastStatus", it.last_status);
  add_text(json, "stopCode", it.stop_code);
  add_text(json, "stoppedReason", it.stopped_reason);
  add_comparison(json, "count", it.count);
  return json;
}

Json utilization_json(const Expectation& it) {
  Json json{{"service", it.service}};
  add_text(json, "container", it.container);
  add_comparison(json, "cpu", it.cpu);
  add_comparison(json, "memory", it.memory);
  return json;
}

Json diagnose_json(const Expectation& it) {
  Json json;
  if (it.at) json["at"] = sim::format(*it.at);
  add_text(json, "from", it.from);
  add_text(json, "to", it.to);
  json["verdict"] = it.verdict;
  add_text(json, "hop", it.hop);
  return json;
}

Json comparisons_json(const Expectation& it) {
  Json json;
  for (const auto& [name, comparison] : it.comparisons) json[name].push_back(comparison.text);
  return json;
}

void add_subject(const Expectation& it, Json& json) {
  switch (it.kind) {
    case Expectation::Kind::thresholds:
      json["thresholds"] = comparisons_json(it);
      return;
    case Expectation::Kind::hops:
      json["hops"] = comparisons_json(it);
      return;
    case Expectation::Kind::access_log:
      json["accessLog"] = log_json(it);
      return;
    case Expectation::Kind::app_log:
      json["appLog"] = log_json(it);
      return;
    case Expectation::Kind::ecs:
      json["ecs"] = ecs_json(it);
      return;
    case Expectation::Kind::utilization:
      json["utilization"] = utilization_json(it);
      return;
    case Expectation::Kind::diagnose:
      json["diagnose"] = diagnose_json(it);
      return;
    case Expectation::Kind::alarm:
      json["alarm"] = it.alarm;
      for (const auto& [state, window] : it.in_state) {
        json["inState"].push_back({{state, window_json(window)}});
      }
      return;
  }
}

void add_wave(Json& json, const Diurnal& wave) {
  json["amplitude"] = share_text(wave.amplitude);
  json["peakHour"] =
      wave.peak == Duration::zero() ? Json(0) : number(sim::in_seconds(wave.peak) / 3600);
  for (const double factor : wave.weekday) json["weekdayFactors"].push_back(number(factor));
}

// --- Load -------------------------------------------------------------------------------------

void add_arrivals(const Load& load, Json& json) {
  if (load.executor == Load::Executor::constant_vus) {
    json["executor"] = "constant-vus";
    json["vus"] = load.vus;
    json["thinkTime"] = parsed(distribution_json(load.think_time));
    return;
  }
  if (load.executor == Load::Executor::constant_arrival_rate) {
    json["executor"] = "constant-arrival-rate";
  }
  json["rate"] = rate_text(load.rate);
  if (load.ramp_to) json["rampTo"] = rate_text(*load.ramp_to);
  if (!load.diurnal) return;
  json["profile"] = "diurnal";
  add_wave(json, *load.diurnal);
}

Json load_json(const Load& load) {
  Json json{{"name", load.name}};
  add_arrivals(load, json);
  json["target"] = {{"service", load.to}, {"path", load.path}};
  json["method"] = load.method;
  for (const Header& header : load.headers) json["headers"][header.name] = header.value;
  json["startTime"] = sim::format(load.start);
  if (load.duration) json["duration"] = sim::format(*load.duration);
  if (load.requests_max) json["requests"] = *load.requests_max;
  json["noConnectionReuse"] = load.no_connection_reuse;
  if (load.abandon_after) json["abandonAfter"] = sim::format(*load.abandon_after);
  return json;
}

}  // namespace

std::string share_text(Ratio share) {
  return spelling(share, std::array{Scale{100, "%"}, Scale{1, ""}}, sim::parse_ratio);
}

std::string rate_text(PerSecond rate) {
  return spelling(rate, std::array{Scale{1, "/s"}, Scale{60, "/m"}, Scale{3600, "/h"}},
                  sim::parse_rate);
}

std::string start_time_text(WallTime instant) {
  std::string text = sim::format_iso8601(instant);
  const auto rest = instant - std::chrono::floor<std::chrono::milliseconds>(instant);
  if (rest == Duration::zero()) return text;
  text.pop_back();
  return text + fmt::format("{:06}Z", rest.count());
}

std::string distribution_json(const Distribution& it) {
  using Kind = Distribution::Kind;
  const std::string mean = sim::format(it.mean);
  Json json;
  switch (it.kind) {
    case Kind::constant:
      json = mean;
      break;
    case Kind::exponential:
      json["exponential"] = {{"mean", mean}};
      break;
    case Kind::normal:
      json["normal"] = {{"mean", mean}, {"sd", sim::format(it.sd)}};
      break;
    case Kind::lognormal:
      json["lognormal"] = {{"mean", mean}, {"cv", number(it.cv)}};
      break;
    case Kind::erlang:
      json["erlang"] = {{"mean", mean}, {"k", it.k}};
      break;
    case Kind::pareto:
      json["pareto"] = {{"mean", mean}, {"alpha", number(it.alpha)}};
      break;
    case Kind::bimodal:
      json["bimodal"] = {{"fast", sim::format(it.fast)},
                         {"slow", sim::format(it.slow)},
                         {"slowShare", share_text(it.slow_share)}};
      break;
    case Kind::empirical:
      for (const Duration sample : it.samples) json["empirical"].push_back(sim::format(sample));
      break;
  }
  return json.dump();
}

std::string call_json(const Call& call) {
  Json json{{"to", call.to}, {"path", call.path}, {"method", call.method}};
  for (const Header& header : call.headers) json["headers"][header.name] = header.value;
  if (call.timeout) json["timeout"] = sim::format(*call.timeout);
  json["requestSize"] = sim::format(call.request_size);
  if (call.no_connection_reuse) json["noConnectionReuse"] = true;
  switch (call.on_error) {
    case Call::OnError::pass_through:
      json["onError"] = "passThrough";
      break;
    case Call::OnError::ignore:
      json["onError"] = "ignore";
      break;
    case Call::OnError::status:
      json["onError"] = {{"status", call.error_status}};
      break;
  }
  return json.dump();
}

std::string metric_histories_json(const std::vector<MetricHistory>& histories) {
  Json all = Json::array();
  for (const MetricHistory& it : histories) {
    Json json{{"Namespace", it.name_space}, {"MetricName", it.metric}};
    for (const auto& [name, value] : it.dimensions) {
      json["Dimensions"].push_back({{"Name", name}, {"Value", value}});
    }
    json["Stat"] = it.statistic;
    if (!it.unit.empty()) json["Unit"] = it.unit;
    json["length"] = sim::format(it.length);
    json["level"] = it.level == 0 ? Json(0) : number(it.level);
    add_wave(json, it.wave);
    for (const double factor : it.hour_factors) json["hourFactors"].push_back(number(factor));
    json["noise"] = share_text(it.noise);
    json["missing"] = share_text(it.missing);
    all.push_back(std::move(json));
  }
  return all.dump();
}

std::string workload_json(const std::vector<Load>& workload) {
  Json json = Json::array();
  for (const Load& load : workload) json.push_back(load_json(load));
  return json.dump();
}

std::string expectations_json(const std::vector<Expectation>& expectations) {
  Json json = Json::array();
  for (const Expectation& expectation : expectations) {
    Json entry{{"name", expectation.name}};
    if (expectation.window) entry["window"] = window_json(*expectation.window);
    add_subject(expectation, entry);
    json.push_back(std::move(entry));
  }
  return json.dump();
}

}  // namespace hoplab::scenarios
