// The door: a query of CloudWatch Logs Insights on the logs of a recording, or of other files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/log_store.hpp"
#include "report/insights/plan.hpp"
#include "report/insights/query_mistake.hpp"

namespace hoplab::report::insights {

struct Question {
  std::string query;
  std::vector<std::string> groups;      ///< Empty, and no SOURCE: all groups of the store.
  TimeRange range;                      ///< now() is its end, or that of the events.
  std::uint64_t limit = default_limit;  ///< Where the query has none.
  unsigned threads = 0;                 ///< 0: one for each core.
};

struct Field {
  std::string name;
  std::string value;
};

struct Statistics {
  std::uint64_t records_matched = 0;  ///< Rows that came as far as the first stats, sort or limit.
  std::uint64_t records_scanned = 0;
  std::uint64_t bytes_scanned = 0;
  std::uint64_t unreadable = 0;  ///< Lines that are no event; the service has no such figure.
  std::uint64_t cut_off = 0;  ///< Documents that end before their list does; neither has it this.
};

/// Rows of texts, as GetQueryResults has them: a field that is missing is not in the row, and the
/// rows of a query without stats end in @ptr.
struct Answer {
  std::vector<std::string> columns;  ///< Without @ptr, unless it was asked for.
  std::vector<std::vector<Field>> rows;
  Statistics statistics;
};

/// The same answer whatever the number of threads.
///
/// Memory: the answer's rows, the groups of stats, and a few MiB for each thread; not the log.
/// Errors: MalformedQuery (the query, unknown groups), FileTrouble.
/// Source: CloudWatch Logs user guide, "Logs Insights query language"; where it says nothing, what
///         is assumed is said in report/insights/README.md.
[[nodiscard]] Answer ask(const LogStore& store, const Question& question);

/// Checks a query without running it. Errors: MalformedQuery.
void check_query(std::string_view query);

}  // namespace hoplab::report::insights
