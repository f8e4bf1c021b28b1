#include <fmt/format.h>

#include <cstddef>
#include <iterator>
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
// As the AWS tools print it, one value a line, 16 MiB hold fewer.
constexpr std::size_t json_nodes_max = 500'000;

bool is_blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

/// The bytes of a document as the parser sees them: of blank space between tokens only the first
/// byte. The parser keeps what it passes for its messages, at eight bytes a line end.
class Feed {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  Feed(std::string_view text, std::size_t offset) : text_(text), at_(offset) {}

  char operator*() const { return text_[at_]; }
  Feed& operator++() {
    const char byte = text_[at_++];
    if (in_string_) {
      in_string_ = is_escaped_ || byte != '"';
      is_escaped_ = !is_escaped_ && byte == '\\';
    } else if (byte == '"') {
      in_string_ = true;
    } else if (is_blank(byte)) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    }
    return *this;
  }
  Feed operator++(int) {
    const Feed before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Feed& other) const { return at_ == other.at_; }

  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_;
  bool in_string_ = false;
  bool is_escaped_ = false;
};

/// Where the byte stands that the parser calls number `position`, from 1; the size behind the end.
std::size_t offset_of(std::string_view text, std::size_t position) {
  Feed feed(text, 0);
  for (std::size_t i = 1; i < position && feed.offset() < text.size(); ++i) ++feed;
  return feed.offset();
}

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
    while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == ',' || text_[at_] == ':')) {
      step();
    }
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
      const bool is_last = ++duplicates_ == yaml::duplicates_max;
      diagnostics_.error(mark, "E0108", "the key " + yaml::quoted(name) + " is given twice",
                         is_last ? "one duplicate too many; the rest of the file is not read"
                                 : "keep one of the two");
      return !is_last;
    }
    object.node.entries.push_back({Node::Key{std::move(name), mark}, Node{}});
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    constexpr int number_overflow = 406;  // The only fault of a document that is well-formed.
    const std::size_t offset = offset_of(text_, position);
    const yaml::Place place = yaml::place_of(text_, offset);
    const sim::SourceMark mark{file_, place.line, place.column};
    if (error.id == number_overflow) {
      diagnostics_.error(mark, "E0104", "JSON: a number that is too large",
                         "no computer reads it; write a smaller one");
    } else {
      diagnostics_.error(mark, "E0104", "JSON: not valid from here on",
                         offset >= text_.size() ? "the file ends too early; is it complete?"
                                                : "look for a missing comma, quote or bracket");
    }
    return false;
  }

 private:
  struct Open {
    Node node;
    std::set<std::string> keys;
    bool drops_value = false;
  };

  bool take_number() {
    const sim::SourceMark mark = cursor_.next();
    return take(Node::Kind::scalar, mark, std::string(cursor_.token()), false);
  }

  bool take(Node::Kind kind, std::string text, bool is_quoted) {
    return take(kind, cursor_.next(), std::move(text), is_quoted);
  }

  bool take(Node::Kind kind, const sim::SourceMark& mark, std::string text, bool is_quoted) {
    if (!has_room(mark)) return false;
    Node node;
    node.kind = kind;
    node.mark = mark;
    node.text = std::move(text);
    node.is_quoted = is_quoted;
    place(std::move(node));
    return true;
  }

  bool has_room(const sim::SourceMark& mark) {
    if (++nodes_ <= json_nodes_max) return true;
    diagnostics_.error(mark, "E0106", fmt::format("more than {} values", json_nodes_max),
                       "no AWS document is so large; leave out what the scenario does not name");
    return false;
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
    if (!has_room(opened.node.mark)) return false;
    open_.push_back(std::move(opened));
    return true;
  }

  bool close() {
    static_cast<void>(cursor_.next());
    Node finished = std::move(open_.back().node);
    open_.pop_back();
    place(std::move(finished));
    return true;
  }

  void place(Node node) {
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!std::exchange(parent.drops_value, false)) {
      parent.node.entries.back().value = std::move(node);
    }
  }

  Cursor cursor_;
  std::string_view text_;
  std::string file_;
  sim::Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
  int duplicates_ = 0;
};

}  // namespace

std::optional<Node> parse_json(std::string_view text, const std::string& file,
                               sim::Diagnostics& diagnostics) {
  const yaml::TextRules rules{
      .bytes_max = json_bytes_max, .tabs_allowed = true, .byte_order_mark_allowed = false};
  if (!yaml::check_source_text(text, file, rules, diagnostics)) return std::nullopt;
  TreeBuilder builder(text, file, diagnostics);
  if (!Json::sax_parse(Feed(text, 0), Feed(text, text.size()), &builder)) return std::nullopt;
  return std::move(builder.root);
}

}  // namespace hoplab::scenarios
