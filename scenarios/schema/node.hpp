// A document as it was written: values, and where each of them stands. The same tree for YAML (the
// scenario) and JSON (AWS artefacts), so that every later message can point at a line and column.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/diagnostic.hpp"

namespace hoplab::scenarios {

struct Node {
  enum class Kind { null, scalar, sequence, mapping };
  struct Key {
    std::string name;
    sim::SourceMark mark;
  };

  Kind kind = Kind::null;
  sim::SourceMark mark;     ///< Of the value's first character.
  std::string text;         ///< scalar: as written, without quotes, escapes resolved.
  bool is_quoted = false;   ///< scalar: quoted in YAML, a string in JSON.
  std::vector<Node> items;  ///< sequence
  struct Entry;
  std::vector<Entry> entries;  ///< mapping, in the file's order; keys are unique.

  /// The value of a key, or null.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

// A struct of ours: std::pair cannot hold a type that is not finished yet.
struct Node::Entry {
  Key key;
  Node value;
};

inline const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key.name == key) return &entry.value;
  }
  return nullptr;
}

/// "a list", "a mapping", "text", "nothing": for messages.
[[nodiscard]] std::string_view describe(Node::Kind kind);

/// The value as JSON on one line. Plain scalars that JSON takes for numbers or booleans stay such;
/// every other one is text.
[[nodiscard]] std::string to_json(const Node& node);

/// Reads one YAML document through yaml-cpp's events; aliases are copied within a budget.
///
/// Errors (each with its place, codes E01xx): not UTF-8, BOM of another encoding, NUL; more than
/// 1 MiB; nesting above 64; more than 600,000 nodes or 8 MiB of text once aliases are written out;
/// an alias to what it stands in; duplicate keys; merge keys `<<`; tags; keys that are not text; a
/// second document; tabs and other syntax errors. Empty result when there was an error that leaves
/// no tree; duplicate keys leave one (up to a thousand), so that everything else is checked too.
[[nodiscard]] std::optional<Node> parse_yaml(std::string_view text, const std::string& file,
                                             sim::Diagnostics& diagnostics);

/// Reads one JSON document (nlohmann's SAX interface) with the same promises; at most 16 MiB and
/// 500,000 nodes.
[[nodiscard]] std::optional<Node> parse_json(std::string_view text, const std::string& file,
                                             sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
