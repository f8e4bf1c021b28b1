// What a query found, for a person, for a program and for a spreadsheet.
#pragma once

#include <string>
#include <string_view>

#include "report/insights/insights.hpp"

namespace hoplab::report::writers {

/// A table with aligned columns, numbers to the right. Line breaks within a value are shown as \n.
/// Without rows: "no rows".
[[nodiscard]] std::string results_table(const insights::Answer& answer);
/// A row a line: its values with a blank between them, as they are.
[[nodiscard]] std::string log_lines(const insights::Answer& answer);
/// The document that GetQueryResults answers: results, statistics, status.
[[nodiscard]] std::string results_json(const insights::Answer& answer);
/// RFC 4180, with a line of names first; a missing field is empty. No @ptr.
[[nodiscard]] std::string results_csv(const insights::Answer& answer);

/// "query:1:17: error[E0601]: text", the line with a caret below the place, and the hint.
[[nodiscard]] std::string mistake_text(std::string_view query,
                                       const insights::MalformedQuery& mistake);

/// Every group: streams, events, first and last.
[[nodiscard]] std::string groups_table(const insights::LogStore& store);
[[nodiscard]] std::string groups_json(const insights::LogStore& store);

}  // namespace hoplab::report::writers
