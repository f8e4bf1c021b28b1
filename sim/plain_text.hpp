// Finds the bytes that JSON has to spell otherwise, eight at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hoplab::sim {

/// In each byte of the result the top bit tells whether that byte of `word` cannot stand in a JSON
/// string as it is, or is not ASCII: '"', '\', control characters, 0x80 and above. Above the lowest
/// bit that is set it may err; there it is right.
[[nodiscard]] constexpr std::uint64_t special_bytes(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const auto zeros = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes; };
  return (word | ((word - ones * 0x20) & ~word) | zeros(word ^ (ones * '"')) |
          zeros(word ^ (ones * '\\'))) &
         tops;
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
  /// Copies from `from` on up to the next special byte, whose index is the result.
  std::size_t copy_plain(std::string_view text, std::size_t from) {
    constexpr std::size_t size = sizeof(std::uint64_t);
    while (text.size() - from >= size) {
      if (buffer_.size() - used_ < size) flush();
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + from, size);
      std::memcpy(buffer_.data() + used_, &word, size);
      const std::uint64_t found = special_bytes(word);
      const std::size_t plain =
          found == 0 ? size : static_cast<std::size_t>(std::countr_zero(found)) / 8;
      used_ += plain;
      from += plain;
      if (found != 0) return from;
    }
    while (from < text.size() && !is_special_byte(static_cast<unsigned char>(text[from]))) {
      put(text[from++]);
    }
    return from;
  }

 private:
  void flush() {
    out_.append(buffer_.data(), used_);
    used_ = 0;
  }

  std::string& out_;
  std::size_t used_ = 0;
  std::array<char, 1024> buffer_;
};

}  // namespace hoplab::sim
