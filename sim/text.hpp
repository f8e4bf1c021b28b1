// Text that is put together from many small pieces.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

namespace hoplab::sim {

/// What a std::string is to text that grows piece by piece, without a call into the library for
/// each of them: a line of telemetry has some thirty. Keeps its memory when it is cleared; not
/// copied; empty when it was moved from. A piece of a text may not be added to it.
class Text {
 public:
  using value_type = char;

  Text() = default;
  explicit Text(std::string_view text) { *this += text; }
  Text(Text&& other) noexcept { swap(other); }
  Text& operator=(Text&& other) noexcept {
    swap(other);
    other.clear();
    return *this;
  }
  Text& operator=(std::string_view text) {
    clear();
    return *this += text;
  }

  [[gnu::always_inline]] Text& operator+=(std::string_view piece) {
    if (capacity_ - size_ < piece.size()) grow(piece.size());
    copy(bytes_.get() + size_, piece.data(), piece.size());
    size_ += piece.size();
    return *this;
  }
  Text& operator+=(char byte) {
    if (capacity_ == size_) grow(1);
    bytes_[size_++] = byte;
    return *this;
  }
  void push_back(char byte) { *this += byte; }
  /// In decimal digits.
  void append_number(std::int64_t number) {
    if (number >= 0 && number < 10) return push_back(static_cast<char>('0' + number));
    constexpr std::size_t most = std::numeric_limits<std::int64_t>::digits10 + 2;
    if (capacity_ - size_ < most) grow(most);
    const auto done = std::to_chars(bytes_.get() + size_, bytes_.get() + capacity_, number);
    size_ = static_cast<std::size_t>(done.ptr - bytes_.get());
  }

  void clear() { size_ = 0; }
  /// Drops what is behind the first `size` bytes; requires that there are as many.
  void cut(std::size_t size) { size_ = size; }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] char back() const { return bytes_[size_ - 1]; }  ///< Requires that it is not empty.
  /// Until the next change.
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

 private:
  void swap(Text& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }
  /// Of pieces up to 32 bytes with two copies that may overlap.
  [[gnu::always_inline]] static void copy(char* to, const char* from, std::size_t size) {
    if (size > 32) {
      copy_long(to, from, size);
    } else if (size >= 16) {
      copy_ends<16>(to, from, size);
    } else if (size >= 8) {
      copy_ends<8>(to, from, size);
    } else if (size >= 4) {
      copy_ends<4>(to, from, size);
    } else if (size > 0) {
      to[0] = from[0];
      to[size / 2] = from[size / 2];
      to[size - 1] = from[size - 1];
    }
  }
  [[gnu::noinline]] static void copy_long(char* to, const char* from, std::size_t size) {
    std::memcpy(to, from, size);
  }
  template <std::size_t part>
  static void copy_ends(char* to, const char* from, std::size_t size) {
    std::array<char, part> head;
    std::array<char, part> tail;
    std::memcpy(head.data(), from, part);
    std::memcpy(tail.data(), from + size - part, part);
    std::memcpy(to, head.data(), part);
    std::memcpy(to + size - part, tail.data(), part);
  }
  [[gnu::noinline]] void grow(std::size_t more) {
    constexpr std::size_t least = 256;
    const std::size_t capacity = std::max(least, 2 * (size_ + more));
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace hoplab::sim
