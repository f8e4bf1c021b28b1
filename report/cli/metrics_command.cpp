#include <algorithm>

#include <fmt/format.h>

#include "models/cloudwatch/metric_search.hpp"
#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/metrics/metric_reader.hpp"
#include "report/metrics/metric_text.hpp"
#include "report/metrics/unknown_metric.hpp"

namespace hoplab::report::cli {
namespace {

namespace cloudwatch = models::cloudwatch;
/// Ten times what one GetMetricData answers.
constexpr std::int64_t periods_max = 1'008'000;

using Texts = std::vector<std::pair<std::string, std::string>>;

/// "ID=REST" where what is before the first '=' is an id; else the default id.
std::pair<std::string, std::string> with_id(const std::string& text, const std::string& otherwise) {
  std::size_t end = 0;
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  while (end < text.size() && is_letter(text[end])) ++end;
  const bool begins_small = !text.empty() && text[0] >= 'a' && text[0] <= 'z';
  const bool is_named =
      begins_small && end + 1 < text.size() && text[end] == '=' && text[end + 1] != '=';
  if (!is_named) return {otherwise, text};
  return {text.substr(0, end), text.substr(end + 1)};
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

std::optional<cloudwatch::Dimension> dimension_in(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return cloudwatch::Dimension{text.substr(0, equals), text.substr(equals + 1)};
}

/// "AWS/ECS,CPUUtilization,ClusterName=hoplab"; one name alone is of no namespace.
cloudwatch::MetricId metric_in(const std::string& text, sim::Diagnostics& diagnostics) {
  cloudwatch::MetricId metric;
  const auto parts = split(text, ',');
  metric.name_space = parts.size() > 1 ? parts[0] : "";
  metric.name = parts.size() > 1 ? parts[1] : parts[0];
  for (std::size_t i = 2; i < parts.size(); ++i) {
    if (auto dimension = dimension_in(parts[i])) {
      metric.dimensions.push_back(std::move(*dimension));
      continue;
    }
    diagnostics.error({"metric", 0, 0}, "E0911", fmt::format("'{}' is no dimension", parts[i]),
                      "write NAMESPACE,NAME,DIMENSION=VALUE");
  }
  std::ranges::sort(metric.dimensions);
  return metric;
}

/// A metric that is not there is an easy slip: its dimensions must all be named.
void expect_known(const cloudwatch::MetricId& metric, const cloudwatch::MetricStore& store,
                  sim::Diagnostics& diagnostics) {
  if (store.knows(metric)) return;
  diagnostics.error({"metric", 0, 0}, "E0911",
                    fmt::format("there is no metric '{}'", to_string(metric)),
                    metrics::hint_of_unknown(metric, store));
}

std::vector<cloudwatch::MetricQuery> queries_of(const MetricsOptions& options,
                                                const cloudwatch::MetricStore& store, Texts& texts,
                                                sim::Diagnostics& diagnostics) {
  std::vector<cloudwatch::MetricQuery> queries;
  texts.emplace_back("statistic", options.statistic);
  const auto statistic =
      cloudwatch::Statistic::parse(options.statistic, {"statistic", 1, 1}, diagnostics);
  for (std::size_t i = 0; i < options.metrics.size(); ++i) {
    const auto [id, text] = with_id(options.metrics[i], fmt::format("m{}", i + 1));
    const auto metric = metric_in(text, diagnostics);
    expect_known(metric, store, diagnostics);
    if (!statistic) continue;
    const cloudwatch::Period period(static_cast<std::int64_t>(options.period_seconds));
    queries.push_back(
        {id, cloudwatch::MetricStat{metric, *statistic, period}, "", std::nullopt, true});
  }
  for (std::size_t i = 0; i < options.expressions.size(); ++i) {
    const auto [id, text] = with_id(options.expressions[i], fmt::format("e{}", i + 1));
    const bool is_one = options.expressions.size() == 1;
    texts.emplace_back(is_one ? "expression" : "expression " + id, text);
    queries.push_back({id, std::nullopt, text, std::nullopt, true});
  }
  if (queries.empty() && diagnostics.errors() == 0) {
    diagnostics.error({"metric", 0, 0}, "E0911", "nothing is asked for",
                      "give --metric or --expression");
  }
  return queries;
}

cloudwatch::TimeRange range_of(const MetricsOptions& options, cloudwatch::TimeRange extent,
                               cloudwatch::Period period) {
  cloudwatch::TimeRange range = extent;
  if (options.from) range.from = metrics::instant_of(*options.from, extent.from);
  if (options.to) range.to = metrics::instant_of(*options.to, extent.from);
  range.from = cloudwatch::period_start(range.from, period);
  return range;
}

/// An option of the other action is a slip: it would be passed over.
bool are_of_action(const MetricsOptions& options, sim::Diagnostics& diagnostics) {
  const auto only = [&](const char* action, const char* option, bool is_given) {
    if (!is_given || options.action == action) return;
    diagnostics.error(
        {option, 0, 0}, "E0911",
        fmt::format("--{} is for `{}`, not for `{}`", option, action, options.action));
  };
  only("list", "namespace", !options.name_space.empty());
  only("list", "name", !options.name.empty());
  only("list", "dimension", !options.dimensions.empty());
  only("list", "search", !options.search.empty());
  only("get", "metric", !options.metrics.empty());
  only("get", "expression", !options.expressions.empty());
  return !diagnostics.has_errors();
}

/// Whether the range is one; reports what is wrong with it or with the period.
bool is_range_good(const MetricsOptions& options, cloudwatch::TimeRange range,
                   cloudwatch::TimeRange extent, cloudwatch::Period period,
                   sim::Diagnostics& diagnostics) {
  if (range.to <= range.from) {
    const bool is_behind = !options.to && range.from >= extent.to;
    diagnostics.error({"from", 0, 0}, "E0911", "the range ends before it begins",
                      is_behind ? "the last datum is of " +
                                      sim::format_iso8601(extent.to - std::chrono::minutes(1))
                                : "--from must be before --to");
  } else if ((range.to - range.from) / period > periods_max) {
    diagnostics.error({"metric", 0, 0}, "E0911",
                      fmt::format("that is more than {} periods", periods_max),
                      "give --from and --to, or a longer --period");
  }
  return !diagnostics.has_errors();
}

/// "no data" alone would leave open whether there are none, or none that tell.
void tell_silent_data(const cloudwatch::MetricRequest& request,
                      const std::vector<cloudwatch::QueryResult>& results,
                      const cloudwatch::MetricStore& store, cloudwatch::TimeRange range) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& stat = request.queries()[i].stat;
    const bool is_silent = stat && results[i].series.size() == 1 &&
                           results[i].series.front().points.empty() &&
                           store.has_data(stat->metric, range);
    if (!is_silent) continue;
    complain(
        fmt::format("{}: there are data, and they do not tell {}: a statistic set tells no "
                    "percentiles, a saved answer no other statistic, and what is not finite is "
                    "dropped",
                    results[i].id, stat->statistic.name()));
  }
}

int refuse(const sim::Diagnostics& diagnostics, const Texts& texts) {
  print_error(metrics::mistakes_text(diagnostics, texts));
  return exit_bad_input;
}

bool has_dimensions(const cloudwatch::MetricId& metric,
                    const std::vector<cloudwatch::Dimension>& wanted) {
  return std::ranges::all_of(wanted, [&](const cloudwatch::Dimension& it) {
    return std::ranges::find(metric.dimensions, it) != metric.dimensions.end();
  });
}

int list_metrics(const MetricsOptions& options, const cloudwatch::MetricStore& store) {
  sim::Diagnostics diagnostics;
  std::vector<cloudwatch::Dimension> wanted;
  for (const std::string& text : options.dimensions) {
    if (auto dimension = dimension_in(text)) {
      wanted.push_back(std::move(*dimension));
    } else {
      diagnostics.error({"dimension", 0, 0}, "E0911", fmt::format("'{}' is no dimension", text),
                        "write NAME=VALUE");
    }
  }
  std::optional<cloudwatch::MetricSearch> search;
  if (!options.search.empty()) {
    search = cloudwatch::MetricSearch::parse(options.search, {"search", 1, 1}, diagnostics);
  }
  if (diagnostics.has_errors()) return refuse(diagnostics, {{"search", options.search}});
  std::vector<cloudwatch::MetricId> found;
  for (cloudwatch::MetricId& metric : store.metrics()) {
    const bool fits = (options.name_space.empty() || metric.name_space == options.name_space) &&
                      (options.name.empty() || metric.name == options.name) &&
                      has_dimensions(metric, wanted) && (!search || search->matches(metric));
    if (fits) found.push_back(std::move(metric));
  }
  print(options.json ? metrics::metric_list_json(found) : metrics::metric_list_text(store, found));
  return exit_all_held;
}

int get_metrics(const MetricsOptions& options, const cloudwatch::MetricStore& store) {
  sim::Diagnostics diagnostics;
  Texts texts;
  auto queries = queries_of(options, store, texts, diagnostics);
  const cloudwatch::Period period(static_cast<std::int64_t>(options.period_seconds));
  if (!cloudwatch::is_period(period.count())) {
    diagnostics.error({"period", 0, 0}, "E0911", fmt::format("{} s is no period", period.count()),
                      "1, 5, 10, 20, 30 or a multiple of 60");
  }
  if (diagnostics.has_errors()) return refuse(diagnostics, texts);
  const auto request = cloudwatch::MetricRequest::make(std::move(queries), {"expression", 1, 1},
                                                       diagnostics, period);
  if (!request) return refuse(diagnostics, texts);
  const auto range = range_of(options, *store.extent(), request->period());
  if (!is_range_good(options, range, *store.extent(), request->period(), diagnostics)) {
    return refuse(diagnostics, texts);
  }
  cloudwatch::BandModels models;
  const auto first = store.extent()->from;
  for (const ExcludedRange& it : options.excluded) {
    models.excluded.push_back(
        {metrics::instant_of(it.from, first), metrics::instant_of(it.to, first)});
  }
  const auto results = request->run(store, range, models, diagnostics);
  if (!results) return refuse(diagnostics, texts);
  for (const auto& [key, entry] : models.by_expression) {
    if (entry.model.state() == cloudwatch::AnomalyModel::State::trained) continue;
    complain(fmt::format("no band: {}; it learns from at least 3 h before {}",
                         cloudwatch::AnomalyModel::name(entry.model.state()),
                         sim::format_iso8601(entry.trained_until)));
  }
  tell_silent_data(*request, *results, store, range);
  print(options.json ? metrics::results_json(*results)
                     : metrics::results_text(*results, range, stdout_is_terminal()));
  return exit_all_held;
}

}  // namespace

int metrics_command(const MetricsOptions& options) {
  const auto file = metrics::read_metrics(options.source);
  if (file.unreadable > 0) {
    complain(fmt::format("{} line{} could not be read", file.unreadable,
                         file.unreadable == 1 ? "" : "s"));
  }
  sim::Diagnostics diagnostics;
  if (!are_of_action(options, diagnostics)) return refuse(diagnostics, {});
  return options.action == "list" ? list_metrics(options, file.store)
                                  : get_metrics(options, file.store);
}

}  // namespace hoplab::report::cli
