#include "report/insights/json_value.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "report/recording/json_text.hpp"

namespace hoplab::report::insights {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

std::string_view decoded(std::string_view spelt, Arena& arena) {
  const std::string_view inside = spelt.substr(1, spelt.size() - 2);
  if (inside.find('\\') == npos) return inside;
  char* const room = arena.take(spelt.size() + decoding_slack);
  std::size_t end = 0;
  const std::size_t length = decode_simple_string(spelt, room, end);
  if (length != npos && end == spelt.size()) return {room, length};
  std::string text;
  if (recording::append_json_unquoted(text, spelt) != spelt.size()) return inside;
  return arena.keep(text);
}

std::size_t value_end(std::string_view text, std::size_t at) {
  return text[at] == '"' ? recording::json_string_end(text, at)
                         : recording::json_value_end(text, at);
}

/// Calls take(key as spelt without quotes, where its value begins) for each member, until the
/// object ends or breaks off. The result is where the value ends, npos to stop.
template <typename Take>
void for_each_member(std::string_view text, const Take& take) {
  std::size_t at = skip_blanks(text, 1);
  while (at < text.size() && text[at] == '"') {
    const std::size_t key_end = recording::json_string_end(text, at);
    if (key_end == npos) return;
    const std::string_view key = text.substr(at + 1, key_end - at - 2);
    at = skip_blanks(text, key_end);
    if (at >= text.size() || text[at] != ':') return;
    at = skip_blanks(text, at + 1);
    if (at >= text.size()) return;
    const std::size_t end = take(key, at);
    if (end == npos || end == at) return;
    at = skip_blanks(text, end);
    if (at >= text.size() || text[at] != ',') return;
    at = skip_blanks(text, at + 1);
  }
}

/// A spelling with escapes is longer than what it stands for.
bool is_key(std::string_view spelt, std::string_view name) {
  if (spelt.size() < name.size()) return false;
  if (spelt.size() == name.size()) return spelt == name && spelt.find('\\') == npos;
  if (spelt.find('\\') == npos) return false;
  const auto key = recording::json_unquoted("\"" + std::string(spelt) + "\"");
  return key && *key == name;
}

bool is_index(std::string_view name, std::size_t& index) {
  const auto [at, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  return error == std::errc() && at == name.data() + name.size();
}

/// The first member of this name, as it is spelt; "" when there is none.
std::string_view json_member(std::string_view object, std::string_view name) {
  std::string_view found;
  for_each_member(object, [&](std::string_view key, std::size_t at) {
    const std::size_t end = value_end(object, at);
    if (end == npos || !is_key(key, name)) return end;
    found = object.substr(at, end - at);
    return npos;
  });
  return found;
}

/// The element of this index, as it is spelt; "" when there is none or this is no array.
std::string_view json_element(std::string_view array, std::string_view name) {
  std::string_view found;
  std::size_t index = 0;
  if (!array.starts_with('[') || !is_index(name, index)) return found;
  for_each_json_element(array, [&](std::string_view element) {
    if (index-- > 0) return true;
    found = element;
    return false;
  });
  return found;
}

}  // namespace

std::size_t decode_simple_string(std::string_view spelt, char* out, std::size_t& end) {
  std::size_t at = 1;
  std::size_t length = 0;
  while (at < spelt.size() && recording::copy_plain(spelt, at, out, length)) {
    if (spelt[at] == '"') {
      end = at + 1;
      return length;
    }
    // A quote of JSON within JSON is two escapes.
    constexpr std::string_view quote = "\\\\\\\"";
    if (spelt.substr(at, quote.size()) == quote) {
      out[length++] = '\\';
      out[length++] = '"';
      at += quote.size();
      continue;
    }
    if (at + 1 == spelt.size()) return npos;
    const char character = recording::escaped_character(spelt[at + 1]);
    if (character == '\0') return npos;
    out[length++] = character;
    at += 2;
  }
  return npos;
}

Value json_value(std::string_view spelt, Arena& arena) {
  if (spelt.empty()) return {};
  switch (spelt.front()) {
    case '"':
      return spelt.size() < 2 ? Value() : text_value(decoded(spelt, arena));
    case '{':
    case '[':
      return {Kind::json, 0, spelt};
    case 't':
      return spelt == "true" ? Value{Kind::boolean, 1, spelt} : Value();
    case 'f':
      return spelt == "false" ? Value{Kind::boolean, 0, spelt} : Value();
    default:
      return parse_number(spelt) ? text_value(spelt) : Value();
  }
}

Value json_at(std::string_view spelt, std::span<const std::string> path, Arena& arena) {
  for (const std::string& name : path) {
    spelt = spelt.starts_with('{') ? json_member(spelt, name) : json_element(spelt, name);
    if (spelt.empty()) return {};
  }
  return json_value(spelt, arena);
}

std::size_t JsonPaths::add(std::vector<std::string> path, std::size_t slot) {
  const auto known = std::find_if(heads_.begin(), heads_.end(),
                                  [&](const Head& head) { return head.name == path.front(); });
  Head& head = known == heads_.end() ? heads_.emplace_back(Head{path.front(), {}}) : *known;
  path.erase(path.begin());
  for (const Rest& rest : head.rests) {
    if (rest.path == path) return rest.slot;
  }
  head.rests.push_back({std::move(path), slot});
  return slot;
}

void JsonPaths::read(std::string_view spelt, std::vector<Value>& values, Arena& arena) const {
  for (const Head& head : heads_) {
    for (const Rest& rest : head.rests) values[rest.slot] = Value();
  }
  if (!spelt.starts_with('{')) {
    for (const Head& head : heads_) put(head, json_element(spelt, head.name), values, arena);
    return;
  }
  constexpr std::size_t heads_at_once = 64;
  for (std::size_t first = 0; first < heads_.size(); first += heads_at_once) {
    const std::size_t count = std::min(heads_.size() - first, heads_at_once);
    std::uint64_t missing = ~std::uint64_t{0} >> (heads_at_once - count);
    for_each_member(spelt, [&](std::string_view key, std::size_t at) {
      const std::size_t end = value_end(spelt, at);
      if (end == npos || end == at) return npos;
      for (std::uint64_t rest = missing; rest != 0; rest &= rest - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(rest));
        const Head& head = heads_[first + bit];
        if (!is_key(key, head.name)) continue;
        put(head, spelt.substr(at, end - at), values, arena);
        missing &= ~(std::uint64_t{1} << bit);
        break;  // No two heads have one name.
      }
      return missing == 0 ? npos : end;
    });
  }
}

void JsonPaths::put(const Head& head, std::string_view spelt, std::vector<Value>& values,
                    Arena& arena) {
  if (spelt.empty()) return;
  for (const Rest& rest : head.rests) values[rest.slot] = json_at(spelt, rest.path, arena);
}

std::string_view json_body(std::string_view text, bool may_be_array) {
  const std::size_t begin = skip_blanks(text, 0);
  std::size_t end = text.size();
  while (end > begin && is_blank(text[end - 1])) --end;
  if (end < begin + 2) return {};
  const char first = text[begin];
  const char last = text[end - 1];
  const bool is_body =
      (first == '{' && last == '}') || (may_be_array && first == '[' && last == ']');
  return is_body ? text.substr(begin, end - begin) : std::string_view();
}

void for_each_json_element(std::string_view array,
                           const std::function<bool(std::string_view)>& take) {
  std::size_t at = skip_blanks(array, 1);
  while (at < array.size() && array[at] != ']') {
    const std::size_t end = recording::json_value_end(array, at);
    if (end == npos || end == at || !take(array.substr(at, end - at))) return;
    at = skip_blanks(array, end);
    if (at >= array.size() || array[at] != ',') return;
    at = skip_blanks(array, at + 1);
  }
}

void Projection::add_below(Branch& branch, std::span<const std::string> path, std::size_t slot) {
  if (path.empty()) {
    branch.slots.push_back(slot);
    return;
  }
  auto child = std::find_if(branch.children.begin(), branch.children.end(),
                            [&](const Branch& one) { return one.name == path.front(); });
  if (child == branch.children.end()) {
    child = branch.children.insert(child, Branch{path.front(), {}, {}});
  }
  add_below(*child, path.subspan(1), slot);
}

void Projection::add(const std::vector<std::string>& path, std::size_t slot) {
  slots_.push_back(slot);
  add_below(root_, path, slot);
  std::string whole;
  for (const std::string& part : path) whole += (whole.empty() ? "" : ".") + part;
  if (path.size() > 1) {
    add_below(root_, {&whole, 1}, slot);
    return;
  }
  // `a.b` between back quotes is one name, and may mean a member within another, too.
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= whole.size();) {
    const std::size_t end = std::min(whole.find('.', begin), whole.size());
    parts.push_back(whole.substr(begin, end - begin));
    begin = end + 1;
  }
  if (parts.size() > 1) add_below(root_, parts, slot);
}

/// One pass over one message.
struct Projection::Scan {
  std::vector<Value>& values;
  Arena& arena;
  std::size_t missing;

  void put(const Branch& branch, std::string_view spelt) {
    for (const std::size_t slot : branch.slots) {
      if (!values[slot].is_missing()) continue;
      values[slot] = json_value(spelt, arena);
      if (!values[slot].is_missing()) --missing;
    }
    if (branch.children.empty() || missing == 0) return;
    if (spelt.front() == '{') object(branch, spelt);
    if (spelt.front() == '[') array(branch, spelt);
  }

  void object(const Branch& branch, std::string_view text) {
    for_each_member(text, [&](std::string_view key, std::size_t at) {
      const Branch* known = nullptr;
      for (const Branch& child : branch.children) {
        if (is_key(key, child.name)) known = &child;
      }
      if (known == nullptr) return value_end(text, at);
      std::size_t end = text[at] == '"' ? put_text(*known, text, at) : npos;
      if (end == npos) {
        end = value_end(text, at);
        if (end != npos && end > at) put(*known, text.substr(at, end - at));
      }
      return missing > 0 ? end : npos;
    });
  }

  /// The usual case: a text that one slot waits for, decoded while its end is looked for. Where it
  /// ends; npos where that is not so.
  std::size_t put_text(const Branch& branch, std::string_view text, std::size_t at) {
    const bool is_usual = branch.slots.size() == 1 && values[branch.slots.front()].is_missing();
    if (!is_usual) return npos;
    const std::size_t room = text.size() - at + decoding_slack;
    char* const out = arena.take(room);
    std::size_t end = 0;
    const std::size_t length = decode_simple_string(text.substr(at), out, end);
    arena.give_back(length == npos ? room : room - length);
    if (length == npos) return npos;
    values[branch.slots.front()] = text_value({out, length});
    --missing;
    return at + end;
  }

  void array(const Branch& branch, std::string_view text) {
    std::size_t index = 0;
    for_each_json_element(text, [&](std::string_view element) {
      for (const Branch& child : branch.children) {
        std::size_t wanted = 0;
        if (is_index(child.name, wanted) && wanted == index) put(child, element);
      }
      ++index;
      return missing > 0;
    });
  }
};

void Projection::scan(std::string_view message, std::vector<Value>& values, Arena& arena) const {
  for (const std::size_t slot : slots_) values[slot] = Value();
  const std::string_view body = json_body(message, false);
  if (body.empty() || slots_.empty()) return;
  Scan scan{values, arena, slots_.size()};
  scan.object(root_, body);
}

}  // namespace hoplab::report::insights
