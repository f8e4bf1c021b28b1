#include "models/cloudwatch/alarm_part.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace hoplab::models::cloudwatch {

using scenarios::Node;

namespace {

/// "did you mean 'Average'?", or all of them.
std::string hint_of(const std::string& word, const std::vector<std::string>& words) {
  const std::string near = sim::nearest_name(word, words);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  constexpr std::size_t shown_max = 10;
  if (words.size() <= shown_max) return fmt::format("there are {}", fmt::join(words, ", "));
  const std::vector<std::string> first(words.begin(), words.begin() + shown_max / 2);
  return fmt::format("there are {}, ... {}", fmt::join(first, ", "), words.back());
}

std::optional<double> number_in(const Node& node) {
  if (node.kind != Node::Kind::scalar || node.is_quoted) return std::nullopt;
  double value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [at, error] = std::from_chars(node.text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

/// A whole number that a double holds exactly: no period or count is near that.
std::optional<std::int64_t> whole_in(const Node& node) {
  constexpr double exact_max = 9'007'199'254'740'992;
  const auto value = number_in(node);
  if (!value || !(*value >= -exact_max && *value <= exact_max)) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(*value);
  if (static_cast<double>(whole) != *value) return std::nullopt;
  return whole;
}

}  // namespace

const Node* AlarmPart::find(std::string_view member) const {
  const Node* found = node_->find(member);
  return found == nullptr || found->kind == Node::Kind::null ? nullptr : found;
}

const Node* AlarmPart::find(std::string_view member, Node::Kind kind, const char* must_be) const {
  const Node* found = find(member);
  if (found == nullptr || found->kind == kind) return found;
  fail(member, fmt::format("{} must be {}", member, must_be));
  return nullptr;
}

void AlarmPart::fail(std::string_view member, const std::string& what,
                     const std::string& hint) const {
  const Node* at = node_->find(member);
  diagnostics_->error(at == nullptr ? node_->mark : at->mark, "E0910", whose_ + ": " + what, hint);
}

void AlarmPart::require(std::string_view member, const std::string& hint) const {
  if (!has(member)) fail(member, fmt::format("{} is missing", member), hint);
}

bool AlarmPart::expect_only(const std::string& what,
                            const std::vector<std::string>& members) const {
  bool has_others = false;
  for (const Node::Entry& entry : node_->entries) {
    if (std::ranges::find(members, entry.key.name) != members.end()) continue;
    has_others = true;
    diagnostics_->error(entry.key.mark, "E0910",
                        fmt::format("{}: {} has no key '{}'", whose_, what, entry.key.name),
                        hint_of(entry.key.name, members));
  }
  return !has_others;
}

std::string AlarmPart::text(std::string_view member) const {
  const Node* found = find(member, Node::Kind::scalar, "a text");
  if (found == nullptr) return "";
  if (found->is_quoted) return found->text;
  fail(member, fmt::format("{} must be a text", member), "put it in quotes");
  return "";
}

std::vector<std::string> AlarmPart::texts(std::string_view member) const {
  std::vector<std::string> all;
  const Node* found = find(member, Node::Kind::sequence, "a list of texts");
  if (found == nullptr) return all;
  for (const Node& item : found->items) {
    if (item.kind == Node::Kind::scalar && item.is_quoted) {
      all.push_back(item.text);
    } else {
      diagnostics_->error(item.mark, "E0910",
                          fmt::format("{}: {} must be a list of texts", whose_, member));
    }
  }
  return all;
}

bool AlarmPart::flag(std::string_view member, bool otherwise) const {
  const Node* found = find(member);
  if (found == nullptr) return otherwise;
  const bool is_flag = found->kind == Node::Kind::scalar && !found->is_quoted &&
                       (found->text == "true" || found->text == "false");
  if (is_flag) return found->text == "true";
  fail(member, fmt::format("{} must be true or false", member), "without quotes");
  return otherwise;
}

std::optional<double> AlarmPart::number(std::string_view member) const {
  const Node* found = find(member);
  if (found == nullptr) return std::nullopt;
  const auto value = number_in(*found);
  if (!value) fail(member, fmt::format("{} must be a number", member), "without quotes");
  return value;
}

std::optional<std::int64_t> AlarmPart::whole(std::string_view member,
                                             const std::string& must) const {
  const Node* found = find(member);
  if (found == nullptr) return std::nullopt;
  const auto value = whole_in(*found);
  const bool is_text = found->kind == Node::Kind::scalar && found->is_quoted;
  if (!value) fail(member, must, is_text ? "without quotes" : "");
  return value;
}

std::optional<std::int64_t> AlarmPart::whole(std::string_view member, std::int64_t min,
                                             std::int64_t max) const {
  const std::string must = fmt::format("{} must be a whole number from {} to {}", member, min, max);
  const auto value = whole(member, must);
  if (!value || (*value >= min && *value <= max)) return value;
  fail(member, must);
  return std::nullopt;
}

std::optional<std::size_t> AlarmPart::choice(std::string_view member,
                                             const std::vector<std::string>& words) const {
  const Node* found = find(member, Node::Kind::scalar, "a text");
  if (found == nullptr) return std::nullopt;
  const auto word = std::ranges::find(words, found->text);
  if (found->is_quoted && word != words.end()) {
    return static_cast<std::size_t>(word - words.begin());
  }
  fail(member,
       fmt::format("{} cannot be {}", member,
                   found->is_quoted ? "'" + found->text + "'" : found->text),
       hint_of(found->text, words));
  return std::nullopt;
}

std::optional<AlarmPart> AlarmPart::part(std::string_view member) const {
  const Node* found = find(member, Node::Kind::mapping, "an object");
  if (found == nullptr) return std::nullopt;
  return AlarmPart(*found, whose_, *diagnostics_);
}

std::vector<AlarmPart> AlarmPart::parts_of(const Node& list, const std::string& called,
                                           const std::string& example,
                                           sim::Diagnostics& diagnostics) {
  std::vector<AlarmPart> all;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const Node& item = list.items[i];
    std::string whose = fmt::format("{}[{}]", called, i);
    if (item.kind == Node::Kind::mapping) {
      all.emplace_back(item, std::move(whose), diagnostics);
    } else {
      diagnostics.error(item.mark, "E0910", whose + " must be an object", "such as " + example);
    }
  }
  return all;
}

std::vector<AlarmPart> AlarmPart::parts(std::string_view member, const std::string& example) const {
  const Node* found = find(member);
  if (found == nullptr) return {};
  if (found->kind == Node::Kind::sequence) {
    return parts_of(*found, fmt::format("{}, {}", whose_, member), example, *diagnostics_);
  }
  fail(member, fmt::format("{} must be a list of objects", member),
       fmt::format("such as [{}]", example));
  return {};
}

std::string AlarmPart::peek(std::string_view member) const {
  const Node* found = find(member);
  return found != nullptr && found->is_quoted ? found->text : "";
}

std::size_t AlarmPart::size(std::string_view member) const {
  const Node* found = find(member);
  return found == nullptr ? 0 : found->items.size();
}

}  // namespace hoplab::models::cloudwatch
