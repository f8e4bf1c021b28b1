#include <algorithm>
#include <array>
#include <cstring>

#include "report/insights/functions.hpp"

namespace hoplab::report::insights {
namespace {

using Arguments = std::span<const Value>;

/// A value's text; that of a number is made in `arena`.
std::string_view text_of(const Value& value, Arena& arena) {
  if (value.kind == Kind::text || value.kind == Kind::json) return value.text;
  return arena.keep(shown(value));
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// The byte at which the character number `index` begins; the text's end when there are fewer.
std::size_t byte_of_character(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; at < text.size() && index > 0; --index) {
    for (++at; at < text.size() && is_continuation(text[at]); ++at) {
    }
  }
  return at;
}

std::size_t characters_in(std::string_view text) {
  const auto continuations = std::count_if(text.begin(), text.end(), is_continuation);
  return text.size() - static_cast<std::size_t>(continuations);
}

Value is_empty(Arguments arguments, Arena& arena) {
  return boolean_value(arguments[0].is_missing() || text_of(arguments[0], arena).empty());
}

Value is_blank_text(Arguments arguments, Arena& arena) {
  if (arguments[0].is_missing()) return boolean_value(true);
  const std::string_view text = text_of(arguments[0], arena);
  return boolean_value(std::all_of(text.begin(), text.end(), is_blank));
}

Value concat(Arguments arguments, Arena& arena) {
  std::string out;
  for (const Value& argument : arguments) append_shown(out, argument);
  return text_value(arena.keep(out));
}

bool is_in_set(char c, const Value* set, std::string_view characters) {
  return set == nullptr ? is_blank(c) : characters.find(c) != std::string_view::npos;
}

/// Takes characters of a set (blanks, without one) from the ends.
template <bool at_left, bool at_right>
Value trimmed(Arguments arguments, Arena& arena) {
  if (arguments[0].is_missing()) return {};
  std::string_view text = text_of(arguments[0], arena);
  const Value* const set = arguments.size() > 1 ? &arguments[1] : nullptr;
  const std::string_view characters = set == nullptr ? "" : text_of(*set, arena);
  while (at_left && !text.empty() && is_in_set(text.front(), set, characters)) {
    text.remove_prefix(1);
  }
  while (at_right && !text.empty() && is_in_set(text.back(), set, characters)) {
    text.remove_suffix(1);
  }
  return text_value(text);
}

Value length(Arguments arguments, Arena& arena) {
  if (arguments[0].is_missing()) return {};
  return number_value(static_cast<double>(characters_in(text_of(arguments[0], arena))));
}

/// Letters of ASCII only.
template <char first, char last, int shift>
Value with_case(Arguments arguments, Arena& arena) {
  if (arguments[0].is_missing()) return {};
  const std::string_view text = text_of(arguments[0], arena);
  char* const out = arena.take(text.size());
  std::transform(text.begin(), text.end(), out,
                 [](char c) { return c >= first && c <= last ? static_cast<char>(c + shift) : c; });
  return text_value({out, text.size()});
}

/// A place or a length in a text: nothing for no number, 0 for one below it.
bool read_count(const Value& value, std::size_t& count) {
  constexpr double far = 1e15;
  const auto number = number_of(value);
  if (!number) return false;
  count = *number < 0 ? 0 : static_cast<std::size_t>(std::min(*number, far));
  return true;
}

Value substring(Arguments arguments, Arena& arena) {
  std::size_t start = 0;
  std::size_t count = 0;
  if (arguments[0].is_missing() || !read_count(arguments[1], start)) return {};
  const bool has_count = arguments.size() > 2;
  if (has_count && !read_count(arguments[2], count)) return {};
  std::string_view text = text_of(arguments[0], arena);
  text.remove_prefix(byte_of_character(text, start));
  return text_value(has_count ? text.substr(0, byte_of_character(text, count)) : text);
}

Value replaced(Arguments arguments, Arena& arena) {
  if (arguments[0].is_missing()) return {};
  const std::string_view text = text_of(arguments[0], arena);
  const std::string_view wanted = text_of(arguments[1], arena);
  if (wanted.empty() || text.find(wanted) == std::string_view::npos) return text_value(text);
  const std::string_view instead = text_of(arguments[2], arena);
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(wanted); at != std::string_view::npos;
       at = text.find(wanted, begin)) {
    out.append(text, begin, at - begin).append(instead);
    begin = at + wanted.size();
  }
  return text_value(arena.keep(out.append(text.substr(begin))));
}

Value contains(Arguments arguments, Arena& arena) {
  if (arguments[0].is_missing() || arguments[1].is_missing()) return boolean_value(false);
  return boolean_value(text_of(arguments[0], arena).find(text_of(arguments[1], arena)) !=
                       std::string_view::npos);
}

constexpr std::array<Function, 12> table = {{
    {"concat", 1, 64, concat},
    {"isblank", 1, 1, is_blank_text},
    {"isempty", 1, 1, is_empty},
    {"ltrim", 1, 2, trimmed<true, false>},
    {"replace", 3, 3, replaced},
    {"rtrim", 1, 2, trimmed<false, true>},
    {"strcontains", 2, 2, contains},
    {"strlen", 1, 1, length},
    {"substr", 2, 3, substring},
    {"tolower", 1, 1, with_case<'A', 'Z', 'a' - 'A'>},
    {"toupper", 1, 1, with_case<'a', 'z', 'A' - 'a'>},
    {"trim", 1, 2, trimmed<true, true>},
}};

}  // namespace

std::span<const Function> text_functions() { return table; }

}  // namespace hoplab::report::insights
