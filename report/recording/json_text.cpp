#include "report/recording/json_text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

#include "report/recording/json_quotes.hpp"
#include "sim/plain_text.hpp"

namespace hoplab::report::recording {
namespace {

constexpr std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

/// Length of the valid UTF-8 sequence that starts at `i`, or 0.
/// Source: RFC 3629, section 4 (no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const std::uint8_t lead = byte_at(text, i);
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() - i < length) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte_at(text, i + k) & 0xC0) != 0x80) return 0;
  }
  const std::uint8_t second = byte_at(text, i + 1);
  if (lead == 0xE0 && second < 0xA0) return 0;
  if (lead == 0xED && second > 0x9F) return 0;
  if (lead == 0xF0 && second < 0x90) return 0;
  if (lead == 0xF4 && second > 0x8F) return 0;
  return length;
}

/// Within as many strings as `spellings` are for.
void append_spelt(std::string& out, std::string_view text, const sim::Spellings& spellings) {
  sim::PieceWriter pieces(out);
  std::size_t i = pieces.spell(text, 0, spellings);
  for (; i < text.size(); i = pieces.spell(text, i, spellings)) {
    const std::size_t length = utf8_length(text, i);
    pieces.put(length == 0 ? "\xEF\xBF\xBD" : text.substr(i, length));
    i += length == 0 ? 1 : length;
  }
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_space(std::string_view text, std::size_t i) {
  while (i < text.size() && is_space(text[i])) ++i;
  return i;
}

/// One past the value that starts at `i`; npos when it does not end.
std::size_t skip_value(std::string_view text, std::size_t i) {
  int depth = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') {
      i = json_string_end(text, i);
      if (depth == 0 || i == std::string_view::npos) return i;
      continue;
    }
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    } else if (depth == 0 && (c == ',' || is_space(c))) {
      return i;
    }
    ++i;
  }
  return depth == 0 ? i : std::string_view::npos;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::uint32_t> hex4(std::string_view text, std::size_t i) {
  if (i + 4 > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const int digit = hex_value(text[i + k]);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

/// Decodes the escape whose backslash is at `i`; returns one past it, or 0 when it is malformed.
std::size_t append_unescaped(std::string& out, std::string_view text, std::size_t i) {
  if (i + 1 >= text.size()) return 0;
  const char kind = text[i + 1];
  if (const char character = escaped_character(kind); character != '\0') {
    out += character;
    return i + 2;
  }
  if (kind != 'u') return 0;
  const auto high = hex4(text, i + 2);
  if (!high) return 0;
  if (*high < 0xD800 || *high > 0xDFFF) {
    append_utf8(out, *high);
    return i + 6;
  }
  const bool has_pair = *high < 0xDC00 && text.substr(i + 6, 2) == "\\u";
  const auto low = has_pair ? hex4(text, i + 8) : std::nullopt;
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return 0;
  append_utf8(out, 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00));
  return i + 12;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_inside(out, text);
  out += '"';
}

void append_json_inside(std::string& out, std::string_view text) {
  append_spelt(out, text, sim::json_spellings);
}

void append_json_inside_twice(std::string& out, std::string_view text) {
  append_spelt(out, text, sim::json_spellings_twice);
}

void append_number(std::string& out, std::string_view before, std::int64_t value) {
  const fmt::format_int digits(value);
  out += before;
  out.append(digits.data(), digits.size());
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::optional<std::string_view> json_member(std::string_view object, std::string_view name) {
  std::optional<std::string_view> value;
  json_members(object, {&name, 1}, {&value, 1});
  return value;
}

void json_members(std::string_view object, std::span<const std::string_view> names,
                  std::span<std::optional<std::string_view>> values) {
  std::size_t missing = names.size();
  std::size_t i = skip_space(object, 0);
  if (i >= object.size() || object[i] != '{') return;
  i = skip_space(object, i + 1);
  while (i < object.size() && object[i] == '"') {
    const std::size_t key_end = json_string_end(object, i);
    if (key_end == std::string_view::npos) return;
    const std::string_view key = object.substr(i + 1, key_end - i - 2);
    i = skip_space(object, key_end);
    if (i >= object.size() || object[i] != ':') return;
    i = skip_space(object, i + 1);
    const std::size_t end = skip_value(object, i);
    if (end == std::string_view::npos || end == i) return;
    for (std::size_t which = 0; which < names.size(); ++which) {
      if (names[which] != key || values[which]) continue;
      values[which] = object.substr(i, end - i);
      if (--missing == 0) return;
    }
    i = skip_space(object, end);
    if (i >= object.size() || object[i] != ',') return;
    i = skip_space(object, i + 1);
  }
}

std::size_t json_value_end(std::string_view text, std::size_t at) { return skip_value(text, at); }

std::optional<std::string> json_unquoted(std::string_view spelt) {
  std::string out;
  const std::size_t end = append_json_unquoted(out, spelt);
  if (end != spelt.size() || end == 0) return std::nullopt;
  return out;
}

std::size_t append_json_unquoted(std::string& out, std::string_view spelt) {
  if (spelt.empty() || spelt.front() != '"') return 0;
  std::size_t i = 1;
  while (true) {
    std::size_t special = sim::plain_until(spelt, i);
    while (special < spelt.size() && spelt[special] != '"' && spelt[special] != '\\') {
      special = sim::plain_until(spelt, special + 1);
    }
    if (special == spelt.size()) return 0;
    out.append(spelt, i, special - i);
    if (spelt[special] == '"') return special + 1;
    i = append_unescaped(out, spelt, special);
    if (i == 0) return 0;
  }
}

}  // namespace hoplab::report::recording
