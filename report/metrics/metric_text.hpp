// Metrics and their series as people and AWS's tools read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/cloudwatch/metric_query.hpp"
#include "report/writers/text_layout.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::metrics {

/// A line for each metric: how often it was sent, its unit, its name and dimensions.
[[nodiscard]] std::string metric_list_text(
    const models::cloudwatch::MetricStore& store,
    const std::vector<models::cloudwatch::MetricId>& metrics);
/// A ListMetrics answer.
[[nodiscard]] std::string metric_list_json(
    const std::vector<models::cloudwatch::MetricId>& metrics);

/// For each series its label, a sparkline on terminals, and its points.
[[nodiscard]] std::string results_text(const std::vector<models::cloudwatch::QueryResult>& results,
                                       models::cloudwatch::TimeRange range, bool has_sparklines);
/// A GetMetricData answer, the latest point first.
[[nodiscard]] std::string results_json(const std::vector<models::cloudwatch::QueryResult>& results);

/// One block for each part of the range, at most `width` of them; a blank where there is no point.
[[nodiscard]] std::string sparkline(const models::cloudwatch::TimeSeries& series,
                                    models::cloudwatch::TimeRange range, std::size_t width);

/// "expression:1:17: error[E0902]: ...", the text with a caret below the place, and the hint.
/// `texts`: what each mark's file stands for.
[[nodiscard]] std::string mistakes_text(
    const sim::Diagnostics& diagnostics,
    const std::vector<std::pair<std::string, std::string>>& texts);

}  // namespace hoplab::report::metrics
