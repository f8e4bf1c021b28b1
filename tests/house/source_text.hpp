// A small reader of C++ text for the house rules: enough to find includes and the extent of
// function bodies, no compiler.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::house {

/// The text with comments, and what stands inside string and character literals, blanked out.
/// Line breaks stay, so that line numbers do. Knows raw strings and digit separators.
[[nodiscard]] std::string without_comments_and_literals(std::string_view text);

/// A text cut at line breaks; a last line without one counts, an empty one does not.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

/// What a `#include` line names.
struct Include {
  int line = 0;
  std::string header;
};
/// Every include, those in comments left out.
[[nodiscard]] std::vector<Include> includes_of(std::string_view text);

/// A function body's extent: from the line on which its declaration begins to its last brace.
struct FunctionExtent {
  int first_line = 0;
  int last_line = 0;
  std::string heading;  ///< The declaration, white space squeezed.
  [[nodiscard]] int lines() const { return last_line - first_line + 1; }
};
/// The outermost function bodies in order; a lambda counts as part of the function around it, and
/// on its own where it initialises a variable of a namespace or class.
/// Limits: macros are taken as they stand; TEST(...) {...} is a function, as it should be.
[[nodiscard]] std::vector<FunctionExtent> functions_of(std::string_view text);

/// A file of the project, its path relative to the root with forward slashes.
struct SourceFile {
  std::string path;
  std::string text;
};
/// Every .hpp and .cpp under sim, scenarios, models, report, tests and examples, sorted by path.
[[nodiscard]] std::vector<SourceFile> cpp_files(const std::filesystem::path& root);

}  // namespace hoplab::house
