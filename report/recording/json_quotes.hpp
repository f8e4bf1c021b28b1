// Where the strings of JSON end: its quotes and backslashes, found sixteen bytes at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace hoplab::report::recording {

/// How many bytes bits_of() looks at.
inline constexpr std::size_t quote_stride = 16;

/// bits_of() for machines without SSE2, eight bytes at a time.
[[nodiscard]] inline std::uint32_t bits_by_words(const char* bytes, char wanted) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = ones * 0x80;
  // Gathers the lowest bits of eight bytes in the highest one.
  constexpr std::uint64_t gather = 0x0102040810204080U;
  std::uint32_t bits = 0;
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + half * sizeof word, sizeof word);
    word ^= ones * static_cast<unsigned char>(wanted);
    const std::uint64_t zeros = ~(((word & ~tops) + ~tops) | word | ~tops);
    bits |= static_cast<std::uint32_t>(((zeros >> 7U) * gather) >> 56U) << (8 * half);
  }
  return bits;
}

/// Bit i tells whether byte i of the sixteen at `bytes` is this one.
[[nodiscard]] inline std::uint32_t bits_of(const char* bytes, char wanted) {
#ifdef __SSE2__
  __m128i block;
  std::memcpy(&block, bytes, sizeof block);
  const __m128i found = _mm_cmpeq_epi8(block, _mm_set1_epi8(wanted));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(found));
#else
  return bits_by_words(bytes, wanted);
#endif
}

/// The same of quotes and backslashes.
[[nodiscard]] inline std::uint32_t quote_bits(const char* bytes) {
  return bits_of(bytes, '"') | bits_of(bytes, '\\');
}

/// The index of the first quote or backslash at `at` or behind it; text.size() or more when there
/// is none.
[[nodiscard]] inline std::size_t quote_or_backslash(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text.size() - at >= quote_stride) {
      const std::uint32_t bits = quote_bits(text.data() + at);
      if (bits != 0) return at + static_cast<std::size_t>(std::countr_zero(bits));
      at += quote_stride;
      continue;
    }
    if (text[at] == '"' || text[at] == '\\') return at;
    ++at;
  }
  return at;
}

/// Copies the bytes from `at` on up to the next quote or backslash, and moves `at` and `length` on.
/// False when the text ends before one. Behind out[length] there is room for what is left of the
/// text and quote_stride.
[[nodiscard]] inline bool copy_plain(std::string_view text, std::size_t& at, char* out,
                                     std::size_t& length) {
  while (text.size() - at >= quote_stride) {
    std::memcpy(out + length, text.data() + at, quote_stride);
    const std::uint32_t bits = quote_bits(text.data() + at);
    const std::size_t plain =
        bits == 0 ? quote_stride : static_cast<std::size_t>(std::countr_zero(bits));
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
