// What a field, or an expression, is for one event; and a place for texts that live as long as that
// event is looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::report::insights {

enum class Kind : std::uint8_t {
  missing,  ///< The event has no such field; JSON's null as well.
  text,     ///< A text, or a number as it was spelt: what looks like a number counts as one.
  number,   ///< A computed number.
  boolean,  ///< JSON's true and false, and the answer of a comparison; shown as 1 and 0.
  instant,  ///< Milliseconds since 1970, shown as a date.
  json      ///< An object or an array, as it is spelt.
};

/// Does not own its text.
struct Value {
  Kind kind = Kind::missing;
  double number = 0;  ///< Of number, boolean and instant.
  std::string_view text;

  [[nodiscard]] bool is_missing() const { return kind == Kind::missing; }
};

[[nodiscard]] inline Value text_value(std::string_view text) { return {Kind::text, 0, text}; }
[[nodiscard]] inline Value number_value(double number) { return {Kind::number, number, {}}; }
[[nodiscard]] inline Value boolean_value(bool holds) {
  return {Kind::boolean, holds ? 1.0 : 0.0, {}};
}
[[nodiscard]] inline Value instant_value(std::int64_t at_ms) {
  return {Kind::instant, static_cast<double>(at_ms), {}};
}

/// A decimal number, all of the text ("-3.5", "1e3"); nothing for "", " 1", "0x1", "inf".
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
/// The number that a value is or looks like.
[[nodiscard]] std::optional<double> number_of(const Value& value);
/// True for a number other than 0 and for JSON's true; false for a missing value and any text.
[[nodiscard]] bool is_true(const Value& value);

/// Appends a value as results show it: whole numbers without decimals, others with up to four
/// (Assumed: commonly seen; small ones with four significant digits), instants as
/// "2020-12-01 10:00:00.000".
void append_shown(std::string& out, const Value& value);
[[nodiscard]] std::string shown(const Value& value);

/// The order of `sort`: missing, then what is no number, then numbers. Texts are compared in runs
/// of digits and of other characters, runs of digits by their length and then their value.
/// Source: CloudWatch Logs user guide, "sort".
[[nodiscard]] int compare_for_sort(const Value& a, const Value& b);
/// As operators compare: as numbers if both are, else as texts, byte by byte.
/// Requires that neither is missing.
[[nodiscard]] int compare_plainly(const Value& a, const Value& b);

/// A value that owns its text.
struct OwnedValue {
  Kind kind = Kind::missing;
  double number = 0;
  std::string text;

  OwnedValue() = default;
  explicit OwnedValue(const Value& value)
      : kind(value.kind), number(value.number), text(value.text) {}
  [[nodiscard]] Value view() const { return {kind, number, text}; }
};

/// Memory for the texts of one event, taken back all at once.
class Arena {
 public:
  /// Room for `size` bytes, valid until reset().
  [[nodiscard]] char* take(std::size_t size);
  /// The end of what take() gave last is not needed.
  void give_back(std::size_t size) { used_ -= size; }
  [[nodiscard]] std::string_view keep(std::string_view text);
  void reset();
  /// How often it was taken back: what is kept stays as it is while this does.
  [[nodiscard]] std::uint64_t age() const { return age_; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;
  std::uint64_t age_ = 0;
};

}  // namespace hoplab::report::insights
