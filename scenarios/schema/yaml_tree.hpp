// A YAML file as its events tell it: aliases are second pointers to one value, so that a bomb costs
// nothing until somebody writes it out. parse_yaml copies this into the plain tree of node.hpp.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sim/diagnostic.hpp"

namespace hoplab::scenarios::yaml {

/// Line and column, both from 1, the column in bytes.
struct Place {
  int line = 0;
  int column = 0;
  auto operator<=>(const Place&) const = default;
};

struct Node;

/// One `key: value` of a mapping.
struct Entry {
  std::string key;
  Place place;  ///< Of the key.
  const Node* value = nullptr;
};

/// A value as it stands in the file. Scalars keep their source text: what "010" or "on" means is
/// for whoever wants a number or a boolean to say.
struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  bool is_quoted = false;  ///< Scalars: in quotes, or a YAML block of text.
  Place place;
  std::string text;                ///< Scalars.
  std::vector<const Node*> items;  ///< Lists.
  std::vector<Entry> entries;      ///< Mappings, in the file's order, each key once.
  std::uint64_t nodes = 1;         ///< This one and all below, aliases counted at each use.
  std::uint64_t bytes = 0;         ///< Of their scalars and keys, counted likewise.
};

/// Owns the nodes of one file. A YAML alias is a second pointer to the same node; no node is ever
/// below itself.
class Tree {
 public:
  Node& add(Node::Kind kind, Place place);
  void set_root(const Node& node) { root_ = &node; }
  /// Null when the file holds no value at all.
  [[nodiscard]] const Node* root() const { return root_; }

 private:
  std::deque<Node> nodes_;  // A deque: nodes stay where they are.
  const Node* root_ = nullptr;
};

constexpr std::size_t yaml_bytes_max = std::size_t{1} << 20;
// Aliases written out. 1 MiB without aliases holds neither so many values nor so much text, unless
// most of its values are left out (`[,,,]`).
constexpr std::uint64_t yaml_nodes_max = 600'000;
constexpr std::uint64_t yaml_text_max = std::uint64_t{8} << 20;
constexpr int duplicates_max = 1000;
constexpr int nesting_max = 64;

/// Reads one YAML document. Of what YAML offers, tags, merge keys, keys that are not plain words,
/// cyclic aliases and further documents are refused, as are duplicate keys.
///
/// Errors: E0101 to E0112 in `diagnostics`. A duplicate key is reported, its value dropped, and
/// reading goes on; anything else, and the thousandth duplicate, ends it, and the result is false:
/// the tree is not to be used.
/// Cost: linear; under a second for any input of the permitted size.
[[nodiscard]] bool read_yaml(std::string_view text, const std::string& file, Tree& tree,
                             sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios::yaml
