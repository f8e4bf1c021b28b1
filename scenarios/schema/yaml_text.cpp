#include "scenarios/schema/yaml_text.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace hoplab::scenarios::yaml {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t columns_max = 98;

/// Words that some reader takes for a boolean or for nothing.
bool is_reserved(std::string_view text) {
  constexpr std::array<std::string_view, 12> words = {"true", "false", "yes", "no", "on",  "off",
                                                      "null", "y",     "n",   "~",  "nan", "inf"};
  std::string small(text);
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::ranges::find(words, small) != words.end();
}

/// Letters and what stands between them in names, paths and images; nothing that YAML gives a
/// meaning to, and no text that begins like a number unless a unit follows.
bool is_plain(std::string_view text) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (text.empty() || is_reserved(text)) return false;
  if (text.front() != '/' && letters.find(text.front()) == std::string_view::npos) return false;
  const bool is_number = text.find_first_not_of("0123456789.eE+-_xob") == std::string_view::npos;
  const bool is_digit = text.front() >= '0' && text.front() <= '9';
  if (is_digit && is_number) return false;
  return std::ranges::all_of(text, [&](char c) {
    return letters.find(c) != std::string_view::npos ||
           std::string_view("-_./+%").find(c) != std::string_view::npos;
  });
}

std::string scalar(const Json& value) {
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  return is_plain(text) ? text : value.dump();
}

std::string key_text(const std::string& key) { return is_plain(key) ? key : Json(key).dump(); }

std::string flow(const Json& value) {
  if (!value.is_structured()) return scalar(value);
  std::string text;
  for (const auto& [key, item] : value.items()) {
    text += text.empty() ? "" : ", ";
    if (value.is_object()) text += key_text(key) + ": ";
    text += flow(item);
  }
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

void write(const Json& value, std::size_t indent, std::string& out);

/// What follows `lead` ("key:" or "-") at a column of `indent`.
void write_after(const std::string& lead, const Json& value, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  const std::string line = flow(value);
  const bool fits = margin.size() + lead.size() + 1 + line.size() <= columns_max;
  if (!value.is_structured() || value.empty() || fits) {
    out += margin + lead + " " + line + "\n";
    return;
  }
  if (lead != "-") {
    out += margin + lead + "\n";
    return write(value, indent + 2, out);
  }
  // The first line of an item stands behind its dash.
  std::string block;
  write(value, indent + 2, block);
  block.replace(indent, 1, "-");
  out += block;
}

void write(const Json& value, std::size_t indent, std::string& out) {
  for (const auto& [key, item] : value.items()) {
    write_after(value.is_object() ? key_text(key) + ":" : "-", item, indent, out);
  }
}

}  // namespace

std::string text_of_json(std::string_view json) {
  std::string out;
  write(Json::parse(json), 0, out);
  return out;
}

}  // namespace hoplab::scenarios::yaml
