// The three kinds of "error", kept apart: bad input is a list of Diagnostic values; a broken
// invariant stops the program through HOPLAB_ASSERT; a simulated failure is data, found elsewhere.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::sim {

/// A place in an input file. Lines and columns count from 1 (columns in bytes); line 0 means
/// "the file as a whole".
struct SourceMark {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const SourceMark&) const = default;
};

enum class Severity { error, warning, note };

/// One thing wrong with an input: what, where, and how to mend it.
struct Diagnostic {
  SourceMark mark;
  Severity severity = Severity::error;
  std::string code;     ///< Stable, for searching: "E0103".
  std::string message;  ///< One line, no full stop.
  std::string hint;     ///< What to write instead; may be empty.
};

/// "file:line:col: error[E0103]: message", then "  hint: ..." on a line of its own if there is one.
[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);

/// Collects what is wrong with an input; the reader goes on after each entry, so that a person
/// sees every mistake at once.
class Diagnostics {
 public:
  void error(SourceMark mark, std::string code, std::string message, std::string hint = "");
  void warning(SourceMark mark, std::string code, std::string message, std::string hint = "");
  void note(SourceMark mark, std::string code, std::string message, std::string hint = "");
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] int errors() const { return errors_; }
  /// Ordered by file, line and column; equal places keep the order of their discovery.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;

 private:
  std::vector<Diagnostic> entries_;
  int errors_ = 0;
};

/// The candidate nearest to `word` (Levenshtein distance at most 1 + length/3), or "" if none.
[[nodiscard]] std::string nearest_name(std::string_view word,
                                       const std::vector<std::string>& candidates);

/// A broken invariant. Caught only in main(), which prints it with seed and simulated time and
/// exits 70.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_assertion(const char* condition, const char* why, const char* file,
                                 int line);

}  // namespace hoplab::sim

/// On in every build. `why` says what the caller relied upon.
#define HOPLAB_ASSERT(condition, why)                                     \
  do {                                                                    \
    if (!(condition)) [[unlikely]]                                        \
      ::hoplab::sim::fail_assertion(#condition, why, __FILE__, __LINE__); \
  } while (false)
