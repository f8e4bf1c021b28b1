// JSON read in one pass, without a tree: at the speed that hundreds of megabytes of segments need.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace hoplab::report::xray {

/// Strings that had to be decoded; views of them stay good as long as this lives.
class TextStore {
 public:
  [[nodiscard]] std::string_view keep(std::string text) {
    return texts_.emplace_back(std::move(text));
  }

 private:
  std::deque<std::string> texts_;
};

/// Stands before a value of `text`; each reader passes over exactly one value. What is no JSON, or
/// nests deeper than depth_max, makes it fail: from then on it is at the end, every reader gives
/// an empty result, and nothing is read that is not there. A value of another kind than was asked
/// for is passed over and gives an empty result.
class JsonCursor {
 public:
  static constexpr int depth_max = 64;

  explicit JsonCursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool has_failed() const { return has_failed_; }
  /// All of the text has been read, but for white space behind it.
  [[nodiscard]] bool is_at_end();
  /// The first character of the value: `{`, `[`, `"`, or that of a number or literal; 0 at the end.
  [[nodiscard]] char peek();

  /// Calls take(name) before the value of each member, which take may read or leave.
  template <typename Take>
  void members(const Take& take) {
    if (!enter('{', '}')) return;
    do {
      const std::string_view name = member_name();
      if (has_failed_) return;
      const std::size_t before = at_;
      take(name);
      if (at_ == before) skip();
    } while (goes_on('}'));
  }

  /// Calls take() before each element, which take may read or leave.
  template <typename Take>
  void elements(const Take& take) {
    if (!enter('[', ']')) return;
    do {
      const std::size_t before = at_;
      take();
      if (at_ == before) skip();
    } while (goes_on(']'));
  }

  /// A string without its quotes: a view of the text, or of `store` where it had escapes.
  [[nodiscard]] std::string_view string(TextStore& store);
  /// 0 where there is none; may be as large as JSON can say, never a NaN.
  [[nodiscard]] double number();
  [[nodiscard]] bool boolean();
  /// The value as it is spelt.
  [[nodiscard]] std::string_view raw();
  void skip();

 private:
  void fail();
  void blanks();
  [[nodiscard]] bool enter(char open, char close);
  [[nodiscard]] bool goes_on(char close);
  [[nodiscard]] std::string_view member_name();
  /// Passes over a string; its inside, as it is spelt.
  [[nodiscard]] std::string_view spelt_string();
  void skip_word();

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool has_failed_ = false;
  bool had_escapes_ = false;  ///< Of the last string.
};

}  // namespace hoplab::report::xray
