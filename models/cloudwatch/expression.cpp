#include "models/cloudwatch/expression.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include <fmt/format.h>

namespace hoplab::models::cloudwatch {
namespace {

constexpr std::size_t characters_max = 2048;
constexpr int depth_max = 64;

struct Token {
  enum class Kind { number, text, open_text, name, sign, bad, end };
  Kind kind = Kind::end;
  std::string text;
  int column = 1;  ///< From 1, within the expression.
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    Token token;
    token.column = static_cast<int>(at_) + 1;
    if (at_ == text_.size()) return token;
    const char c = text_[at_];
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      take_number(token);
    } else if (is_name_part(c)) {
      token.kind = Token::Kind::name;
      while (at_ < text_.size() && is_name_part(text_[at_])) token.text.push_back(text_[at_++]);
    } else if (c == '"' || c == '\'') {
      take_quoted(token, c);
    } else {
      take_sign(token);
    }
    return token;
  }

 private:
  void take_number(Token& token) {
    double value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    token.kind = error == std::errc() ? Token::Kind::number : Token::Kind::bad;
    token.text.assign(begin, end);
    at_ += token.text.size();
  }

  /// A backslash keeps its place: what is in a search is for the search to read.
  void take_quoted(Token& token, char quote) {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != quote) {
      at_ += text_[at_] == '\\' && at_ + 1 < text_.size() ? std::size_t{2} : std::size_t{1};
    }
    token.text = text_.substr(begin, at_ - begin);
    token.kind = at_ < text_.size() ? Token::Kind::text : Token::Kind::open_text;
    if (at_ < text_.size()) ++at_;
  }

  void take_sign(Token& token) {
    static constexpr std::array<std::string_view, 18> signs = {"==", "!=", "<=", ">=", "&&", "||",
                                                               "+",  "-",  "*",  "/",  "^",  "<",
                                                               ">",  "(",  ")",  "[",  "]",  ","};
    const auto* sign = std::ranges::find_if(
        signs, [&](std::string_view it) { return text_.substr(at_).starts_with(it); });
    token.kind = sign == signs.end() ? Token::Kind::bad : Token::Kind::sign;
    token.text = sign == signs.end() ? std::string(1, text_[at_]) : std::string(*sign);
    at_ += token.text.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string shown(const Token& token) {
  if (token.kind == Token::Kind::end) return "the end of the expression";
  if (token.kind == Token::Kind::open_text) return "a text without its closing quote";
  return fmt::format("'{}'", token.text);
}

class Parser {
 public:
  Parser(std::string_view text, const sim::SourceMark& mark, sim::Diagnostics& diagnostics)
      : lexer_(text), mark_(mark), diagnostics_(diagnostics), token_(lexer_.next()) {}

  std::optional<MathNode> parse() {
    MathNode root = read_level(0);
    if (!is_wrong_ && token_.kind != Token::Kind::end) fail("an operator or the end");
    if (is_wrong_) return std::nullopt;
    return root;
  }

 private:
  static constexpr int tightest_level = 4;

  /// The operator that stands here, if it belongs to this level.
  [[nodiscard]] std::string operator_of(int level) const {
    static const std::array<std::vector<std::string>, 5> levels = {
        {{"OR", "||"}, {"AND", "&&"}, {"==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/"}}};
    if (token_.kind != Token::Kind::sign && token_.kind != Token::Kind::name) return "";
    const auto& here = levels[static_cast<std::size_t>(level)];
    if (std::ranges::find(here, token_.text) == here.end()) return "";
    if (token_.text == "||") return "OR";
    return token_.text == "&&" ? "AND" : token_.text;
  }

  MathNode read_level(int level) {
    if (level > tightest_level) return read_unary();
    MathNode left = read_level(level + 1);
    for (std::string sign = operator_of(level); !is_wrong_ && !sign.empty();
         sign = operator_of(level)) {
      const int column = token_.column;
      advance();
      MathNode right = read_level(level + 1);
      left = binary(std::move(sign), column, std::move(left), std::move(right));
    }
    return left;
  }

  static MathNode binary(std::string sign, int column, MathNode left, MathNode right) {
    MathNode node;
    node.kind = MathNode::Kind::binary;
    node.text = std::move(sign);
    node.column = column;
    node.parts.push_back(std::move(left));
    node.parts.push_back(std::move(right));
    return node;
  }

  MathNode read_unary() {
    if (!is_sign("-")) return read_power();
    MathNode node;
    if (!enter()) return node;
    node.kind = MathNode::Kind::minus;
    node.column = token_.column;
    advance();
    node.parts.push_back(read_unary());
    --depth_;
    return node;
  }

  MathNode read_power() {
    MathNode base = read_primary();
    if (is_wrong_ || !is_sign("^") || !enter()) return base;
    const int column = token_.column;
    advance();
    MathNode exponent = read_unary();
    --depth_;
    return binary("^", column, std::move(base), std::move(exponent));
  }

  MathNode read_primary() {
    MathNode node;
    node.column = token_.column;
    if (!enter()) return node;
    if (token_.kind == Token::Kind::number) {
      std::from_chars(token_.text.data(), token_.text.data() + token_.text.size(), node.value);
      advance();
    } else if (token_.kind == Token::Kind::text) {
      node.kind = MathNode::Kind::text;
      node.text = token_.text;
      advance();
    } else if (token_.kind == Token::Kind::name && operator_of(0).empty() &&
               operator_of(1).empty()) {
      read_name(node);
    } else if (is_sign("(")) {
      advance();
      node = read_level(0);
      expect(")", "an operator or ')'");
    } else if (is_sign("[")) {
      node.kind = MathNode::Kind::list;
      advance();
      read_items("]", node);
    } else {
      fail("a number, an id, a function, '(', '[' or '-'");
    }
    --depth_;
    return node;
  }

  void read_name(MathNode& node) {
    node.text = token_.text;
    const char first = node.text.front();
    node.kind = first >= 'a' && first <= 'z' ? MathNode::Kind::id : MathNode::Kind::word;
    advance();
    if (!is_sign("(")) return;
    if (!is_function(node)) return;
    node.kind = MathNode::Kind::call;
    advance();
    if (is_sign(")")) {
      advance();
    } else {
      read_items(")", node);
    }
  }

  bool is_function(const MathNode& node) {
    const auto names = math_function_names();
    if (std::ranges::find(names, node.text) != names.end()) return true;
    is_wrong_ = true;
    std::string upper = node.text;
    std::ranges::transform(upper, upper.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const std::string near = sim::nearest_name(upper, names);
    diagnostics_.error(at(node.column), "E0903",
                       fmt::format("there is no function '{}'", node.text),
                       near.empty() ? "functions are upper case, such as SUM(m1)"
                                    : fmt::format("did you mean {}?", near));
    return false;
  }

  void read_items(std::string_view end, MathNode& node) {
    for (;;) {
      node.parts.push_back(read_level(0));
      if (is_wrong_) return;
      if (!is_sign(",")) break;
      advance();
    }
    expect(end, fmt::format("an operator, ',' or '{}'", end));
  }

  void expect(std::string_view sign, const std::string& expected) {
    if (is_wrong_) return;
    if (!is_sign(sign)) {
      fail(expected);
      return;
    }
    advance();
  }

  bool enter() {
    if (++depth_ <= depth_max) return true;
    if (!is_wrong_) {
      diagnostics_.error(at(token_.column), "E0902",
                         fmt::format("more than {} levels of nesting", depth_max));
    }
    is_wrong_ = true;
    return false;
  }

  void fail(const std::string& expected) {
    if (is_wrong_) return;
    is_wrong_ = true;
    diagnostics_.error(at(token_.column), "E0902",
                       fmt::format("expected {}, found {}", expected, shown(token_)));
  }

  [[nodiscard]] sim::SourceMark at(int column) const {
    sim::SourceMark mark = mark_;
    mark.column += column - 1;
    return mark;
  }
  [[nodiscard]] bool is_sign(std::string_view sign) const {
    return token_.kind == Token::Kind::sign && token_.text == sign;
  }
  void advance() { token_ = lexer_.next(); }

  Lexer lexer_;
  sim::SourceMark mark_;
  sim::Diagnostics& diagnostics_;
  Token token_;
  int depth_ = 0;
  bool is_wrong_ = false;
};

void walk(const MathNode& node, const std::function<void(const MathNode&)>& visit) {
  visit(node);
  for (const MathNode& part : node.parts) walk(part, visit);
}

}  // namespace

std::optional<MathExpression> MathExpression::parse(std::string_view text,
                                                    const sim::SourceMark& mark,
                                                    sim::Diagnostics& diagnostics) {
  if (text.size() > characters_max) {
    diagnostics.error(mark, "E0901",
                      fmt::format("an expression has at most {} characters", characters_max));
    return std::nullopt;
  }
  auto root = Parser(text, mark, diagnostics).parse();
  if (!root) return std::nullopt;
  return MathExpression(std::move(*root), mark);
}

std::vector<std::string> MathExpression::ids() const {
  std::vector<std::string> all;
  walk(root_, [&](const MathNode& node) {
    const bool is_new = std::ranges::find(all, node.text) == all.end();
    if (node.kind == MathNode::Kind::id && is_new) all.push_back(node.text);
  });
  return all;
}

bool MathExpression::calls(std::string_view function) const {
  bool is_called = false;
  walk(root_, [&](const MathNode& node) {
    is_called = is_called || (node.kind == MathNode::Kind::call && node.text == function);
  });
  return is_called;
}

}  // namespace hoplab::models::cloudwatch
