#include "models/cloudwatch/alarm_rule.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace hoplab::models::cloudwatch {
namespace {

constexpr std::size_t characters_max = 10'240;
constexpr std::size_t elements_max = 500;
constexpr std::size_t alarms_max = 100;

using Node = AlarmRule::Node;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Reader {
 public:
  Reader(std::string_view text, const sim::SourceMark& mark, sim::Diagnostics& diagnostics)
      : text_(text), mark_(mark), diagnostics_(diagnostics) {}

  std::optional<Node> read() {
    Node root;
    if (!read_either(root)) return std::nullopt;
    skip();
    if (at_ == text_.size()) return root;
    fail("AND, OR or the end");
    return std::nullopt;
  }

  std::vector<std::string> alarms;
  std::vector<int> columns;

 private:
  bool read_either(Node& node) {
    return read_joined(node, "OR", Node::Kind::either,
                       [this](Node& part) { return read_both(part); });
  }
  bool read_both(Node& node) {
    return read_joined(node, "AND", Node::Kind::both,
                       [this](Node& part) { return read_one(part); });
  }

  template <typename ReadPart>
  bool read_joined(Node& node, std::string_view word, Node::Kind kind, ReadPart read_part) {
    Node first;
    if (!read_part(first)) return false;
    if (peek_word() != word) {
      node = std::move(first);
      return true;
    }
    node.kind = kind;
    node.parts.push_back(std::move(first));
    while (peek_word() == word) {
      at_ += word.size();
      if (!read_part(node.parts.emplace_back())) return false;
    }
    return true;
  }

  bool read_one(Node& node) {
    if (++elements_ > elements_max) return fail("at most 500 elements");
    const std::string_view word = peek_word();
    if (word == "NOT") {
      at_ += word.size();
      node.kind = Node::Kind::no;
      return read_one(node.parts.emplace_back());
    }
    if (word == "TRUE" || word == "FALSE") {
      at_ += word.size();
      node.is_true = word == "TRUE";
      return true;
    }
    if (at_ < text_.size() && text_[at_] == '(') {
      ++at_;
      return read_either(node) && take(')', "AND, OR or ')'");
    }
    return read_state(node, word);
  }

  bool read_state(Node& node, std::string_view word) {
    static constexpr std::array<AlarmState, 3> states = {AlarmState::ok, AlarmState::alarm,
                                                         AlarmState::insufficient_data};
    const auto* state =
        std::ranges::find_if(states, [word](AlarmState it) { return name(it) == word; });
    if (state == states.end()) {
      return fail("ALARM(, OK(, INSUFFICIENT_DATA(, TRUE, FALSE, NOT or '('");
    }
    at_ += word.size();
    if (!take('(', "'('")) return false;
    node.kind = Node::Kind::state;
    node.state = *state;
    skip();
    const int column = mark_.column + static_cast<int>(at_);
    if (!read_name(node.alarm)) return false;
    if (std::ranges::find(alarms, node.alarm) == alarms.end()) {
      alarms.push_back(node.alarm);
      columns.push_back(column);
    }
    if (alarms.size() > alarms_max) return fail("at most 100 alarms");
    return take(')', "')'");
  }

  bool read_name(std::string& alarm) {
    skip();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const bool is_quoted = quote == '"' || quote == '\'';
    const std::size_t begin = at_ + (is_quoted ? 1 : 0);
    const std::size_t end = text_.find(is_quoted ? quote : ')', begin);
    if (end == std::string_view::npos) {
      at_ = text_.size();
      return fail(is_quoted ? "the closing quote" : "')'");
    }
    std::string_view found = text_.substr(begin, end - begin);
    while (!is_quoted && !found.empty() && is_space(found.back())) found.remove_suffix(1);
    if (found.empty()) return fail("the name of an alarm");
    at_ = end + (is_quoted ? 1 : 0);
    constexpr std::string_view arn_part = ":alarm:";
    const std::size_t part = found.starts_with("arn:") ? found.find(arn_part) : found.npos;
    alarm = part == found.npos ? found : found.substr(part + arn_part.size());
    return true;
  }

  bool take(char c, const std::string& expected) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return fail(expected);
    ++at_;
    return true;
  }

  std::string_view peek_word() {
    skip();
    std::size_t end = at_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool fail(const std::string& expected) {
    sim::SourceMark mark = mark_;
    mark.column += static_cast<int>(at_);
    std::string found = "the end of the rule";
    if (at_ < text_.size()) {
      const std::string_view word = peek_word();
      found = fmt::format("'{}'", word.empty() ? text_.substr(at_, 1) : word);
    }
    diagnostics_.error(mark, "E0909", fmt::format("expected {}, found {}", expected, found));
    return false;
  }

  std::string_view text_;
  sim::SourceMark mark_;
  sim::Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace

std::string_view name(AlarmState state) {
  static constexpr std::array<std::string_view, 3> names = {"OK", "ALARM", "INSUFFICIENT_DATA"};
  return names[static_cast<std::size_t>(state)];
}

std::optional<AlarmRule> AlarmRule::parse(std::string_view text, const sim::SourceMark& mark,
                                          sim::Diagnostics& diagnostics) {
  if (text.size() > characters_max) {
    diagnostics.error(mark, "E0909", "a rule has at most 10240 characters");
    return std::nullopt;
  }
  Reader reader(text, mark, diagnostics);
  auto root = reader.read();
  if (!root) return std::nullopt;
  AlarmRule rule;
  rule.text_ = text;
  rule.root_ = std::move(*root);
  rule.alarms_ = std::move(reader.alarms);
  rule.columns_ = std::move(reader.columns);
  return rule;
}

bool AlarmRule::holds(const Node& node, const StateOf& state_of) {
  const auto part_holds = [&](const Node& part) { return holds(part, state_of); };
  switch (node.kind) {
    case Node::Kind::constant:
      return node.is_true;
    case Node::Kind::state:
      return state_of(node.alarm) == node.state;
    case Node::Kind::no:
      return !part_holds(node.parts[0]);
    case Node::Kind::both:
      return std::ranges::all_of(node.parts, part_holds);
    case Node::Kind::either:
      break;
  }
  return std::ranges::any_of(node.parts, part_holds);
}

}  // namespace hoplab::models::cloudwatch
