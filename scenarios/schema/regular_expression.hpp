// Regular expressions as Envoy understands them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace hoplab::scenarios {

/// RE2's syntax, matched in time that grows with the text and no faster, whoever wrote it.
///
/// Source: Envoy's safe_regex, whose engine is RE2 too.
class RegularExpression {
 public:
  explicit RegularExpression(const std::string& pattern);
  ~RegularExpression();
  RegularExpression(RegularExpression&& other) noexcept;
  RegularExpression& operator=(RegularExpression&& other) noexcept;

  /// Empty when the pattern is good; else what is wrong with it.
  [[nodiscard]] const std::string& trouble() const;
  /// The whole text, as Envoy wants it. Requires a good pattern.
  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace hoplab::scenarios
