#include "report/recording/path_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sim/random.hpp"

namespace hoplab::report::recording {
namespace {

// File systems allow 255 bytes a name; ".jsonl" and the hash must still fit.
constexpr std::size_t name_length_max = 200;

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

std::optional<std::uint8_t> hex_byte(std::string_view digits) {
  if (digits.size() != 2) return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) {
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<unsigned>(c - '0');
    } else if (c >= 'A' && c <= 'F') {
      value = value * 16 + static_cast<unsigned>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
  }
  return static_cast<std::uint8_t>(value);
}

}  // namespace

std::string escaped_name(std::string_view text) {
  if (text.empty()) return "%";
  std::string name;
  for (const char c : text) {
    if (stays(c) && !(c == '.' && name.empty())) {
      name += c;
    } else {
      name += fmt::format("%{:02X}", static_cast<std::uint8_t>(c));
    }
  }
  if (name.size() <= name_length_max) return name;
  name.resize(name_length_max);
  return name + fmt::format("%~{:016x}", sim::stable_hash(text));
}

std::optional<std::string> unescaped_name(std::string_view name) {
  if (name == "%") return std::string();
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      if (!stays(name[i])) return std::nullopt;
      text += name[i];
      continue;
    }
    const auto byte = hex_byte(name.substr(i + 1, 2));
    if (!byte) return std::nullopt;
    text += static_cast<char>(*byte);
    i += 2;
  }
  return escaped_name(text) == name ? std::optional(text) : std::nullopt;
}

std::string path_below(std::string_view path) {
  bool is_plain = !path.empty() && path.front() != '/' && path.back() != '/';
  std::size_t start = 0;
  while (is_plain && start <= path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    is_plain = !part.empty() && part != "." && part != ".." && part.size() <= name_length_max;
    start = end + 1;
  }
  return is_plain ? std::string(path) : escaped_name(path);
}

}  // namespace hoplab::report::recording
