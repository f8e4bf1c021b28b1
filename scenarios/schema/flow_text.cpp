#include "scenarios/schema/flow_text.hpp"

#include <algorithm>
#include <vector>

namespace hoplab::scenarios::yaml {
namespace {

bool is_one_of(char byte, std::string_view bytes) { return bytes.find(byte) != bytes.npos; }

/// Of the quote that closes the one at `offset`; the size of the text if there is none.
std::size_t closing_quote(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (std::size_t at = offset + 1; at < text.size(); ++at) {
    const bool is_doubled = quote == '\'' && text.substr(at, 2) == "''";
    if (is_doubled || (quote == '"' && text[at] == '\\')) {
      ++at;  // An escape: the next byte says nothing of its own.
    } else if (text[at] == quote) {
      return at;
    }
  }
  return text.size();
}

}  // namespace

std::optional<std::size_t> unclosed_bracket(std::string_view text, std::size_t offset) {
  std::vector<std::size_t> open;
  for (std::size_t at = offset; at < text.size(); ++at) {
    const char byte = text[at];
    const char before = at == 0 ? '\n' : text[at - 1];
    if (byte == '#' && is_one_of(before, " \n")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (is_one_of(byte, "'\"") && is_one_of(before, " \n,:[{")) {
      at = closing_quote(text, at);
    } else if (is_one_of(byte, "[{")) {
      open.push_back(at);
    } else if (is_one_of(byte, "]}") && !open.empty()) {
      const bool is_its_own = byte == (text[open.back()] == '[' ? ']' : '}');
      if (!is_its_own) break;
      open.pop_back();
      if (open.empty()) return std::nullopt;
    }
  }
  return open.empty() ? std::nullopt : std::optional(open.back());
}

bool has_unclosed_quote(std::string_view text, std::size_t offset) {
  while (offset < text.size() && is_one_of(text[offset], "&!")) {
    offset = std::min(text.find_first_of(" \n", offset), text.size());
    offset = std::min(text.find_first_not_of(" \r\n", offset), text.size());
  }
  if (offset >= text.size() || !is_one_of(text[offset], "'\"")) return false;
  return closing_quote(text, offset) == text.size();
}

}  // namespace hoplab::scenarios::yaml
