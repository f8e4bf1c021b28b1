#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "scenarios/schema/node.hpp"
#include "scenarios/schema/source_text.hpp"

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::json;

constexpr std::size_t json_bytes_max = std::size_t{16} << 20;
constexpr std::size_t json_nesting_max = 64;

/// Walks over the text beside the parser, one token for each of its events: that is how an event
/// learns where it stands. The parser has accepted every token that is skipped here.
class Cursor {
 public:
  Cursor(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  /// The place of the next token; goes on behind it.
  sim::SourceMark next() {
    skip_between_tokens();
    const sim::SourceMark mark{file_, line_, column_};
    begin_ = at_;
    skip_token();
    return mark;
  }
  /// The token that `next` passed, as it is written.
  [[nodiscard]] std::string_view token() const { return text_.substr(begin_, at_ - begin_); }

 private:
  void step() {
    if (text_[at_] == '\n') {
      ++line_;
      column_ = 0;
    }
    ++at_;
    ++column_;
  }
  void skip_between_tokens() {
    while (at_ < text_.size() && std::string_view(" \t\r\n,:").find(text_[at_]) < 6) step();
  }
  void skip_token() {
    if (at_ >= text_.size()) return;
    if (std::string_view("{}[]").find(text_[at_]) < 4) return step();
    if (text_[at_] == '"') {
      step();
      while (text_[at_] != '"') {
        if (text_[at_] == '\\') step();
        step();
      }
      return step();
    }
    while (at_ < text_.size() && std::string_view(" \t\r\n,:{}[]").find(text_[at_]) > 9) step();
  }

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  int line_ = 1;
  int column_ = 1;
};

class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(std::string_view text, const std::string& file, sim::Diagnostics& diagnostics)
      : cursor_(text, file), text_(text), file_(file), diagnostics_(diagnostics) {}

  Node root;

  bool null() override { return take(Node::Kind::null, "", false); }
  bool boolean(bool value) override {
    return take(Node::Kind::scalar, value ? "true" : "false", false);
  }
  bool number_integer(number_integer_t) override { return take_number(); }
  bool number_unsigned(number_unsigned_t) override { return take_number(); }
  bool number_float(number_float_t, const string_t&) override { return take_number(); }
  bool string(string_t& value) override { return take(Node::Kind::scalar, std::move(value), true); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Node::Kind::mapping); }
  bool start_array(std::size_t) override { return open(Node::Kind::sequence); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const sim::SourceMark mark = cursor_.next();
    Open& object = open_.back();
    object.drops_value = !object.keys.insert(name).second;
    if (object.drops_value) {
      diagnostics_.error(mark, "E0108", "the key " + yaml::quoted(name) + " is given twice",
                         "keep one of the two");
    } else {
      object.node.entries.push_back({Node::Key{std::move(name), mark}, Node{}});
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    const std::size_t offset = std::min(position == 0 ? 0 : position - 1, text_.size());
    const yaml::Place place = yaml::place_of(text_, offset);
    diagnostics_.error({file_, place.line, place.column}, "E0104", "JSON: not valid from here on",
                       offset >= text_.size() ? "the file ends too early; is it complete?"
                                              : "look for a missing comma, quote or bracket");
    return false;
  }

 private:
  struct Open {
    Node node;
    std::set<std::string> keys;
    bool drops_value = false;
  };

  bool take_number() {
    Node node;
    node.mark = cursor_.next();
    node.kind = Node::Kind::scalar;
    node.text = cursor_.token();
    return place(std::move(node));
  }

  bool take(Node::Kind kind, std::string text, bool is_quoted) {
    Node node;
    node.mark = cursor_.next();
    node.kind = kind;
    node.text = std::move(text);
    node.is_quoted = is_quoted;
    return place(std::move(node));
  }

  bool open(Node::Kind kind) {
    Open opened;
    opened.node.mark = cursor_.next();
    opened.node.kind = kind;
    if (open_.size() == json_nesting_max) {
      diagnostics_.error(opened.node.mark, "E0105",
                         fmt::format("nested more than {} levels deep", json_nesting_max),
                         "no AWS document is; look for an unclosed bracket");
      return false;
    }
    open_.push_back(std::move(opened));
    return true;
  }

  bool close() {
    static_cast<void>(cursor_.next());
    Node finished = std::move(open_.back().node);
    open_.pop_back();
    return place(std::move(finished));
  }

  bool place(Node node) {
    if (open_.empty()) {
      root = std::move(node);
      return true;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!std::exchange(parent.drops_value, false)) {
      parent.node.entries.back().value = std::move(node);
    }
    return true;
  }

  Cursor cursor_;
  std::string_view text_;
  std::string file_;
  sim::Diagnostics& diagnostics_;
  std::vector<Open> open_;
};

}  // namespace

std::optional<Node> parse_json(std::string_view text, const std::string& file,
                               sim::Diagnostics& diagnostics) {
  const yaml::TextRules rules{
      .bytes_max = json_bytes_max, .tabs_allowed = true, .byte_order_mark_allowed = false};
  if (!yaml::check_source_text(text, file, rules, diagnostics)) return std::nullopt;
  TreeBuilder builder(text, file, diagnostics);
  if (!Json::sax_parse(text, &builder)) return std::nullopt;
  return std::move(builder.root);
}

}  // namespace hoplab::scenarios
