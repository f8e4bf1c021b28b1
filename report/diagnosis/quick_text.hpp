// The few shapes of JSON text that fill a recording, read in one pass. Each of these says when it
// has met something else; then the slower, complete way is taken.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hoplab::report::diagnosis {

/// Decodes the string whose first character (behind the quote) is at `at`, up to its closing quote.
/// Returns one past that, or npos when it does not end or has an escape other than \" and \\.
[[nodiscard]] std::size_t decode_string(std::string_view text, std::size_t at, std::string& out);

/// The same for a string within a string: `text` is escaped twice, and the closing quote once.
[[nodiscard]] bool decode_inner_string(std::string_view text, std::size_t at, std::string& out);

/// Calls take(name, value) with each member of an object without objects and arrays in it, values
/// as they are spelt. False when it is not one.
template <typename Take>
bool for_each_flat_member(std::string_view object, const Take& take) {
  std::size_t i = 1;
  if (object.empty() || object.front() != '{') return false;
  while (i < object.size() && object[i] == '"') {
    const std::size_t name_end = object.find('"', i + 1);
    if (name_end == std::string_view::npos || object.substr(name_end + 1, 1) != ":") return false;
    const std::string_view name = object.substr(i + 1, name_end - i - 1);
    const std::size_t start = name_end + 2;
    std::size_t end = start;
    if (end < object.size() && object[end] == '"') {
      for (++end; end < object.size() && object[end] != '"'; ++end) {
        if (object[end] == '\\') ++end;
      }
      ++end;
    } else {
      end = object.find_first_of(",}{[ ", start);
    }
    if (end >= object.size() || (object[end] != ',' && object[end] != '}')) return false;
    take(name, object.substr(start, end - start));
    if (object[end] == '}') return end + 1 == object.size();
    i = end + 1;
  }
  return false;
}

}  // namespace hoplab::report::diagnosis
