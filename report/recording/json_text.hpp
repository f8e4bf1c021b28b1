// JSON at the speed of a log writer: strings out, single members in. Whole documents are read by
// the JSON library; these few functions serve the paths that see every log line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hoplab::report::recording {

/// Appends `text` as a JSON string, quotes included. Control characters are escaped, UTF-8 passes
/// through, and every byte that is not part of valid UTF-8 becomes U+FFFD, so the result is always
/// valid JSON.
void append_json_string(std::string& out, std::string_view text);
/// The same without the quotes.
void append_json_inside(std::string& out, std::string_view text);
/// As the inside of a JSON string within a JSON string.
void append_json_inside_twice(std::string& out, std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);
/// Appends `before` and a whole number, without a detour through a formatter's parser.
void append_number(std::string& out, std::string_view before, std::int64_t value);
/// A number that often comes several times in a row, as the time of a line.
class NumberText {
 public:
  [[nodiscard]] std::string_view of(std::int64_t number) {
    if (number != number_) {
      number_ = number;
      text_ = std::to_string(number);
    }
    return text_;
  }

 private:
  std::int64_t number_ = 0;
  std::string text_ = "0";
};

/// The value of a member at the top level of `object`, as it is spelt there (a string keeps its
/// quotes and escapes). Nothing when `object` is no object, has no such member, or breaks off
/// before it. The first of equal names wins. `name` must need no escapes.
[[nodiscard]] std::optional<std::string_view> json_member(std::string_view object,
                                                          std::string_view name);

/// One past the JSON value that begins at `at`; npos when it does not end, `at` when none begins.
[[nodiscard]] std::size_t json_value_end(std::string_view text, std::size_t at);

/// Several members in one go; what is found is put at its name's place, the rest stays as it is.
void json_members(std::string_view object, std::span<const std::string_view> names,
                  std::span<std::optional<std::string_view>> values);

/// The text that a spelt JSON string stands for; nothing when it is not one.
[[nodiscard]] std::optional<std::string> json_unquoted(std::string_view spelt);
/// Appends the text of the spelt JSON string that `spelt` begins with; where that ends, or 0 when
/// it does not begin with a whole one (and then some of it may have been appended).
[[nodiscard]] std::size_t append_json_unquoted(std::string& out, std::string_view spelt);

}  // namespace hoplab::report::recording
