// The scenario language as a table: every key there is, with what it takes. The JSON Schema is made
// from it; tests hold the readers and scenarios/README.md to it.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::scenarios {

/// What a value is written as. A mapping, a list or a map of names has rows of its own, below it.
enum class Kind {
  mapping,
  list,       ///< Of mappings.
  open_list,  ///< Of mappings in AWS's words: those that have no row are taken, too.
  map,        ///< From names to mappings.
  text,
  words,  ///< One of `words`.
  boolean,
  integer,
  number,
  duration,
  signed_duration,
  size,
  bandwidth,
  rate,
  share,
  cpu,
  distribution,
  comparison,
  comparisons_by_name,
  instant,
  account,
  path,
  ports,
  instance_type,
  response_flag,
  names,
  name_or_names,
  two_names,
  window,
  durations,
  states,
  weights_by_name,
  aws_object,   ///< A mapping in AWS's words.
  aws_objects,  ///< Several of them, by name.
  aws_list,
  files,  ///< Paths, plain or as {file: PATH}.
  seven_factors,
  hour_factors,
  action,
  parameters,  ///< Of the fault action beside it.
};

struct Type {
  Kind kind = Kind::mapping;
  std::string_view words = {};  ///< Separated by '|'.
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
};

/// One key. Where it has rows below it and a type that is no mapping, either may be written:
/// `mesh: none` or `mesh: {meshName: demo}`.
struct Key {
  std::string_view path;  ///< "services.<name>.calls[].to"; below a distribution "DIST.mean".
  Type type;
  std::string_view otherwise;  ///< Its default, for people; begins with "none, required" if so.
  std::string_view meaning;
  std::string_view example;  ///< JSON; "" where the type's own says enough.

  [[nodiscard]] bool is_required() const { return otherwise == "none, required"; }
};

/// What only several keys together can break.
struct Choice {
  std::string_view mapping;  ///< "expectations[]".
  std::string_view keys;     ///< Separated by '|'.
  bool is_exclusive = true;  ///< Exactly one of them, else at least one.
};

/// Every key; one that stands in another comes behind it.
[[nodiscard]] const std::vector<Key>& language();
[[nodiscard]] const std::vector<Choice>& language_choices();

/// "services.<name>.calls[]" for "services.<name>.calls[].to"; "" for a key of the scenario itself.
[[nodiscard]] std::string_view parent_of(std::string_view path);
/// "to" for "services.<name>.calls[].to".
[[nodiscard]] std::string_view last_key_of(std::string_view path);
/// The words of a list that is separated by '|'.
[[nodiscard]] std::vector<std::string> words_of(std::string_view list);

/// What PutMetricData takes for `Unit`.
inline constexpr std::string_view metric_units =
    "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|"
    "Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|"
    "Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|"
    "Gigabits/Second|Terabits/Second|Count/Second|None";

// For the rows.
inline constexpr std::int64_t any_integer = std::numeric_limits<std::int64_t>::max();
constexpr Type of(Kind kind) { return {.kind = kind}; }
constexpr Type words(std::string_view all) { return {.kind = Kind::words, .words = all}; }
constexpr Type integer(std::int64_t minimum, std::int64_t maximum) {
  return {.kind = Kind::integer, .minimum = minimum, .maximum = maximum};
}
constexpr Type number(std::int64_t above, std::int64_t maximum) {
  return {.kind = Kind::number, .minimum = above, .maximum = maximum};
}

// The table in its parts.
[[nodiscard]] std::span<const Key> scenario_keys();
[[nodiscard]] std::span<const Key> service_keys();
[[nodiscard]] std::span<const Key> service_connect_keys();
[[nodiscard]] std::span<const Key> ecs_keys();
[[nodiscard]] std::span<const Key> long_form_keys();
[[nodiscard]] std::span<const Key> run_keys();

}  // namespace hoplab::scenarios
