#include "report/xray/filter_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace hoplab::report::xray {
namespace {

using Kind = FilterToken::Kind;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::vector<FilterToken> tokens() {
    while (true) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      start_ = at_;
      if (at_ == text_.size()) break;
      const char c = text_[at_];
      if (is_letter(c)) {
        word();
      } else if (is_digit(c) || (c == '-' && is_digit(next())) || (c == '.' && is_digit(next()))) {
        number();
      } else if (c == '"' || c == '\'') {
        quoted(c);
      } else if (c == '#') {
        json();
      } else {
        symbol();
      }
    }
    add(Kind::end, "");
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }

  void add(Kind kind, std::string text) {
    FilterToken& token = tokens_.emplace_back();
    token.kind = kind;
    token.at = start_;
    token.text = std::move(text);
    token.spelt = text_.substr(start_, at_ - start_);
  }

  void word() {
    const auto goes_on = [](char c) { return is_letter(c) || is_digit(c) || c == '.'; };
    while (at_ < text_.size() && goes_on(text_[at_])) ++at_;
    std::string text(text_.substr(start_, at_ - start_));
    std::transform(text.begin(), text.end(), text.begin(), lower);
    add(Kind::word, std::move(text));
  }

  void number() {
    double value = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
    at_ = static_cast<std::size_t>(stop - text_.data());
    const bool is_glued = at_ < text_.size() && (is_letter(text_[at_]) || text_[at_] == '.');
    if (error != std::errc() || is_glued) {
      throw FilterMistake{start_, "E0703", "this is no number",
                          "times are in seconds, without a unit: 0.5"};
    }
    add(Kind::number, "");
    tokens_.back().number = value;
  }

  void quoted(char quote) {
    std::string text;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      text += text_[at_];
    }
    if (at_ == text_.size()) {
      throw FilterMistake{start_, "E0702", "this text has no closing quote",
                          std::string("write ") + quote + " behind it"};
    }
    ++at_;
    add(Kind::text, std::move(text));
  }

  void json() {
    int depth = 0;
    bool is_in_text = false;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (is_in_text) {
        if (c == '\\') ++at_;
        if (c == '"') is_in_text = false;
        continue;
      }
      if (c == '"') is_in_text = true;
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
      if (depth == 0) break;
    }
    if (at_ >= text_.size() || text_[start_ + 1] != '[') {
      throw FilterMistake{start_, "E0702", "expected a whole #[...]",
                          R"(for example rootcause.json = #[{"Services": [{"Name": "a"}]}])"};
    }
    ++at_;
    add(Kind::json, std::string(text_.substr(start_ + 1, at_ - start_ - 1)));
  }

  void symbol() {
    const char c = text_[at_++];
    const bool may_have_equals = c == '!' || c == '<' || c == '>';
    if (may_have_equals && at_ < text_.size() && text_[at_] == '=') ++at_;
    if (std::string_view("!<>=(){}[],:").find(c) == std::string_view::npos) {
      throw FilterMistake{start_, "E0701", "nothing in a filter begins with this character",
                          "texts need quotes: http.url CONTAINS \"/api\""};
    }
    add(Kind::symbol, std::string(text_.substr(start_, at_ - start_)));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::vector<FilterToken> tokens_;
};

}  // namespace

std::vector<FilterToken> filter_tokens(std::string_view text) { return Tokenizer(text).tokens(); }

}  // namespace hoplab::report::xray
