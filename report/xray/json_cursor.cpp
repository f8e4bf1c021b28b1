#include "report/xray/json_cursor.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <system_error>

#include "report/recording/json_text.hpp"

namespace hoplab::report::xray {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool is_of_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '+';
}

}  // namespace

void JsonCursor::fail() {
  has_failed_ = true;
  at_ = text_.size();
}

void JsonCursor::blanks() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
}

bool JsonCursor::is_at_end() {
  blanks();
  return at_ == text_.size();
}

char JsonCursor::peek() {
  blanks();
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonCursor::enter(char open, char close) {
  if (peek() != open) {
    skip();
    return false;
  }
  ++at_;
  if (depth_ == depth_max) {
    fail();
    return false;
  }
  if (peek() == close) {
    ++at_;
    return false;
  }
  ++depth_;
  return true;
}

bool JsonCursor::goes_on(char close) {
  const char next = peek();
  if (has_failed_) return false;
  if (next == close) {
    ++at_;
    --depth_;
    return false;
  }
  if (next != ',') {
    fail();
    return false;
  }
  ++at_;
  return true;
}

std::string_view JsonCursor::member_name() {
  if (peek() != '"') {
    fail();
    return {};
  }
  const std::string_view name = spelt_string();
  if (peek() != ':') {
    fail();
    return {};
  }
  ++at_;
  return name;
}

std::string_view JsonCursor::spelt_string() {
  const std::size_t start = ++at_;
  had_escapes_ = false;
  for (std::size_t i = start; i < text_.size(); ++i) {
    if (text_[i] == '"') {
      at_ = i + 1;
      return text_.substr(start, i - start);
    }
    if (text_[i] == '\\') {
      had_escapes_ = true;
      ++i;
    }
  }
  fail();
  return {};
}

std::string_view JsonCursor::string(TextStore& store) {
  if (peek() != '"') {
    skip();
    return {};
  }
  const std::size_t quote = at_;
  const std::string_view spelt = spelt_string();
  if (!had_escapes_ || has_failed_) return spelt;
  auto decoded = recording::json_unquoted(text_.substr(quote, at_ - quote));
  if (!decoded) {
    fail();
    return {};
  }
  return store.keep(std::move(*decoded));
}

double JsonCursor::number() {
  const char first = peek();
  if (first != '-' && (first < '0' || first > '9')) {
    skip();
    return 0;
  }
  const std::size_t start = at_;
  skip_word();
  double value = 0;
  const char* const end = text_.data() + at_;
  const auto [stop, error] = std::from_chars(text_.data() + start, end, value);
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::max();
  if (error != std::errc() || stop != end || !std::isfinite(value)) {
    fail();
    return 0;
  }
  return value;
}

bool JsonCursor::boolean() {
  const bool is_true = peek() == 't';
  skip();
  return is_true && !has_failed_;
}

std::string_view JsonCursor::raw() {
  blanks();
  const std::size_t start = at_;
  skip();
  return has_failed_ ? std::string_view() : text_.substr(start, at_ - start);
}

void JsonCursor::skip_word() {
  while (at_ < text_.size() && is_of_word(text_[at_])) ++at_;
}

void JsonCursor::skip() {
  const char first = peek();
  if (first == '"') {
    static_cast<void>(spelt_string());
  } else if (first == '{') {
    members([](std::string_view) {});
  } else if (first == '[') {
    elements([] {});
  } else if (is_of_word(first)) {
    const std::size_t start = at_;
    skip_word();
    const std::string_view word = text_.substr(start, at_ - start);
    const bool is_number = first == '-' || (first >= '0' && first <= '9');
    if (!is_number && word != "true" && word != "false" && word != "null") fail();
  } else {
    fail();
  }
}

}  // namespace hoplab::report::xray
