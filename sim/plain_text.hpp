// Finds the bytes that JSON has to spell otherwise, eight at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace hoplab::sim {

/// In each byte of the result the top bit tells whether that byte of `word` cannot stand in a JSON
/// string as it is, or is not ASCII: '"', '\\', control characters, 0x80 and above. The other bits
/// are zero.
[[nodiscard]] constexpr std::uint64_t special_bytes(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = ones * 0x80;
  const auto zeros = [](std::uint64_t bytes) {
    return ~(((bytes & ~tops) + ~tops) | bytes | ~tops);
  };
  return (word & tops) | zeros(word & (ones * 0xE0)) | zeros(word ^ (ones * '"')) |
         zeros(word ^ (ones * '\\'));
}

[[nodiscard]] constexpr bool is_special_byte(unsigned char byte) {
  return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

/// The index of the first special byte at `from` or behind it; text.size() when there is none.
/// Requires from <= text.size().
[[nodiscard]] inline std::size_t plain_until(std::string_view text, std::size_t from) {
  static_assert(std::endian::native == std::endian::little);
  while (text.size() - from >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + from, sizeof word);
    const std::uint64_t found = special_bytes(word);
    if (found != 0) return from + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    from += sizeof word;
  }
  while (from < text.size() && !is_special_byte(static_cast<unsigned char>(text[from]))) ++from;
  return from;
}

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

/// Appends to a string by way of a buffer of its own: for many pieces of a few bytes each.
class PieceWriter {
 public:
  explicit PieceWriter(std::string& out) : out_(out) {}
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
    constexpr std::size_t size = sizeof(std::uint64_t);
    while (text.size() - from >= size) {
      if (buffer_.size() - used_ < (size + 1) * spelling_max) flush();
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + from, size);
      std::memcpy(buffer_.data() + used_, &word, size);
      std::size_t done = 0;
      for (std::uint64_t found = special_bytes(word); found != 0; found &= found - 1) {
        const auto place = static_cast<std::size_t>(std::countr_zero(found)) / 8;
        used_ += place - done;
        done = place + 1;
        const auto byte = static_cast<unsigned char>(text[from + place]);
        if (byte >= 0x80) return from + place;
        write(spellings[byte]);
        const std::uint64_t rest = word >> (8 * place) >> 8U;
        std::memcpy(buffer_.data() + used_, &rest, size);
      }
      used_ += size - done;
      from += size;
    }
    for (; from < text.size(); ++from) {
      const auto byte = static_cast<unsigned char>(text[from]);
      if (byte >= 0x80) return from;
      if (buffer_.size() - used_ < spelling_max) flush();
      write(spellings[byte]);
    }
    return from;
  }

 private:
  void write(const Spelling& spelling) {
    std::memcpy(buffer_.data() + used_, spelling.bytes.data(), spelling_max);
    used_ += spelling.size;
  }
  void flush() {
    out_.append(buffer_.data(), used_);
    used_ = 0;
  }

  std::string& out_;
  std::size_t used_ = 0;
  std::array<char, 1024> buffer_;
};

}  // namespace hoplab::sim
