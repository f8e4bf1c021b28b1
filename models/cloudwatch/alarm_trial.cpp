#include "models/cloudwatch/alarm_trial.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/cloudwatch/math_value.hpp"

namespace hoplab::models::cloudwatch {
namespace {

class Trial {
 public:
  Trial(const MetricAlarm& alarm, const sim::SourceMark& mark, sim::Diagnostics& diagnostics)
      : alarm_(alarm), diagnostics_(diagnostics) {
    const std::vector<MetricQuery>& queries = alarm.request->queries();
    const auto expressions =
        std::ranges::count_if(queries, [](const MetricQuery& it) { return !it.stat; });
    context_.period = alarm.period();
    context_.range = {WallTime{}, WallTime{} + alarm.period()};
    context_.band = [](const MathExpression& /*expression*/, const MathNode& /*what*/,
                       const TimeSeries& series, double /*k*/) {
      return SeriesList{series, series};
    };
    for (const MetricQuery& query : queries) {
      if (query.stat) {
        TimeSeries series;
        series.period = query.stat->period;
        context_.values.push_back({query.id, std::move(series), true});
        continue;
      }
      sim::SourceMark at = mark;
      if (expressions > 1) at.file += " " + query.id;
      if (auto read = MathExpression::parse(query.expression, at, diagnostics)) {
        left_.push_back({query.id, std::move(*read)});
      }
    }
  }

  /// What is named comes first; what names a query that is wrong is not blamed for that.
  void run() {
    while (!left_.empty()) {
      const auto next = std::ranges::find_if(left_, [this](const Expression& it) {
        return std::ranges::none_of(it.math.ids(), [this](const auto& id) { return waits(id); });
      });
      if (next == left_.end()) return;
      const Expression expression = std::move(*next);
      left_.erase(next);
      const auto ids = expression.math.ids();
      const bool names_wrong = std::ranges::any_of(
          ids, [this](const auto& id) { return std::ranges::count(wrong_, id) > 0; });
      if (names_wrong || !works(expression)) wrong_.push_back(expression.id);
    }
  }

 private:
  struct Expression {
    std::string id;
    MathExpression math;
  };

  [[nodiscard]] bool waits(const std::string& id) const {
    return std::ranges::find(left_, id, &Expression::id) != left_.end();
  }

  bool works(const Expression& expression) {
    auto value = evaluate(expression.math, context_, diagnostics_);
    if (!value) return false;
    check_use(expression, *value);
    context_.values.push_back({expression.id, std::move(*value), false});
    return true;
  }

  void check_use(const Expression& expression, const MathValue& value) {
    const bool is_watched = expression.id == alarm_.watched;
    if (is_watched && !std::holds_alternative<TimeSeries>(value)) {
      diagnostics_.error(expression.math.mark(), "E0906",
                         fmt::format("'{}' is {}, and an alarm watches one time series",
                                     expression.id, kind_name(value)),
                         std::holds_alternative<double>(value)
                             ? "TIME_SERIES(...) makes a series of it"
                             : "SUM(...), MAX(...) or FIRST(...) makes one series of it");
    }
    if (expression.id == alarm_.band && expression.math.root().text != "ANOMALY_DETECTION_BAND") {
      diagnostics_.error(
          expression.math.mark(), "E0910",
          fmt::format("'{}' is no band, and ThresholdMetricId names it", expression.id),
          "write ANOMALY_DETECTION_BAND(m1, 2)");
    }
  }

  const MetricAlarm& alarm_;
  sim::Diagnostics& diagnostics_;
  MathContext context_;  ///< Without SEARCH, which is an alarm's mistake then.
  std::vector<Expression> left_;
  std::vector<std::string> wrong_;
};

}  // namespace

void try_expressions(const MetricAlarm& alarm, const sim::SourceMark& mark,
                     sim::Diagnostics& diagnostics) {
  Trial(alarm, mark, diagnostics).run();
}

}  // namespace hoplab::models::cloudwatch
