// Single values of the scenario language: from what a person wrote to a typed value, or to one
// diagnostic at its place that says what to write instead.
//
// Nothing is guessed: a quantity needs its unit, a boolean is true or false, a number is plain
// decimal digits. What YAML 1.1 reads in two ways (010, 1:30, yes) is refused.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/schema/node.hpp"
#include "sim/diagnostic.hpp"
#include "sim/units.hpp"

namespace hoplab::scenarios {

/// Any scalar as it was written. Null, lists and mappings are errors (E0203).
[[nodiscard]] std::optional<std::string> read_text(const Node& node, sim::Diagnostics& diagnostics);
/// "true" or "false", unquoted (E0211).
[[nodiscard]] std::optional<bool> read_boolean(const Node& node, sim::Diagnostics& diagnostics);
/// 0 to 366 days (E0204, E0212).
[[nodiscard]] std::optional<sim::Duration> read_duration(const Node& node,
                                                         sim::Diagnostics& diagnostics);
/// The same, above zero.
[[nodiscard]] std::optional<sim::Duration> read_positive_duration(const Node& node,
                                                                  sim::Diagnostics& diagnostics);
/// The same with a sign in front: "-3ms".
[[nodiscard]] std::optional<sim::Duration> read_signed_duration(const Node& node,
                                                                sim::Diagnostics& diagnostics);
/// At most 9 GB, for which transfer times cannot overflow (E0205, E0212).
[[nodiscard]] std::optional<sim::Bytes> read_bytes(const Node& node, sim::Diagnostics& diagnostics);
/// 1 B/s to 100 Tbps (E0206, E0212).
[[nodiscard]] std::optional<sim::BytesPerSecond> read_bandwidth(const Node& node,
                                                                sim::Diagnostics& diagnostics);
/// Above 0, at most 10,000,000/s (E0207, E0212).
[[nodiscard]] std::optional<sim::PerSecond> read_rate(const Node& node,
                                                      sim::Diagnostics& diagnostics);
/// "90%" or 0.9 (E0208).
[[nodiscard]] std::optional<sim::Ratio> read_ratio(const Node& node, sim::Diagnostics& diagnostics);
/// ECS units, or "0.5 vCPU"; 128 to 196608, as ECS takes them (E0219, E0212).
[[nodiscard]] std::optional<sim::CpuUnits> read_cpu(const Node& node,
                                                    sim::Diagnostics& diagnostics);

struct IntegerRange {
  std::int64_t minimum = 0;
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
};
/// Unquoted decimal digits, ends included (E0209, E0212).
[[nodiscard]] std::optional<std::int64_t> read_integer(const Node& node, IntegerRange range,
                                                       sim::Diagnostics& diagnostics);
/// A plain decimal number above `above` and at most `maximum` (E0210, E0212).
struct NumberRange {
  double above = 0;
  double maximum = 0;
};
[[nodiscard]] std::optional<double> read_number(const Node& node, NumberRange range,
                                                sim::Diagnostics& diagnostics);

/// One word of a list (E0213). Returns its index.
[[nodiscard]] std::optional<std::size_t> read_choice(const Node& node,
                                                     const std::vector<std::string>& words,
                                                     sim::Diagnostics& diagnostics);

/// Readers with their range baked in, for Section::take.
template <typename Integer>
[[nodiscard]] auto integer_in(Integer minimum, Integer maximum) {
  return [minimum, maximum](const Node& node, sim::Diagnostics& diagnostics) {
    const IntegerRange range{static_cast<std::int64_t>(minimum),
                             static_cast<std::int64_t>(maximum)};
    const auto value = read_integer(node, range, diagnostics);
    return value ? std::optional(static_cast<Integer>(*value)) : std::nullopt;
  };
}

template <typename Value>
[[nodiscard]] auto choice_of(std::vector<std::pair<std::string, Value>> choices) {
  return [choices = std::move(choices)](const Node& node, sim::Diagnostics& diagnostics) {
    std::vector<std::string> words;
    for (const auto& [word, value] : choices) words.push_back(word);
    const auto index = read_choice(node, words, diagnostics);
    return index ? std::optional<Value>(choices[*index].second) : std::nullopt;
  };
}

/// "did you mean 'b'?", or "" when nothing is near. Silent when mistakes and names are both many:
/// by then a search through all names for each mistake would take minutes.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string>& candidates,
                                       const sim::Diagnostics& diagnostics);
/// "a, b or c"; cut after a dozen.
[[nodiscard]] std::string one_of(const std::vector<std::string>& words);
/// The nearest name, else the whole list.
[[nodiscard]] std::string hint_for(std::string_view word,
                                   const std::vector<std::string>& candidates,
                                   const sim::Diagnostics& diagnostics);
/// `text` as it may stand in a message: cut after 60 characters, control characters as '?'.
[[nodiscard]] std::string shown(std::string_view text);

/// "10.0.0.0/16": four octets and the length of the prefix.
[[nodiscard]] bool is_ipv4_block(std::string_view text);

/// What makes `text` no plain number, with a hint, for those spellings that people fall for:
/// 010, 1:30, 1e9, 0x1F, 1_000, .nan, +5. Empty message: nothing of that kind.
struct NumberTrap {
  std::string message;
  std::string hint;
};
[[nodiscard]] NumberTrap number_trap(std::string_view text);
/// Digits with at most one point: "7", "0.5".
[[nodiscard]] bool is_plain_number(std::string_view text);
/// What is wrong with `text` as a duration; to be called when it does not parse.
[[nodiscard]] NumberTrap duration_trouble(std::string_view text);

}  // namespace hoplab::scenarios
