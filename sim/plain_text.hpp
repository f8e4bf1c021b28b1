// Spells the bytes that cannot stand in a JSON string as they are.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "sim/byte_block.hpp"

namespace hoplab::sim {

/// How a byte is spelt where it cannot stand as it is: `size` bytes of `bytes`, in memory's order.
inline constexpr std::size_t spelling_max = 8;
struct Spelling {
  std::array<char, spelling_max> bytes{};
  std::uint8_t size = 0;

  constexpr void put(char byte) { bytes[size++] = byte; }
};
using Spellings = std::array<Spelling, 0x80>;

/// Of each ASCII byte within a JSON string: with \", \\, \n, \r, \t and \u00XX.
/// Source: RFC 8259, section 7.
inline constexpr Spellings json_spellings = [] {
  Spellings all{};
  for (std::size_t byte = 0; byte < all.size(); ++byte) {
    Spelling& spelling = all[byte];
    const auto letter = static_cast<char>(byte);
    if (!is_special_byte(static_cast<unsigned char>(byte))) {
      spelling.put(letter);
      continue;
    }
    spelling.put('\\');
    constexpr std::string_view controls = "\n\r\t";
    constexpr std::string_view digits = "0123456789abcdef";
    if (letter == '"' || letter == '\\') {
      spelling.put(letter);
    } else if (const auto place = controls.find(letter); place != std::string_view::npos) {
      spelling.put("nrt"[place]);
    } else {
      for (const char it : {'u', '0', '0', digits[byte >> 4U], digits[byte & 15U]}) {
        spelling.put(it);
      }
    }
  }
  return all;
}();

/// Of each ASCII byte within a JSON string that is itself within a JSON string.
inline constexpr Spellings json_spellings_twice = [] {
  auto all = json_spellings;
  for (Spelling& spelling : all) {
    const Spelling once = std::exchange(spelling, {});
    for (std::size_t i = 0; i < once.size; ++i) {
      const Spelling& twice = json_spellings[static_cast<unsigned char>(once.bytes[i])];
      for (std::size_t k = 0; k < twice.size; ++k) spelling.put(twice.bytes[k]);
    }
  }
  return all;
}();

/// Appends to a std::string or a Text by way of a buffer of its own: for many pieces of a few bytes
/// each.
template <typename Out>
class PieceWriter {
 public:
  explicit PieceWriter(Out& out) : out_(out) {}
  ~PieceWriter() { flush(); }
  PieceWriter(const PieceWriter&) = delete;
  PieceWriter& operator=(const PieceWriter&) = delete;

  void put(char byte) {
    if (used_ == buffer_.size()) flush();
    buffer_[used_++] = byte;
  }
  void put(std::string_view piece) {
    for (const char byte : piece) put(byte);
  }
  /// Copies from `from` on, ASCII by `spellings`, up to the first byte that is none; the result is
  /// its index, or the text's size.
  std::size_t spell(std::string_view text, std::size_t from, const Spellings& spellings) {
    // A copy of what stands behind a special byte reads up to a block too far.
    for (; text.size() - from >= 2 * byte_block; from += byte_block) {
      const std::size_t taken = spell_block(text.data() + from, byte_block, spellings);
      if (taken < byte_block) return from + taken;
    }
    std::array<char, 3 * byte_block> rest{};
    text.copy(rest.data(), text.size() - from, from);
    for (const char* block = rest.data(); from < text.size(); block += byte_block) {
      const std::size_t size = std::min(text.size() - from, byte_block);
      const std::size_t taken = spell_block(block, size, spellings);
      from += taken;
      if (taken < size) break;
    }
    return from;
  }

 private:
  /// The first `size` bytes of a block, behind which another can be read; ends as spell() does.
  std::size_t spell_block(const char* block, std::size_t size, const Spellings& spellings) {
    if (buffer_.size() - used_ < byte_block * (spelling_max + 1)) flush();
    char* out = buffer_.data() + used_;
    std::memcpy(out, block, byte_block);
    std::size_t done = 0;
    const std::uint32_t all = (1U << size) - 1;
    for (std::uint32_t bits = special_bits(block) & all; bits != 0; bits &= bits - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(bits));
      out += place - done;
      const auto byte = static_cast<unsigned char>(block[place]);
      if (byte >= 0x80) {
        size = done = place;
        break;
      }
      done = place + 1;
      const Spelling& spelling = spellings[byte];
      std::memcpy(out, spelling.bytes.data(), spelling_max);
      out += spelling.size;
      std::memcpy(out, block + done, byte_block);
    }
    used_ = static_cast<std::size_t>(out - buffer_.data()) + size - done;
    return size;
  }
  void flush() {
    out_ += std::string_view(buffer_.data(), used_);
    used_ = 0;
  }

  Out& out_;
  std::size_t used_ = 0;
  std::array<char, 1024> buffer_;
};

}  // namespace hoplab::sim
