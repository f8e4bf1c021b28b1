#include "scenarios/schema/node.hpp"
#include "scenarios/schema/yaml_tree.hpp"

namespace hoplab::scenarios {
namespace {

Node::Kind kind_of(yaml::Node::Kind kind) {
  switch (kind) {
    case yaml::Node::Kind::null:
      return Node::Kind::null;
    case yaml::Node::Kind::scalar:
      return Node::Kind::scalar;
    case yaml::Node::Kind::list:
      return Node::Kind::sequence;
    case yaml::Node::Kind::map:
      return Node::Kind::mapping;
  }
  return Node::Kind::null;
}

/// Depth and number of the nodes are bounded by the reader, so the recursion is too.
Node copy(const yaml::Node& from, const std::string& file) {
  Node to;
  to.kind = kind_of(from.kind);
  to.mark = {file, from.place.line, from.place.column};
  to.text = from.text;
  to.is_quoted = from.is_quoted;
  to.items.reserve(from.items.size());
  for (const yaml::Node* item : from.items) to.items.push_back(copy(*item, file));
  to.entries.reserve(from.entries.size());
  for (const yaml::Entry& entry : from.entries) {
    to.entries.push_back({Node::Key{entry.key, {file, entry.place.line, entry.place.column}},
                          copy(*entry.value, file)});
  }
  return to;
}

}  // namespace

std::optional<Node> parse_yaml(std::string_view text, const std::string& file,
                               sim::Diagnostics& diagnostics) {
  yaml::Tree tree;
  if (!yaml::read_yaml(text, file, tree, diagnostics)) return std::nullopt;
  if (tree.root() != nullptr) return copy(*tree.root(), file);
  Node nothing;
  nothing.mark = {file, 1, 1};
  return nothing;
}

}  // namespace hoplab::scenarios
