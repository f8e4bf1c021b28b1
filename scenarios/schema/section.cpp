#include "scenarios/schema/section.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {

Section::Section(const Node& node, std::string what, std::vector<std::string> keys,
                 sim::Diagnostics& diagnostics)
    : node_(node), what_(std::move(what)), diagnostics_(diagnostics) {
  if (node.kind != Node::Kind::mapping && node.kind != Node::Kind::null) {
    is_readable_ = false;
    diagnostics.error(node.mark, "E0203",
                      fmt::format("{} is {}, but a mapping is wanted", what_, describe(node.kind)),
                      "write keys and values: {" + keys.front() + ": ...}");
    return;
  }
  for (const auto& [key, value] : node.entries) {
    if (std::find(keys.begin(), keys.end(), key.name) != keys.end()) continue;
    std::string hint = did_you_mean(key.name, keys, diagnostics);
    if (hint.empty()) hint = "it takes " + one_of(keys);
    diagnostics.error(key.mark, "E0201", fmt::format("{} has no key '{}'", what_, shown(key.name)),
                      std::move(hint));
  }
}

const sim::SourceMark& Section::key_mark(std::string_view key) const {
  for (const auto& [name, value] : node_.entries) {
    if (name.name == key) return name.mark;
  }
  return node_.mark;
}

const Node* Section::require(std::string_view key, std::string hint) const {
  const Node* value = find(key);
  if (value == nullptr && is_readable_) {
    diagnostics_.error(node_.mark, "E0202", fmt::format("{} needs '{}'", what_, key),
                       std::move(hint));
  }
  return value;
}

bool Section::excludes(std::string_view key, std::string_view other) const {
  if (!has(key) || !has(other)) return false;
  diagnostics_.error(key_mark(key), "E0218",
                     fmt::format("{} has both '{}' and '{}'", what_, other, key),
                     fmt::format("leave one of them out"));
  return true;
}

bool Section::is_list(const Node& node) const {
  if (node.kind == Node::Kind::sequence) return true;
  diagnostics_.error(node.mark, "E0203",
                     fmt::format("here stands {}, but a list is wanted", describe(node.kind)),
                     "write [...], or items that start with '- '");
  return false;
}

}  // namespace hoplab::scenarios
