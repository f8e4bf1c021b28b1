#include "scenarios/schema/source_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace hoplab::scenarios::yaml {
namespace {

unsigned byte_at(std::string_view text, std::size_t offset) {
  return static_cast<unsigned char>(text[offset]);
}

// The form of a UTF-8 sequence, by its first byte.
struct Sequence {
  std::size_t length = 0;  // 0: no sequence starts so.
  std::uint32_t smallest = 0;
  std::uint32_t bits = 0;  // Of the first byte.
};

Sequence sequence_of(unsigned first) {
  if (first < 0x80) return {1, 0, first};
  if (first >= 0xC2 && first < 0xE0) return {2, 0x80, first & 0x1FU};
  if (first >= 0xE0 && first < 0xF0) return {3, 0x800, first & 0x0FU};
  if (first >= 0xF0 && first < 0xF5) return {4, 0x10000, first & 0x07U};
  return {};
}

// Length of the well-formed character at `offset`; 0 if there is none (overlong forms, surrogates
// and what lies beyond U+10FFFF are not).
std::size_t character_length(std::string_view text, std::size_t offset) {
  const Sequence sequence = sequence_of(byte_at(text, offset));
  if (sequence.length == 0 || offset + sequence.length > text.size()) return 0;
  std::uint32_t code = sequence.bits;
  for (std::size_t i = 1; i < sequence.length; ++i) {
    const unsigned next = byte_at(text, offset + i);
    if ((next & 0xC0U) != 0x80U) return 0;
    code = (code << 6U) | (next & 0x3FU);
  }
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < sequence.smallest || is_surrogate || code > 0x10FFFF) return 0;
  return sequence.length;
}

struct Breach {
  std::size_t offset = 0;
  std::string code;
  std::string message;
  std::string hint;
};

std::optional<Breach> wrong_start(std::string_view text, const TextRules& rules) {
  const std::string save_as = "save the file as UTF-8 without a byte-order mark";
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return Breach{0, "E0102", "the file is UTF-16, not UTF-8", save_as};
  }
  if (text.starts_with("\xEF\xBB\xBF") && !rules.byte_order_mark_allowed) {
    return Breach{0, "E0102", "the file begins with a byte-order mark", save_as};
  }
  return std::nullopt;
}

std::optional<Breach> wrong_character(std::string_view text, std::size_t offset,
                                      const TextRules& rules) {
  const unsigned byte = byte_at(text, offset);
  if (byte == 0) {
    return Breach{offset, "E0102", "a NUL byte in the file",
                  "save the file as UTF-8 text (UTF-16 looks like this)"};
  }
  if (byte == '\t' && !rules.tabs_allowed) {
    return Breach{offset, "E0103", "a tab character", R"(use spaces; in quoted text write "\t")"};
  }
  const bool is_line_end =
      byte == '\n' || (byte == '\r' && offset + 1 < text.size() && text[offset + 1] == '\n');
  if (byte != '\t' && !is_line_end && (byte < 0x20 || byte == 0x7F)) {
    return Breach{offset, "E0102", fmt::format("the control character 0x{:02X}", byte),
                  "delete it; input files are plain text"};
  }
  return std::nullopt;
}

std::optional<Breach> first_breach(std::string_view text, const TextRules& rules) {
  if (text.size() > rules.bytes_max) {
    const std::string message = fmt::format("the file has {} bytes, more than the {} MiB allowed",
                                            text.size(), rules.bytes_max >> 20U);
    return Breach{0, "E0101", message, "split the file up, or remove what is not needed"};
  }
  if (auto breach = wrong_start(text, rules)) return breach;
  for (std::size_t offset = 0; offset < text.size();) {
    if (auto breach = wrong_character(text, offset, rules)) return breach;
    const std::size_t length = character_length(text, offset);
    if (length == 0) {
      return Breach{offset, "E0102",
                    fmt::format("the byte 0x{:02X} is not UTF-8", byte_at(text, offset)),
                    "save the file as UTF-8"};
    }
    offset += length;
  }
  return std::nullopt;
}

}  // namespace

bool check_source_text(std::string_view text, const std::string& file, const TextRules& rules,
                       sim::Diagnostics& diagnostics) {
  const auto breach = first_breach(text, rules);
  if (!breach) return true;
  const Place place = place_of(text, breach->offset);
  diagnostics.error({file, place.line, place.column}, breach->code, breach->message, breach->hint);
  return false;
}

std::optional<std::size_t> find_deep_bracket(std::string_view text, int depth_max) {
  constexpr std::string_view before_a_value = " \n\r,:[{";
  int depth = 0;
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    const char before = at == 0 ? '\n' : text[at - 1];
    const bool starts_value = before_a_value.find(before) != std::string_view::npos;
    if (quote != 0) {
      if (quote == '"' && letter == '\\') ++at;
      if (letter == quote) quote = 0;
    } else if ((letter == '"' || letter == '\'') && starts_value) {
      quote = letter;
    } else if (letter == '#' && starts_value) {
      at = std::min(text.find('\n', at), text.size() - 1);
    } else if ((letter == '[' || letter == '{') && starts_value) {
      if (++depth > depth_max) return at;
    } else if (letter == ']' || letter == '}') {
      depth = std::max(depth - 1, 0);
    } else if (before == '\n' && letter != ' ' && letter != '\n') {
      depth = 0;
    }
  }
  return {};
}

Place place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t last_break = before.rfind('\n');
  const std::size_t line_start = last_break == std::string_view::npos ? 0 : last_break + 1;
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(before.size() - line_start) + 1};
}

std::string quoted(std::string_view text) {
  constexpr std::size_t bytes_max = 60;
  std::string result = "\"";
  std::size_t offset = 0;
  while (offset < text.size() && offset < bytes_max) {
    const std::size_t length = std::max<std::size_t>(character_length(text, offset), 1);
    const unsigned first = byte_at(text, offset);
    // C1 controls (U+0080 to U+009F) drive terminals too.
    const bool is_c1 = length == 2 && first == 0xC2 && byte_at(text, offset + 1) < 0xA0;
    const bool is_printable = first >= 0x20 && first != 0x7F && !is_c1;
    result += is_printable ? text.substr(offset, length) : std::string_view(" ");
    offset += length;
  }
  if (offset < text.size()) result += "...";
  return result + "\"";
}

}  // namespace hoplab::scenarios::yaml
