// Finds bytes of a kind, sixteen at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace hoplab::sim {

/// How many bytes are looked at in one step. In the results bit i is of byte i.
inline constexpr std::size_t byte_block = 16;

/// That cannot stand in a JSON string as it is, or is not ASCII: '"', '\\', control characters,
/// 0x80 and above.
[[nodiscard]] constexpr bool is_special_byte(unsigned char byte) {
  return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

/// The same for machines without SSE2, eight bytes at a time.
namespace by_words {

static_assert(std::endian::native == std::endian::little);
inline constexpr std::uint64_t ones = 0x0101010101010101U;
inline constexpr std::uint64_t tops = ones * 0x80;

/// The top bit of each byte tells whether it is zero; the other bits are zero.
[[nodiscard]] constexpr std::uint64_t zeros(std::uint64_t bytes) {
  return ~(((bytes & ~tops) + ~tops) | bytes | ~tops);
}

template <typename TopBits>
[[nodiscard]] std::uint32_t bits(const char* block, const TopBits& top_bits_of) {
  // Gathers the lowest bits of eight bytes in the highest one.
  constexpr std::uint64_t gather = 0x0102040810204080U;
  std::uint32_t all = 0;
  for (std::size_t at = 0; at < byte_block; at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, block + at, sizeof word);
    all |= static_cast<std::uint32_t>(((top_bits_of(word) >> 7U) * gather) >> 56U) << at;
  }
  return all;
}

[[nodiscard]] inline std::uint32_t equal_bits(const char* block, char wanted) {
  const std::uint64_t pattern = ones * static_cast<unsigned char>(wanted);
  return bits(block, [=](std::uint64_t word) { return zeros(word ^ pattern); });
}

[[nodiscard]] inline std::uint32_t special_bits(const char* block) {
  return bits(block, [](std::uint64_t word) {
    return (word & tops) | zeros(word & (ones * 0xE0)) | zeros(word ^ (ones * '"')) |
           zeros(word ^ (ones * '\\'));
  });
}

}  // namespace by_words

#ifdef __SSE2__

[[nodiscard]] inline __m128i block_at(const char* block) {
  __m128i bytes;
  std::memcpy(&bytes, block, sizeof bytes);
  return bytes;
}

/// Of the bytes at `block` that are this one.
[[nodiscard]] inline std::uint32_t equal_bits(const char* block, char wanted) {
  const __m128i found = _mm_cmpeq_epi8(block_at(block), _mm_set1_epi8(wanted));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(found));
}

/// Of the bytes at `block` that are special. 0x80 and above are less than 0x20, as signed bytes.
[[nodiscard]] inline std::uint32_t special_bits(const char* block) {
  const __m128i bytes = block_at(block);
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i others = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  const __m128i found = _mm_or_si128(_mm_or_si128(quotes, backslashes), others);
  return static_cast<std::uint32_t>(_mm_movemask_epi8(found));
}

#else

using by_words::equal_bits;
using by_words::special_bits;

#endif

/// The index of the first byte that is this one; npos when there is none. As string_view::find,
/// and faster than it where the byte is near.
[[nodiscard]] inline std::size_t find_near(std::string_view text, char wanted) {
  if (text.size() < byte_block) return text.find(wanted);
  const std::uint32_t bits = equal_bits(text.data(), wanted);
  return bits != 0 ? static_cast<std::size_t>(std::countr_zero(bits))
                   : text.find(wanted, byte_block);
}

/// The index of the first special byte at `from` or behind it; text.size() when there is none.
/// Requires from <= text.size().
[[nodiscard]] inline std::size_t plain_until(std::string_view text, std::size_t from) {
  for (; text.size() - from >= byte_block; from += byte_block) {
    const std::uint32_t bits = special_bits(text.data() + from);
    if (bits != 0) return from + static_cast<std::size_t>(std::countr_zero(bits));
  }
  while (from < text.size() && !is_special_byte(static_cast<unsigned char>(text[from]))) ++from;
  return from;
}

}  // namespace hoplab::sim
