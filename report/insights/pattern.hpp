// Globs and regular expressions that take a text apart.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/query_mistake.hpp"

namespace re2 {
class RE2;
}

namespace hoplab::report::insights {

/// A regular expression, in time linear in the text whatever it is.
///
/// (?<name>...) is a group's name, as well as (?P<name>...).
/// Errors: MalformedQuery (E0604) for one that RE2 cannot have: look-around, back references.
class RegularExpression {
 public:
  RegularExpression(const std::string& pattern, Span where);
  ~RegularExpression();
  RegularExpression(RegularExpression&&) noexcept;

  [[nodiscard]] bool is_in(std::string_view text) const;
  /// The names of the groups in their order; "" for one without a name.
  [[nodiscard]] const std::vector<std::string>& groups() const { return groups_; }
  /// The texts of the first match's groups; false without a match. A group that took no part is
  /// a text without an address. `texts` has as many places as there are groups, and one more.
  [[nodiscard]] bool capture(std::string_view text, std::vector<std::string_view>& texts) const;

 private:
  std::unique_ptr<re2::RE2> engine_;
  std::vector<std::string> groups_;
};

/// "[*] * ended: *": the texts that the stars stand for. Each takes as little as it can; the last,
/// when nothing stands behind it, takes all that is left.
class Glob {
 public:
  explicit Glob(std::string_view pattern);
  [[nodiscard]] std::size_t stars() const { return literals_.size() - 1; }
  /// False without a match. `texts` has stars() places.
  [[nodiscard]] bool capture(std::string_view text, std::vector<std::string_view>& texts) const;

 private:
  std::vector<std::string> literals_;  ///< Before, between and behind the stars.
};

}  // namespace hoplab::report::insights
