#include "scenarios/schema/node.hpp"

#include <nlohmann/json.hpp>

namespace hoplab::scenarios {
namespace {

constexpr std::string_view digits = "0123456789";

/// Takes digits from the front; false if there is none.
bool take_digits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of(digits), text.size());
  text.remove_prefix(end);
  return end > 0;
}

/// A number as JSON has it: no leading zeros, no sign but a minus.
bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && digits.find(text[1]) != std::string_view::npos) {
    return false;
  }
  if (!take_digits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

std::string scalar_json(const Node& node) {
  const std::string& text = node.text;
  const bool is_literal = text == "true" || text == "false" || is_json_number(text);
  return !node.is_quoted && is_literal ? text : nlohmann::json(text).dump();
}

}  // namespace

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "text";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
  }
  return "nothing";
}

std::string to_json(const Node& node) {
  std::string text;
  switch (node.kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::scalar:
      return scalar_json(node);
    case Node::Kind::sequence:
      for (const Node& item : node.items) text += (text.empty() ? "" : ",") + to_json(item);
      return "[" + text + "]";
    case Node::Kind::mapping:
      for (const Node::Entry& entry : node.entries) {
        text += text.empty() ? "" : ",";
        text += nlohmann::json(entry.key.name).dump() + ":" + to_json(entry.value);
      }
      return "{" + text + "}";
  }
  return "null";
}

}  // namespace hoplab::scenarios
