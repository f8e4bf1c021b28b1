// Columns and colours on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::report::writers {

/// The widest line that the report prints.
inline constexpr std::size_t page_width = 100;

/// Columns that `text` takes: one per code point of UTF-8.
/// Limits: no double-width or combining characters; we print none of our own.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// Spaces behind, or before, up to `width`; longer text stays whole.
[[nodiscard]] std::string pad_right(std::string text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string text, std::size_t width);
/// At most `width` columns; what is cut ends in an ellipsis.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);
/// Lines of at most `width` columns, broken at spaces; a longer word stays whole. Never empty.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// `text` for a terminal: what steers one (C0 but for tabs and line ends, DEL, C1 in UTF-8) becomes
/// U+FFFD, but for the tones of an Ink. Names and reasons come from files of others.
[[nodiscard]] std::string for_terminal(std::string_view text);

enum class Tone { plain, bold, dim, good, bad };

/// Puts colour on text, or does not.
class Ink {
 public:
  explicit Ink(bool has_colour) : has_colour_(has_colour) {}
  [[nodiscard]] std::string operator()(Tone tone, std::string text) const;

 private:
  bool has_colour_;
};

}  // namespace hoplab::report::writers
