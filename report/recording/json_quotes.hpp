// Where the strings of JSON end: its quotes and backslashes, found sixteen bytes at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sim/byte_block.hpp"

namespace hoplab::report::recording {

/// Of the bytes at `block` that are quotes or backslashes.
[[nodiscard]] inline std::uint32_t quote_bits(const char* block) {
  return sim::equal_bits(block, '"') | sim::equal_bits(block, '\\');
}

/// The index of the first quote or backslash at `at` or behind it; text.size() or more when there
/// is none.
[[nodiscard]] inline std::size_t quote_or_backslash(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text.size() - at >= sim::byte_block) {
      const std::uint32_t bits = quote_bits(text.data() + at);
      if (bits != 0) return at + static_cast<std::size_t>(std::countr_zero(bits));
      at += sim::byte_block;
      continue;
    }
    if (text[at] == '"' || text[at] == '\\') return at;
    ++at;
  }
  return at;
}

/// Copies the bytes from `at` on up to the next quote or backslash, and moves `at` and `length` on.
/// False when the text ends before one. Behind out[length] there is room for what is left of the
/// text and sim::byte_block.
[[nodiscard]] inline bool copy_plain(std::string_view text, std::size_t& at, char* out,
                                     std::size_t& length) {
  while (text.size() - at >= sim::byte_block) {
    std::memcpy(out + length, text.data() + at, sim::byte_block);
    const std::uint32_t bits = quote_bits(text.data() + at);
    const std::size_t plain =
        bits == 0 ? sim::byte_block : static_cast<std::size_t>(std::countr_zero(bits));
    at += plain;
    length += plain;
    if (bits != 0) return true;
  }
  for (; at < text.size(); ++at) {
    if (text[at] == '"' || text[at] == '\\') return true;
    out[length++] = text[at];
  }
  return false;
}

/// What a backslash and this character stand for; 0 for all that need more than that.
inline constexpr std::array<char, 256> escaped_characters = [] {
  std::array<char, 256> all{};
  constexpr std::string_view kinds = "\"\\/bfnrt";
  constexpr std::string_view values = "\"\\/\b\f\n\r\t";
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    all[static_cast<unsigned char>(kinds[i])] = values[i];
  }
  return all;
}();
[[nodiscard]] constexpr char escaped_character(char kind) {
  return escaped_characters[static_cast<unsigned char>(kind)];
}

/// One past the closing quote of the JSON string whose opening quote is at `at`; npos when it does
/// not end. Whether its escapes are good is not looked at.
[[nodiscard]] inline std::size_t json_string_end(std::string_view text, std::size_t at) {
  for (at = quote_or_backslash(text, at + 1); at < text.size();
       at = quote_or_backslash(text, at + 2)) {
    if (text[at] == '"') return at + 1;
  }
  return std::string_view::npos;
}

}  // namespace hoplab::report::recording
