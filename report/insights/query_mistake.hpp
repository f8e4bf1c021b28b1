// What is wrong with a query, and where.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace hoplab::report::insights {

/// Bytes of the query's text; `end` is one past the last.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A query that cannot be run. `what()` is one line, as the service words it where that is known.
///
/// Codes: E0601 the syntax; E0602 a part of the language that is not here; E0603 a function, or its
/// arguments; E0604 a pattern; E0605 a name that is not known; E0606 a limit; E0607 a period or an
/// instant; E0608 a log group.
class MalformedQuery : public std::runtime_error {
 public:
  MalformedQuery(const char* code, Span where, const std::string& text, std::string hint = "")
      : std::runtime_error(text), code_(code), where_(where), hint_(std::move(hint)) {}

  [[nodiscard]] const std::string& code() const { return code_; }
  /// The characters before its two ends are startCharOffset and endCharOffset of the service's
  /// answer.
  [[nodiscard]] Span where() const { return where_; }
  /// What to write instead; may be empty.
  [[nodiscard]] const std::string& hint() const { return hint_; }

 private:
  std::string code_;
  Span where_;
  std::string hint_;
};

}  // namespace hoplab::report::insights
