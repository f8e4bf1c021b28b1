#include "scenarios/import/aws_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/source_text.hpp"

namespace hoplab::scenarios {

void AwsReading::note_not_simulated(const std::string& path) {
  std::string note = file + ": " + path;
  if (noted.insert(note).second) artefacts.accepted_not_simulated.push_back(std::move(note));
}

std::string spelled(const AwsReading& reading, std::string_view ec2_key) {
  std::string key(ec2_key);
  const bool is_small = reading.origin == Origin::scenario && key.front() <= 'Z';
  if (is_small) key.front() = static_cast<char>(key.front() - 'A' + 'a');
  return key;
}

AwsObject::AwsObject(AwsReading& reading, const Node& node, std::string path)
    : reading_(reading), node_(node), path_(std::move(path)) {
  if (node.kind != Node::Kind::mapping) {
    complain(node, "E0301",
             fmt::format("{} must be an object, not {}", path_.empty() ? "the document" : path_,
                         describe(node.kind)));
  }
}

std::string AwsObject::path_of(std::string_view key) const {
  return path_.empty() ? shown(key) : path_ + "." + shown(key);
}

void AwsObject::complain(const Node& value, std::string code, const std::string& message,
                         const std::string& hint) {
  reading_.diagnostics.error(value.mark, std::move(code), message, hint);
}

const Node* AwsObject::child(std::string_view key) {
  known_.insert(std::string(key));
  const Node* value = node_.find(key);
  return value == nullptr || value->kind == Node::Kind::null ? nullptr : value;
}

std::optional<std::string> AwsObject::text(std::string_view key) {
  const Node* value = child(key);
  if (value == nullptr) return {};
  const bool needs_quotes = reading_.origin == Origin::file;
  if (value->kind == Node::Kind::scalar && (value->is_quoted || !needs_quotes)) return value->text;
  complain(*value, "E0301", path_of(key) + " must be text",
           needs_quotes ? "put it in double quotes" : "");
  return {};
}

void AwsObject::complain_of_absence(std::string_view key, std::string_view owner) {
  if (node_.kind != Node::Kind::mapping) return;  // That has been told.
  complain(node_, "E0303", fmt::format("{} without \"{}\"", owner, key),
           fmt::format("add \"{}\"", key));
}

void AwsObject::complain_in_aws(std::string_view key, std::string_view owner) {
  reading_.diagnostics.warning(
      node_.mark, "W0702",
      fmt::format("this would be refused in AWS: {} without \"{}\"", owner, key),
      fmt::format("add \"{}\"", key));
}

std::optional<std::string> AwsObject::required_text(std::string_view key, std::string_view owner) {
  const Node* value = child(key);
  if (value == nullptr || (value->kind == Node::Kind::scalar && value->text.empty())) {
    complain_of_absence(key, owner);
    return {};
  }
  return text(key);
}

std::optional<std::string> AwsObject::word(std::string_view key,
                                           const std::vector<std::string>& words) {
  auto value = text(key);
  if (!value || std::ranges::find(words, *value) != words.end()) return value;
  complain(*child(key), "E0302", fmt::format("{} is {}", path_of(key), yaml::quoted(*value)),
           hint_for(*value, words, reading_.diagnostics));
  return {};
}

std::map<std::string, std::string> AwsObject::texts(std::string_view key) {
  std::map<std::string, std::string> values;
  const Node* node = child(key);
  if (node == nullptr) return values;
  AwsObject object(reading_, *node, path_of(key));
  for (const Node::Entry& entry : node->entries) {
    if (const auto value = object.text(entry.key.name)) values[entry.key.name] = *value;
  }
  return values;
}

std::optional<bool> AwsObject::boolean(std::string_view key) {
  const Node* value = child(key);
  if (value == nullptr) return {};
  if (value->kind == Node::Kind::scalar && !value->is_quoted &&
      (value->text == "true" || value->text == "false")) {
    return value->text == "true";
  }
  complain(*value, "E0301", path_of(key) + " must be true or false", "without quotes");
  return {};
}

std::optional<std::int64_t> AwsObject::integer(std::string_view key, std::int64_t least,
                                               std::int64_t most) {
  const Node* value = child(key);
  if (value == nullptr) return {};
  std::int64_t number = 0;
  const char* end = value->text.data() + value->text.size();
  const auto parsed = std::from_chars(value->text.data(), end, number);
  if (value->kind != Node::Kind::scalar || parsed.ec != std::errc{} || parsed.ptr != end) {
    complain(*value, "E0301", path_of(key) + " must be a whole number");
    return {};
  }
  if (number < least || number > most) {
    complain(*value, "E0302",
             fmt::format("{} is {}, outside {}..{}", path_of(key), number, least, most));
    return {};
  }
  return number;
}

std::optional<std::int64_t> AwsObject::required_integer(std::string_view key,
                                                        std::string_view owner, std::int64_t least,
                                                        std::int64_t most) {
  if (child(key) == nullptr) complain_of_absence(key, owner);
  return integer(key, least, most);
}

void AwsObject::each(std::string_view key,
                     const std::function<void(const Node&, std::string)>& read) {
  const Node* value = child(key);
  if (value == nullptr) return;
  if (value->kind != Node::Kind::sequence) {
    return complain(*value, "E0301", path_of(key) + " must be a list");
  }
  for (const Node& item : value->items) read(item, path_of(key) + "[]");
}

void AwsObject::finish() {
  std::vector<std::string> candidates = accepted_;
  candidates.insert(candidates.end(), known_.begin(), known_.end());
  for (const Node::Entry& entry : node_.entries) {
    const std::string& key = entry.key.name;
    if (known_.contains(key)) continue;
    const bool is_accepted = std::ranges::find(accepted_, key) != accepted_.end();
    if (reading_.origin == Origin::file || is_accepted) {
      reading_.note_not_simulated(path_of(key));
      continue;
    }
    reading_.diagnostics.error(
        entry.key.mark, "E0201",
        fmt::format("{} has no key '{}'", path_.empty() ? "this object" : path_, shown(key)),
        hint_for(key, candidates, reading_.diagnostics));
  }
}

}  // namespace hoplab::scenarios
