// The fields of a message that is JSON, found while it is still a JSON string of its line. Of a log
// driver's line most would be decoded for nothing, and an application's line within it twice.
#include <algorithm>
#include <array>
#include <cstring>

#include "report/insights/json_value.hpp"

namespace hoplab::report::insights {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t block_size = 64;

/// The bytes of a block that stand behind a backslash which is not itself escaped.
class Escapes {
 public:
  [[nodiscard]] std::uint64_t escaped(std::uint64_t backslashes) {
    // A run of backslashes escapes every second byte from its second on. Adding the beginnings of
    // runs to the runs carries a bit to each run's end, and tells the even from the odd.
    constexpr std::uint64_t even = 0x5555555555555555U;
    backslashes &= ~carried_;
    const std::uint64_t followers = (backslashes << 1U) | carried_;
    const std::uint64_t odd_starts = backslashes & ~even & ~followers;
    const std::uint64_t sum = odd_starts + backslashes;
    carried_ = sum < odd_starts ? 1 : 0;
    return (even ^ (sum << 1U)) & followers;
  }
  /// Whether the byte behind the last block is escaped.
  [[nodiscard]] bool goes_on() const { return carried_ != 0; }

 private:
  std::uint64_t carried_ = 0;
};

bool is_block_simple(const char* bytes, Escapes& escapes) {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  for (std::size_t at = 0; at < block_size; at += sim::byte_block) {
    quotes |= std::uint64_t{sim::equal_bits(bytes + at, '"')} << at;
    backslashes |= std::uint64_t{sim::equal_bits(bytes + at, '\\')} << at;
  }
  const std::uint64_t escaped = escapes.escaped(backslashes);
  return (quotes & ~escaped) == 0 && (escaped & ~(quotes | backslashes)) == 0;
}

/// All of `spelt` is one JSON string, whose escapes are of quotes and of backslashes.
bool is_simply_spelt(std::string_view spelt) {
  if (spelt.size() < 2 || !spelt.starts_with('"') || !spelt.ends_with('"')) return false;
  const std::string_view inside = spelt.substr(1, spelt.size() - 2);
  Escapes escapes;
  std::size_t at = 0;
  for (; inside.size() - at >= block_size; at += block_size) {
    if (!is_block_simple(inside.data() + at, escapes)) return false;
  }
  std::array<char, block_size> rest{};
  std::memcpy(rest.data(), inside.data() + at, inside.size() - at);
  return is_block_simple(rest.data(), escapes) && !escapes.goes_on();
}

/// A number or a word; npos where anything else stands. `spelt` is simply spelt, so that there is
/// an end.
std::size_t scalar_end(std::string_view spelt, std::size_t at) {
  const std::size_t end = spelt.find_first_of(",}]{[\"\\ \t\r\n", at);
  return end == npos || end == at || (spelt[end] != ',' && spelt[end] != '}') ? npos : end;
}

constexpr std::string_view quote = "\\\"";  ///< Of a text within the message.

}  // namespace

/// One pass over one message. What it does not understand is left to Projection::Scan.
struct Projection::SpeltScan {
  std::string_view spelt;
  std::vector<Value>& values;
  Arena& arena;
  std::size_t missing;

  /// False when it came upon something unusual.
  bool object(const Branch& branch) {
    for (std::size_t at = std::string_view("\"{").size(); missing > 0; ++at) {
      if (spelt.substr(at, quote.size()) != quote) return false;
      const std::size_t begin = at + quote.size();
      at = recording::quote_or_backslash(spelt, begin);
      if (spelt.substr(at, quote.size()) != quote) return false;
      const std::string_view key = spelt.substr(begin, at - begin);
      at += quote.size();
      if (spelt[at] != ':') return false;
      const auto known = std::find_if(branch.children.begin(), branch.children.end(),
                                      [&](const Branch& child) { return child.name == key; });
      at = known == branch.children.end() ? skipped(at + 1) : put(*known, at + 1);
      if (at == npos) return false;
      if (spelt[at] == '}') return true;
      if (spelt[at] != ',') return false;
    }
    return true;
  }

  /// Of an escape in a text within the message, whose backslash is two here: what it escapes is a
  /// quote or a backslash, and so two characters as well, or one. The message ends with a brace.
  [[nodiscard]] std::size_t size_of_escape(std::size_t at) const {
    return spelt[at + 2] == '\\' ? 4 : 3;
  }

  /// One past the value; npos for what is unusual.
  [[nodiscard]] std::size_t skipped(std::size_t at) const {
    if (spelt.substr(at, quote.size()) != quote) return scalar_end(spelt, at);
    at += quote.size();
    while (true) {
      at = recording::quote_or_backslash(spelt, at);
      if (spelt[at] == '"') return npos;  // Of the message itself.
      if (spelt[at + 1] == '"') return at + quote.size();
      at += size_of_escape(at);
    }
  }

  std::size_t put(const Branch& branch, std::size_t at) {
    if (branch.slots.size() != 1) return npos;
    Value& value = values[branch.slots.front()];
    if (!value.is_missing()) return skipped(at);
    if (spelt.substr(at, quote.size()) == quote) return put_text(value, at + quote.size());
    const std::size_t end = scalar_end(spelt, at);
    if (end == npos) return npos;
    value = json_value(spelt.substr(at, end - at), arena);
    if (!value.is_missing()) --missing;
    return end;
  }

  /// Decodes the text that begins at `at` for the line and for the message at once.
  std::size_t put_text(Value& value, std::size_t at) {
    const std::size_t room = spelt.size() - at + decoding_slack;
    char* const out = arena.take(room);
    std::size_t length = 0;
    const std::size_t end = decode_twice(at, out, length);
    arena.give_back(end == npos ? room : room - length);
    if (end == npos) return npos;
    value = text_value({out, length});
    --missing;
    return end;
  }

  std::size_t decode_twice(std::size_t at, char* out, std::size_t& length) const {
    while (recording::copy_plain(spelt, at, out, length) && spelt[at] == '\\') {
      if (spelt[at + 1] == '"') return at + quote.size();
      const std::size_t size = size_of_escape(at);
      const char last = spelt[at + size - 1];
      const char character = size == 4 ? last : recording::escaped_character(last);
      if (character == '\0') return npos;
      out[length++] = character;
      at += size;
    }
    return npos;
  }
};

bool Projection::scan_spelt(std::string_view spelt, std::vector<Value>& values,
                            Arena& arena) const {
  for (const std::size_t slot : slots_) values[slot] = Value();
  if (!spelt.starts_with("\"{") || !spelt.ends_with("}\"") || !is_simply_spelt(spelt)) return false;
  return SpeltScan{spelt, values, arena, slots_.size()}.object(root_);
}

}  // namespace hoplab::report::insights
