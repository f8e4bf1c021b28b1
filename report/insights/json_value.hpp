// Values within JSON text, found without reading the rest into a tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/value.hpp"
#include "report/recording/json_quotes.hpp"

namespace hoplab::report::insights {

/// How far behind what it decodes decode_simple_string() may write.
inline constexpr std::size_t decoding_slack = sim::byte_block;

/// Decodes the spelt JSON string that `spelt` begins with into `out`, which has room for all of
/// `spelt` and decoding_slack; `end` is one past the string. How many bytes there are; npos when it
/// does not end, or has an escape of more than one character.
///
/// Half of a message in JSON is escapes of quotes, and every line goes through here.
[[nodiscard]] std::size_t decode_simple_string(std::string_view spelt, char* out, std::size_t& end);

/// What a spelt JSON value is: null is missing, a number keeps its spelling. Texts with escapes are
/// decoded into `arena`. Missing as well for what is no JSON.
[[nodiscard]] Value json_value(std::string_view spelt, Arena& arena);

/// The value at a path of member names and indices; missing when there is none.
[[nodiscard]] Value json_at(std::string_view spelt, std::span<const std::string> path,
                            Arena& arena);

/// Several values of one JSON text, each as json_at() finds it, in one pass.
class JsonPaths {
 public:
  /// Requires a path that is not empty. Where read() puts the value: into `slot`, or, when it has
  /// this path already, into the slot of that.
  std::size_t add(std::vector<std::string> path, std::size_t slot);
  /// Sets every slot: found or missing.
  void read(std::string_view spelt, std::vector<Value>& values, Arena& arena) const;

 private:
  struct Rest {
    std::vector<std::string> path;
    std::size_t slot = 0;
  };
  struct Head {
    std::string name;
    std::vector<Rest> rests;
  };
  static void put(const Head& head, std::string_view spelt, std::vector<Value>& values,
                  Arena& arena);

  std::vector<Head> heads_;
};

/// The text without blanks around it if it begins and ends like a JSON object (or array); else "".
[[nodiscard]] std::string_view json_body(std::string_view text, bool may_be_array);

/// Calls take(element) with each element of a spelt array, until it returns false.
void for_each_json_element(std::string_view array,
                           const std::function<bool(std::string_view)>& take);

/// The JSON fields that a query looks at, found in one pass over a message.
///
/// A field's name is the names on its way, with dots; an index names an element of an array. A
/// member whose own name has dots is found too. Only values are fields: an object or an array is
/// handed over as Kind::json, and the caller decides. The first of equal names wins.
class Projection {
 public:
  /// `slot` is where scan() puts it.
  void add(const std::vector<std::string>& path, std::size_t slot);
  [[nodiscard]] bool is_empty() const { return slots_.empty(); }
  [[nodiscard]] const std::vector<std::size_t>& slots() const { return slots_; }

  /// Sets every slot: found or missing. A message that is no JSON object has no fields; one that
  /// is broken in the middle has those before the place.
  void scan(std::string_view message, std::vector<Value>& values, Arena& arena) const;
  /// The same of a message as it stands in its line, a JSON string with its quotes: what is not
  /// asked for is not decoded. False when that is not enough, and scan() has to be called. Texts
  /// are in `arena` or in `spelt`.
  [[nodiscard]] bool scan_spelt(std::string_view spelt, std::vector<Value>& values,
                                Arena& arena) const;

 private:
  struct Branch {
    std::string name;
    std::vector<std::size_t> slots;
    std::vector<Branch> children;
  };
  struct Scan;
  struct SpeltScan;
  static void add_below(Branch& branch, std::span<const std::string> path, std::size_t slot);

  Branch root_;
  std::vector<std::size_t> slots_;
};

}  // namespace hoplab::report::insights
