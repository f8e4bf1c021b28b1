// Targets that ask: queries, filters and expressions of random bytes over data that stand here, and
// data of random bytes under queries that stand here.
#pragma once

#include <string_view>

namespace hoplab::fuzz {

/// A query of Logs Insights: an answer, or a mistake within the query.
void ask_insights(std::string_view query);
/// A file of log lines under fixed queries. The fields of a message are the same whether they are
/// read before it is decoded or after.
void read_log_lines(std::string_view lines);
/// A filter expression of X-Ray, held against traces.
void filter_traces(std::string_view filter);
/// An expression of metric math over two metrics; what begins with a bracket is read as alarms,
/// which are evaluated on the same.
void ask_metrics(std::string_view expression);

}  // namespace hoplab::fuzz
