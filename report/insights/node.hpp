// Expressions as they are run: names are slots, patterns are ready.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/syntax.hpp"
#include "report/insights/value.hpp"

namespace hoplab::report::insights {

class Frame;
class JsonPaths;

/// What a slot needs before it can be looked at.
enum class Need : std::uint8_t { nothing, message, fields };

/// Fills the slots of an event that cost something, when they are looked at first.
class Loader {
 public:
  virtual ~Loader() = default;
  virtual void load(Need need, Frame& frame) = 0;
};

/// The row that is being worked on. Its texts live until the next row.
class Frame {
 public:
  std::vector<Value> slots;
  Arena arena;
  Loader* loader = nullptr;  ///< Absent: all slots are filled.
};

class Node {
 public:
  virtual ~Node() = default;
  [[nodiscard]] virtual Value value(Frame& frame) const = 0;
};
using NodePtr = std::unique_ptr<Node>;

/// What names and functions mean where an expression stands.
class Scope {
 public:
  virtual ~Scope() = default;
  /// A field. `keeps_json`: an object or an array is a value here, too.
  virtual NodePtr field(const Expression& expression, bool keeps_json) = 0;
  /// An expression that has a meaning of its own here: an aggregate, the name of a column. Nothing
  /// for all others.
  virtual NodePtr special(const Expression& expression) = 0;
  /// Seconds since 1970, for now().
  [[nodiscard]] virtual std::int64_t now_s() const = 0;
};

/// Errors: MalformedQuery (unknown functions and names, bad patterns).
[[nodiscard]] NodePtr compile(const Expression& expression, Scope& scope);

[[nodiscard]] NodePtr slot_node(std::size_t slot, Need need, bool keeps_json);
/// All that a query looks at within the JSON of one slot; see JsonPaths.
struct PathGroup {
  std::shared_ptr<JsonPaths> paths;
  std::size_t read_slot = 0;  ///< Of the text that was read last.
};
/// A value within the JSON of another slot. `slot` is its own.
[[nodiscard]] NodePtr path_node(NodePtr whole, const PathGroup& group,
                                std::vector<std::string> path, std::size_t slot);

/// If an expression cannot hold for an event whose line lacks a certain text, that text; else "".
[[nodiscard]] std::string needed_text(const Expression& condition);

}  // namespace hoplab::report::insights
