// A query, ready to run: steps from event to event, and the places where rows must come together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "report/insights/aggregate.hpp"
#include "report/insights/json_value.hpp"
#include "report/insights/node.hpp"
#include "report/insights/pattern.hpp"
#include "report/insights/syntax.hpp"

namespace hoplab::report::insights {

inline constexpr std::uint64_t default_limit = 10'000;

enum class StepType : std::uint8_t { filter, compute, glob, regular, unnest };

/// What is done with one row. Unnest makes several of it.
struct Step {
  StepType type = StepType::filter;
  NodePtr node;                    ///< The condition, the value, the text or the list.
  std::vector<std::size_t> slots;  ///< Where results go; no_slot for a group without a name.
  std::optional<Glob> glob;
  std::optional<RegularExpression> regular;
};
inline constexpr std::size_t no_slot = static_cast<std::size_t>(-1);

struct OrderKey {
  NodePtr node;
  bool is_descending = false;
};

/// A value that outlives the row's event.
struct Capture {
  std::size_t slot = 0;
  NodePtr node;
};

/// The first `limit` rows in an order.
struct Collect {
  std::vector<OrderKey> order;  ///< Empty: events newest first, other rows as they come.
  std::vector<NodePtr> dedup;   ///< One row for each combination of these; empty: all rows.
  std::vector<Capture> captures;
  std::uint64_t limit = default_limit;
  bool takes_events = true;  ///< Else the rows have an order already.
};

struct GroupKey {
  NodePtr node;
  std::size_t slot = 0;
};
struct AggregateResult {
  std::size_t aggregate = 0;
  double percent = 0;
  std::size_t slot = 0;
};

/// One row for each combination of keys.
struct Stats {
  Span span;
  std::vector<GroupKey> keys;
  std::vector<AggregateSpec> aggregates;
  std::vector<AggregateResult> results;
};

struct Segment {
  std::vector<Step> steps;
  std::variant<Collect, Stats> end;
};

struct Column {
  std::string name;
  std::size_t slot = 0;
  bool shows_json = false;  ///< A field that is an object or an array is none; a made value is.
};

/// Where the fields of an event go that every event has; absent when nobody looks at them.
struct EventSlots {
  std::optional<std::size_t> timestamp;
  std::optional<std::size_t> ingestion_time;
  std::optional<std::size_t> message;
  std::optional<std::size_t> log_stream;
  std::optional<std::size_t> log;
  std::optional<std::size_t> ptr;
};

struct Plan {
  std::size_t slots = 0;
  EventSlots event;
  Projection fields;
  std::vector<Segment> segments;  ///< The last one ends in a Collect.
  std::vector<Column> columns;
  bool rows_are_events = true;  ///< No stats: each row has a @ptr.
  std::string needed_text;      ///< An event whose line lacks it is no result; may be empty.
  std::optional<Source> source;
};

struct PlanOptions {
  std::uint64_t limit = default_limit;  ///< Where the query has none.
  std::function<std::int64_t()> now_s;  ///< What now() is: seconds since 1970. Absent: 0.
};

/// Errors: MalformedQuery.
[[nodiscard]] Plan make_plan(std::string_view query, const PlanOptions& options);

}  // namespace hoplab::report::insights
