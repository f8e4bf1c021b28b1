#include "report/writers/text_layout.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hoplab::report::writers {
namespace {

/// By tone.
constexpr std::array<std::string_view, 5> codes = {"", "\x1b[1m", "\x1b[2m", "\x1b[32m",
                                                   "\x1b[31m"};
constexpr std::string_view end_code = "\x1b[0m";

/// How long the code of a tone that `text` begins with is; 0: it begins with none.
std::size_t tone_code_size(std::string_view text) {
  if (text.starts_with(end_code)) return end_code.size();
  for (const std::string_view code : codes) {
    if (!code.empty() && text.starts_with(code)) return code.size();
  }
  return 0;
}

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string pad_right(std::string text, std::size_t width) {
  const std::size_t taken = display_width(text);
  if (taken < width) text.append(width - taken, ' ');
  return text;
}

std::string pad_left(std::string text, std::size_t width) {
  const std::size_t taken = display_width(text);
  if (taken < width) text.insert(0, width - taken, ' ');
  return text;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string cut;
  std::size_t taken = 0;
  for (const char c : text) {
    if (starts_code_point(c) && ++taken == width) break;
    cut += c;
  }
  return cut + "\u2026";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines{""};
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    std::string& line = lines.back();
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      lines.emplace_back(word);
    } else {
      if (!line.empty()) line += ' ';
      line += word;
    }
  }
  return lines;
}

std::string for_terminal(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const unsigned char second = text.size() > 1 ? static_cast<unsigned char>(text[1]) : 0;
    const bool is_c1 = byte == 0xC2 && second >= 0x80 && second < 0xA0;
    const bool is_c0 = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
    std::size_t size = is_c1 ? 2 : 1;
    if (const std::size_t code = tone_code_size(text); code > 0) {
      size = code;
      out += text.substr(0, size);
    } else if (is_c0 || is_c1) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.front();
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string Ink::operator()(Tone tone, std::string text) const {
  if (!has_colour_ || tone == Tone::plain) return text;
  std::string shown(codes[static_cast<std::size_t>(tone)]);
  shown += text;
  shown += end_code;
  return shown;
}

}  // namespace hoplab::report::writers
