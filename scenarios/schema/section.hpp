// One mapping of the scenario whose keys are known: reports the unknown ones, hands out the rest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/schema/node.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::scenarios {

/// Null counts as an empty mapping ("b:" without anything); other kinds are one error (E0203), and
/// then every key is absent and nothing is reported as missing.
class Section {
 public:
  /// Reports every key that is not in `keys` (E0201). `node` and `diagnostics` outlive this.
  Section(const Node& node, std::string what, std::vector<std::string> keys,
          sim::Diagnostics& diagnostics);

  [[nodiscard]] const Node* find(std::string_view key) const {
    return is_readable_ ? node_.find(key) : nullptr;
  }
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] bool is_readable() const { return is_readable_; }
  [[nodiscard]] const sim::SourceMark& mark() const { return node_.mark; }
  /// Of the key itself; requires has(key).
  [[nodiscard]] const sim::SourceMark& key_mark(std::string_view key) const;
  [[nodiscard]] const std::string& what() const { return what_; }

  /// The value, or null and one error (E0202).
  const Node* require(std::string_view key, std::string hint = "") const;
  /// One error at `key` if both are given (E0218).
  bool excludes(std::string_view key, std::string_view other) const;

  /// Reads the value of `key` into `target` if it is there and right.
  template <typename Reader, typename Target>
  void take(std::string_view key, const Reader& reader, Target& target) const {
    const Node* node = find(key);
    if (node == nullptr) return;
    if (auto value = reader(*node, diagnostics_)) target = *std::move(value);
  }

  /// Calls `visit` with each item of the list under `key`; not a list: one error.
  template <typename Visit>
  void each(std::string_view key, const Visit& visit) const {
    const Node* node = find(key);
    if (node == nullptr || !is_list(*node)) return;
    for (const Node& item : node->items) visit(item);
  }

 private:
  [[nodiscard]] bool is_list(const Node& node) const;

  const Node& node_;
  std::string what_;
  sim::Diagnostics& diagnostics_;
  bool is_readable_ = true;
};

}  // namespace hoplab::scenarios
