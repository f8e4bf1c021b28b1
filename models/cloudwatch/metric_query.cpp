#include "models/cloudwatch/metric_query.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/cloudwatch/math_machine.hpp"
#include "models/cloudwatch/metric_search.hpp"

namespace hoplab::models::cloudwatch {
namespace {

bool is_id(std::string_view id) {
  if (id.empty() || id[0] < 'a' || id[0] > 'z') return false;
  return std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

const MetricQuery* find_query(const std::vector<MetricQuery>& queries, std::string_view id) {
  const auto found = std::ranges::find(queries, id, &MetricQuery::id);
  return found == queries.end() ? nullptr : &*found;
}

bool are_ids_good(const std::vector<MetricQuery>& queries, const sim::SourceMark& mark,
                  sim::Diagnostics& diagnostics) {
  const int errors_before = diagnostics.errors();
  for (const MetricQuery& query : queries) {
    if (!is_id(query.id)) {
      diagnostics.error(mark, "E0904", fmt::format("'{}' is no id", query.id),
                        "a small letter, then letters, digits and '_'");
    }
    if (find_query(queries, query.id) != &query) {
      diagnostics.error(mark, "E0904", fmt::format("a second query with the id '{}'", query.id));
    }
  }
  return diagnostics.errors() == errors_before;
}

/// Orders queries so that what is named comes before what names it.
class Order {
 public:
  Order(const std::vector<MetricQuery>& queries,
        const std::vector<std::optional<MathExpression>>& expressions,
        sim::Diagnostics& diagnostics)
      : queries_(queries),
        expressions_(expressions),
        diagnostics_(diagnostics),
        states_(queries.size(), State::fresh) {}

  bool visit(std::size_t index) {
    if (states_[index] == State::done) return true;
    if (states_[index] == State::open) return false;
    states_[index] = State::open;
    const auto& expression = expressions_[index];
    for (const std::string& id : expression ? expression->ids() : std::vector<std::string>{}) {
      const MetricQuery* named = find_query(queries_, id);
      if (named == nullptr) continue;  // Reported where it is worked out.
      if (visit(static_cast<std::size_t>(named - queries_.data()))) continue;
      diagnostics_.error(
          expression->mark(), "E0904",
          fmt::format("'{}' depends on itself through '{}'", queries_[index].id, id));
      return true;
    }
    states_[index] = State::done;
    order.push_back(index);
    return true;
  }

  std::vector<std::size_t> order;

 private:
  enum class State { fresh, open, done };
  const std::vector<MetricQuery>& queries_;
  const std::vector<std::optional<MathExpression>>& expressions_;
  sim::Diagnostics& diagnostics_;
  std::vector<State> states_;
};

/// The label of one series of an expression.
std::string label_of(const MetricQuery& query, const TimeSeries& series, bool is_one) {
  if (is_one) return query.label.value_or(query.id);
  if (!query.label) return query.id + " " + series.label;
  return query.label->empty() ? series.label : *query.label + " " + series.label;
}

SeriesList search(const MetricStore& store, TimeRange range, std::string_view text,
                  std::string_view statistic_name, Period period, const sim::SourceMark& mark,
                  sim::Diagnostics& diagnostics) {
  const auto statistic = Statistic::parse(statistic_name, mark, diagnostics);
  const auto query = MetricSearch::parse(text, mark, diagnostics);
  SeriesList found;
  if (!statistic || !query) return found;
  range.from = period_start(range.from, period);
  for (const MetricId& metric : store.metrics()) {
    if (!query->matches(metric) || found.size() == MathMachine::series_max) continue;
    found.push_back(store.series(metric, *statistic, period, range));
    found.back().label = to_string(metric);
  }
  return found;
}

}  // namespace

WallTime period_start(WallTime instant, Period period) {
  const auto since = std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch());
  auto whole = since / period;
  if (since < since.zero() && whole * period > since) --whole;
  return WallTime(whole * period);
}

bool is_of_unit(const MetricStore& store, const MetricStat& stat) {
  const std::string known = store.unit(stat.metric);
  return stat.unit.empty() || known.empty() || known == stat.unit;
}

bool is_period(std::int64_t seconds) {
  constexpr std::int64_t day = 86'400;
  static const std::vector<std::int64_t> short_ones = {1, 5, 10, 20, 30};
  if (std::ranges::find(short_ones, seconds) != short_ones.end()) return true;
  return seconds > 0 && seconds <= day && seconds % 60 == 0;
}

std::optional<MetricRequest> MetricRequest::make(std::vector<MetricQuery> queries,
                                                 const sim::SourceMark& mark,
                                                 sim::Diagnostics& diagnostics, Period otherwise) {
  const int errors_before = diagnostics.errors();
  if (!are_ids_good(queries, mark, diagnostics)) return std::nullopt;
  MetricRequest request;
  request.otherwise_ = otherwise;
  const auto expressions =
      std::ranges::count_if(queries, [](const MetricQuery& it) { return !it.stat; });
  for (const MetricQuery& query : queries) {
    request.expressions_.emplace_back();
    if (query.stat) continue;
    sim::SourceMark at = mark;
    if (expressions > 1) at.file += " " + query.id;
    request.expressions_.back() = MathExpression::parse(query.expression, at, diagnostics);
  }
  if (diagnostics.errors() > errors_before) return std::nullopt;
  Order order(queries, request.expressions_, diagnostics);
  for (std::size_t i = 0; i < queries.size(); ++i) order.visit(i);
  if (diagnostics.errors() > errors_before) return std::nullopt;
  request.order_ = std::move(order.order);
  request.queries_ = std::move(queries);
  return request;
}

Period MetricRequest::period() const {
  Period longest{0};
  for (const MetricQuery& query : queries_) {
    if (query.stat) longest = std::max(longest, query.stat->period);
  }
  return longest == Period::zero() ? otherwise_ : longest;
}

bool MetricRequest::has_band() const {
  return std::ranges::any_of(
      expressions_, [](const auto& it) { return it && it->calls("ANOMALY_DETECTION_BAND"); });
}

MathContext MetricRequest::context_of(const MetricStore& store, TimeRange range) const {
  MathContext context;
  context.range = range;
  context.period = period();
  context.search = [&store, range](std::string_view text, std::string_view statistic, Period period,
                                   const sim::SourceMark& mark, sim::Diagnostics& diagnostics) {
    return search(store, range, text, statistic, period, mark, diagnostics);
  };
  for (const MetricQuery& query : queries_) {
    if (!query.stat) continue;
    TimeSeries series =
        store.series(query.stat->metric, query.stat->statistic, query.stat->period, range);
    if (!is_of_unit(store, *query.stat)) series.points.clear();
    series.label = query.label.value_or(query.stat->metric.name);
    context.values.push_back({query.id, std::move(series), true});
  }
  return context;
}

/// Adds the values of expressions; without `models` those with a band are left out.
bool MetricRequest::add_results(const MetricStore& store, TimeRange range, BandModels* models,
                                MathContext& context, sim::Diagnostics& diagnostics) const {
  if (models != nullptr) {
    context.band = [this, &store, range, models](const MathExpression& expression,
                                                 const MathNode& what, const TimeSeries& series,
                                                 double k) {
      return band(store, range, *models, expression, what, series, k);
    };
  }
  for (const std::size_t index : order_) {
    const auto& expression = expressions_[index];
    if (!expression) continue;
    if (models == nullptr && expression->calls("ANOMALY_DETECTION_BAND")) continue;
    auto value = evaluate(*expression, context, diagnostics);
    if (!value) return false;
    context.values.push_back({queries_[index].id, std::move(*value), false});
  }
  return true;
}

std::optional<std::vector<QueryResult>> MetricRequest::run(const MetricStore& store,
                                                           TimeRange range, BandModels& models,
                                                           sim::Diagnostics& diagnostics) const {
  MathContext context = context_of(store, range);
  if (!add_results(store, range, &models, context, diagnostics)) return std::nullopt;
  std::vector<QueryResult> results;
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    const MetricQuery& query = queries_[i];
    QueryResult result{query.id, {}, query.returns_data};
    const auto named = std::ranges::find(context.values, query.id, &NamedValue::id);
    if (const auto* series = std::get_if<TimeSeries>(&named->value)) {
      result.series.push_back(*series);
      if (!query.stat) result.series[0].label = label_of(query, *series, true);
    } else if (const auto* list = std::get_if<SeriesList>(&named->value)) {
      result.series = *list;
      for (TimeSeries& it : result.series) it.label = label_of(query, it, false);
    } else if (query.returns_data) {
      diagnostics.error(
          expressions_[i]->mark(), "E0906",
          fmt::format("'{}' is a number, and must be a time series or an array", query.id),
          "TIME_SERIES(...) makes a series of it");
      return std::nullopt;
    }
    results.push_back(std::move(result));
  }
  return results;
}

// --- Bands -------------------------------------------------------------------------------------

const AnomalyModel& MetricRequest::model(const MetricStore& store, TimeRange range,
                                         BandModels& models, const MathExpression& expression,
                                         const MathNode& what) const {
  const WallTime until = std::chrono::floor<std::chrono::hours>(range.from);
  std::string key = fmt::format("{}:{}", expression.mark().file, what.column);
  for (const MetricQuery& query : queries_) {
    key += "\n" + query.id + "=" +
           (query.stat ? to_string(query.stat->metric) + " " + query.stat->statistic.name()
                       : query.expression);
  }
  const auto known = models.by_expression.find(key);
  if (known != models.by_expression.end() && known->second.trained_until == until) {
    return known->second.model;
  }
  const auto length = AnomalyModel::training_time - AnomalyModel::training_time % period();
  const TimeRange training{until - length, until};
  MathContext context = context_of(store, training);
  sim::Diagnostics unheard;  // What is wrong has been told of the range itself.
  TimeSeries history;
  if (add_results(store, training, nullptr, context, unheard)) {
    const auto value = MathMachine(expression, context, unheard).value(what);
    if (value && std::holds_alternative<TimeSeries>(*value)) history = std::get<TimeSeries>(*value);
  }
  BandModels::Entry entry{until, AnomalyModel(history, models.excluded)};
  return (models.by_expression[key] = std::move(entry)).model;
}

SeriesList MetricRequest::band(const MetricStore& store, TimeRange range, BandModels& models,
                               const MathExpression& expression, const MathNode& what,
                               const TimeSeries& series, double k) const {
  const AnomalyModel& learned = model(store, range, models, expression, what);
  TimeSeries upper;
  upper.unit = series.unit;
  upper.period = series.period;
  upper.label = "upper";
  TimeSeries lower = upper;
  lower.label = "lower";
  if (learned.state() != AnomalyModel::State::trained) return {upper, lower};
  for (const WallTime at : timestamps_of(range, series.period)) {
    const auto edges = learned.at(at, k);
    upper.points.push_back({at, edges.upper});
    lower.points.push_back({at, edges.lower});
  }
  return {upper, lower};
}

}  // namespace hoplab::models::cloudwatch
