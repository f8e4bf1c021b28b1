#include "report/diagnosis/quick_text.hpp"

namespace hoplab::report::diagnosis {

std::size_t decode_string(std::string_view text, std::size_t at, std::string& out) {
  out.clear();
  std::size_t start = at;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    if (c == '"') return i + 1;
    if (++i >= text.size() || (text[i] != '"' && text[i] != '\\')) return std::string_view::npos;
    out += text[i];
    start = i + 1;
  }
  return std::string_view::npos;
}

bool decode_inner_string(std::string_view text, std::size_t at, std::string& out) {
  out.clear();
  std::size_t start = at;
  std::size_t i = at;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') return false;
    if (c != '\\') {
      ++i;
      continue;
    }
    out.append(text, start, i - start);
    if (text.substr(i, 2) == "\\\"") return true;
    // \\\" is a quote of the inner text, \\\\ one of its backslashes.
    const std::string_view escape = text.substr(i, 4);
    if (escape != "\\\\\\\"" && escape != "\\\\\\\\") return false;
    out += escape[3];
    i += 4;
    start = i;
  }
  return false;
}

}  // namespace hoplab::report::diagnosis
