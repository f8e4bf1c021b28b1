// `telemetry`: how much is written, and how requests are chosen for tracing.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/read_history.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

const auto read_target = integer_in<std::uint32_t>(0, 1'000'000);

// --- Sampling: as X-Ray's central rules say it, or as its local file does ----------------------

void read_sampling_rule(const Node& node, Sampling& sampling, Diagnostics& diagnostics) {
  const Section section(node, "'samplingRule'", {"FixedRate", "ReservoirSize"}, diagnostics);
  section.take("FixedRate", read_ratio, sampling.rate);
  section.take("ReservoirSize", read_target, sampling.fixed_target);
}

void read_default(const Node& node, Sampling& sampling, Diagnostics& diagnostics) {
  const Section section(node, "the default sampling", {"fixed_target", "rate"}, diagnostics);
  section.require("fixed_target", "requests a second that are traced in any case");
  section.require("rate", "the share of the others");
  section.take("fixed_target", read_target, sampling.fixed_target);
  section.take("rate", read_ratio, sampling.rate);
}

void read_rule(const Node& node, Sampling& sampling, Diagnostics& diagnostics) {
  const Section section(node, "a sampling rule",
                        {"description", "host", "http_method", "url_path", "fixed_target", "rate"},
                        diagnostics);
  SamplingRule rule;
  section.take("description", read_text, rule.description);
  section.take("host", read_text, rule.host);
  section.take("http_method", read_text, rule.http_method);
  section.take("url_path", read_text, rule.url_path);
  section.require("fixed_target", "requests a second that are traced in any case");
  section.require("rate", "the share of the others");
  section.take("fixed_target", read_target, rule.fixed_target);
  section.take("rate", read_ratio, rule.rate);
  sampling.rules.push_back(std::move(rule));
}

void read_xray(const Node& node, Sampling& sampling, Diagnostics& diagnostics) {
  const Section section(node, "'xray'", {"samplingRule", "version", "default", "rules"},
                        diagnostics);
  if (const Node* version = section.find("version")) {
    (void)read_integer(*version, {2, 2}, diagnostics);
  }
  if (section.excludes("samplingRule", "default")) return;
  if (const Node* rule = section.find("samplingRule")) {
    read_sampling_rule(*rule, sampling, diagnostics);
  }
  if (const Node* rest = section.find("default")) read_default(*rest, sampling, diagnostics);
  section.each("rules", [&](const Node& item) { read_rule(item, sampling, diagnostics); });
}

// --- CloudWatch ---------------------------------------------------------------------------------

/// What is compared with what is checked by the alarms' own model; here they have a name.
void read_alarm(const Node& node, Draft& draft) {
  const Section section(node, "an alarm",
                        {"AlarmName",
                         "AlarmDescription",
                         "ActionsEnabled",
                         "OKActions",
                         "AlarmActions",
                         "InsufficientDataActions",
                         "MetricName",
                         "Namespace",
                         "Statistic",
                         "ExtendedStatistic",
                         "Dimensions",
                         "Period",
                         "Unit",
                         "EvaluationPeriods",
                         "DatapointsToAlarm",
                         "Threshold",
                         "ComparisonOperator",
                         "TreatMissingData",
                         "EvaluateLowSampleCountPercentile",
                         "Metrics",
                         "ThresholdMetricId",
                         "AlarmRule",
                         "Tags"},
                        draft.diagnostics);
  Alarm alarm;
  alarm.mark = node.mark;
  section.require("AlarmName", "expectations name it");
  section.take("AlarmName", read_text, alarm.name);
  for (const char* key : {"EvaluationPeriods", "ComparisonOperator"}) {
    if (!section.has("AlarmRule")) section.require(key);
  }
  if (alarm.name.empty()) return;
  const auto& known = draft.scenario.alarms;
  if (std::ranges::find(known, alarm.name, &Alarm::name) != known.end()) {
    draft.diagnostics.error(section.find("AlarmName")->mark, "E0411",
                            fmt::format("a second alarm '{}'", shown(alarm.name)),
                            "give it a name of its own");
    return;
  }
  alarm.json = to_json(node);
  draft.scenario.alarms.push_back(std::move(alarm));
}

void read_cloudwatch(const Node& node, Draft& draft) {
  const Section section(node, "'cloudwatch'",
                        {"period", "containerInsights", "agent", "alarms", "history"},
                        draft.diagnostics);
  if (const Node* agent = section.find("agent")) read_statsd_agents(*agent, draft);
  Duration period = std::chrono::minutes(1);
  section.take("period", read_positive_duration, period);
  if (period != std::chrono::minutes(1)) {
    note_not_simulated(draft, section.find("period")->mark, "another period than 60s");
  }
  bool has_insights = true;
  section.take("containerInsights", read_boolean, has_insights);
  if (!has_insights) {
    note_not_simulated(draft, section.find("containerInsights")->mark,
                       "a cluster without Container Insights");
  }
  section.each("alarms", [&](const Node& item) { read_alarm(item, draft); });
  read_histories(section, draft);
}

// --- Sources ------------------------------------------------------------------------------------

void report_no_source(const Node& item, const std::string& word, Diagnostics& diagnostics) {
  const bool is_taken_out = word.starts_with('-');
  const auto names = TelemetrySources::all().names();
  std::string hint;
  if (!is_taken_out) {
    hint = hint_for(word, source_words(), diagnostics);
  } else if (const auto words = source_words(); std::ranges::count(words, word.substr(1)) > 0) {
    hint = fmt::format("only a source is taken out: {}", fmt::join(names, ", "));
  } else {
    hint = hint_for(word.substr(1), names, diagnostics);
  }
  diagnostics.error(item.mark, "E0213", fmt::format("'{}' is no source", shown(word)), hint);
}

/// The words of `sources`, in their order. Those that only take something out take it out of what
/// there is by default.
void read_source_words(const Section& section, Scenario& scenario, Diagnostics& diagnostics) {
  TelemetrySources chosen;
  bool is_first = true;
  section.each("sources", [&](const Node& item) {
    const auto word = read_text(item, diagnostics);
    if (!word) return;
    if (std::exchange(is_first, false) && word->starts_with('-')) {
      chosen = TelemetrySources::defaults();
    }
    if (!apply_source_word(*word, chosen)) report_no_source(item, *word, diagnostics);
  });
  if (section.has("sources")) scenario.telemetry_sources = chosen;
}

/// A key of its own adds its source to those of `sources`, or takes it out. One that says the
/// contrary of a word there is a mistake.
void apply_switch(const Section& section, std::string_view key, TelemetrySource source,
                  Scenario& scenario, Diagnostics& diagnostics) {
  const Node* node = section.find(key);
  if (node == nullptr || node->kind != Node::Kind::scalar) return;
  const auto is_on = read_boolean(*node, diagnostics);
  if (!is_on) return;
  const std::string contrary = (*is_on ? "-" : "") + std::string(key);
  bool is_contradicted = false;
  section.each("sources", [&](const Node& item) {
    is_contradicted |= item.kind == Node::Kind::scalar && item.text == contrary;
  });
  if (is_contradicted) {
    diagnostics.error(
        node->mark, "E0218",
        fmt::format("'{}: {}' contradicts '{}' among the sources", key, *is_on, contrary),
        "leave one of them away");
    return;
  }
  *is_on ? scenario.telemetry_sources.add(source) : scenario.telemetry_sources.remove(source);
}

void read_sources(const Section& section, Scenario& scenario, Diagnostics& diagnostics) {
  read_source_words(section, scenario, diagnostics);
  apply_switch(section, "otlp", TelemetrySource::otlp, scenario, diagnostics);
  apply_switch(section, "flowLogs", TelemetrySource::flow_logs, scenario, diagnostics);
  scenario.telemetry = !scenario.telemetry_sources.is_empty();
}

void read_propagators(const Section& section, Scenario& scenario, Diagnostics& diagnostics) {
  if (!section.has("propagators")) return;
  Propagators chosen{.xray = false, .tracecontext = false};
  section.each("propagators", [&](const Node& item) {
    const auto word = read_choice(item, {"xray", "tracecontext"}, diagnostics);
    if (word) (*word == 0 ? chosen.xray : chosen.tracecontext) = true;
  });
  scenario.propagators = chosen;
}

// --- VPC Flow Logs ------------------------------------------------------------------------------

void read_flow_logs(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (node.kind == Node::Kind::scalar) return;  // Among the sources already.
  const Section section(node, "'flowLogs'", {"maxAggregationInterval"}, diagnostics);
  const Node* interval = section.find("maxAggregationInterval");
  if (interval == nullptr) return;
  const auto choice = read_choice(*interval, {"1m", "10m"}, diagnostics);
  if (choice) scenario.flow_log_interval = std::chrono::minutes(*choice == 0 ? 1 : 10);
}

}  // namespace

void note_not_simulated(Draft& draft, const sim::SourceMark& mark, const std::string& what) {
  draft.diagnostics.warning(mark, "W0701", what + " is not simulated yet",
                            "it is checked and kept, and has no effect");
  draft.scenario.not_simulated.push_back({mark, what});
}

void read_telemetry(const Section& top, Draft& draft) {
  const Node* node = top.find("telemetry");
  if (node == nullptr) return;
  Scenario& scenario = draft.scenario;
  if (node->kind == Node::Kind::scalar) {
    scenario.telemetry = !read_choice(*node, {"none"}, draft.diagnostics).has_value();
    return;
  }
  const Section section(
      *node, "'telemetry'",
      {"sources", "otlp", "propagators", "cloudwatch", "envoy", "flowLogs", "xray"},
      draft.diagnostics);
  read_sources(section, scenario, draft.diagnostics);
  read_propagators(section, scenario, draft.diagnostics);
  if (const Node* envoy = section.find("envoy")) read_envoy_stats(*envoy, draft);
  if (const Node* cloudwatch = section.find("cloudwatch")) read_cloudwatch(*cloudwatch, draft);
  if (const Node* flow_logs = section.find("flowLogs")) {
    read_flow_logs(*flow_logs, scenario, draft.diagnostics);
  }
  if (const Node* xray = section.find("xray")) {
    read_xray(*xray, scenario.sampling, draft.diagnostics);
  }
}

}  // namespace hoplab::scenarios
