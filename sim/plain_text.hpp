// Finds the bytes that JSON has to spell otherwise, eight at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace hoplab::sim {

/// The index of the first byte at `from` or behind it that cannot stand in a JSON string as it is,
/// or is not ASCII: '"', '\', control characters, 0x80 and above. text.size() when there is none.
/// Requires from <= text.size().
[[nodiscard]] inline std::size_t plain_until(std::string_view text, std::size_t from) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const auto zeros = [](std::uint64_t word) { return (word - ones) & ~word; };
  while (text.size() - from >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + from, sizeof word);
    // In each byte the top bit tells; above the lowest one that is set it may err, there it is right.
    const std::uint64_t found = (word | ((word - ones * 0x20) & ~word) | zeros(word ^ (ones * '"')) |
                                 zeros(word ^ (ones * '\\'))) &
                                tops;
    if (found != 0) return from + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    from += sizeof word;
  }
  while (from < text.size()) {
    const auto byte = static_cast<unsigned char>(text[from]);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
    ++from;
  }
  return from;
}

}  // namespace hoplab::sim
