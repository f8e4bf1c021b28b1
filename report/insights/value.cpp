#include "report/insights/value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "report/insights/period.hpp"

namespace hoplab::report::insights {
namespace {

constexpr std::size_t block_size = 65'536;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <typename Number>
int three_way(Number a, Number b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

int sign_of(int value) { return three_way(value, 0); }

/// One past the run of digits, or of others, that begins at `at`.
std::size_t run_end(std::string_view text, std::size_t at) {
  const bool is_number = is_digit(text[at]);
  while (at < text.size() && is_digit(text[at]) == is_number) ++at;
  return at;
}

int compare_in_runs(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const std::string_view left = a.substr(i, run_end(a, i) - i);
    const std::string_view right = b.substr(j, run_end(b, j) - j);
    const bool are_digits = is_digit(left.front()) && is_digit(right.front());
    if (are_digits && left.size() != right.size()) return three_way(left.size(), right.size());
    const int order = sign_of(left.compare(right));
    if (order != 0) return order;
    i += left.size();
    j += right.size();
  }
  return three_way(a.size() - i, b.size() - j);
}

void append_number_shown(std::string& out, double number) {
  constexpr double whole_max = 1e18;
  if (!std::isfinite(number)) {
    out += std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
  } else if (number == std::trunc(number) && std::fabs(number) < whole_max) {
    out += fmt::format_int(static_cast<std::int64_t>(number)).str();
  } else if (std::fabs(number) < 0.1 || std::fabs(number) >= whole_max) {
    out += fmt::format("{:.4g}", number);
  } else {
    std::string text = fmt::format("{:.4f}", number);
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    out += text;
  }
}

/// A value's text for comparisons; `buffer` holds it where it must be made.
std::string_view text_for_comparison(const Value& value, std::string& buffer) {
  if (value.kind == Kind::text || value.kind == Kind::json) return value.text;
  if (value.kind == Kind::boolean && !value.text.empty()) return value.text;
  append_shown(buffer, value);
  return buffer;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const bool has_sign = text.front() == '-' || text.front() == '+';
  const std::string_view rest = text.substr(has_sign ? 1 : 0);
  if (rest.empty() || !(is_digit(rest.front()) || (rest.front() == '.' && rest.size() > 1))) {
    return std::nullopt;
  }
  constexpr std::size_t exact_digits = 15;
  if (rest.size() <= exact_digits && std::all_of(rest.begin(), rest.end(), is_digit)) {
    std::int64_t whole = 0;
    for (const char c : rest) whole = whole * 10 + (c - '0');
    return static_cast<double>(text.front() == '-' ? -whole : whole);
  }
  double value = 0;
  const char* const end = rest.data() + rest.size();
  const auto [at, error] = std::from_chars(rest.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return text.front() == '-' ? -value : value;
}

std::optional<double> number_of(const Value& value) {
  switch (value.kind) {
    case Kind::missing:
    case Kind::json:
      return std::nullopt;
    case Kind::text:
      return parse_number(value.text);
    case Kind::number:
    case Kind::boolean:
    case Kind::instant:
      return value.number;
  }
  return std::nullopt;
}

bool is_true(const Value& value) {
  const auto number = number_of(value);
  return number && *number != 0;
}

void append_shown(std::string& out, const Value& value) {
  switch (value.kind) {
    case Kind::missing:
      return;
    case Kind::text:
    case Kind::json:
      out += value.text;
      return;
    case Kind::number:
      return append_number_shown(out, value.number);
    case Kind::boolean:
      out += value.number != 0 ? '1' : '0';
      return;
    case Kind::instant:
      return append_instant(out, static_cast<std::int64_t>(value.number));
  }
}

std::string shown(const Value& value) {
  std::string out;
  append_shown(out, value);
  return out;
}

int compare_for_sort(const Value& a, const Value& b) {
  const auto left = number_of(a);
  const auto right = number_of(b);
  const auto rank = [](const Value& value, bool is_number) {
    return value.is_missing() ? 0 : is_number ? 2 : 1;
  };
  const int by_rank = three_way(rank(a, left.has_value()), rank(b, right.has_value()));
  if (by_rank != 0 || a.is_missing()) return by_rank;
  if (left && *left != *right) return three_way(*left, *right);
  if (left) return sign_of(a.text.compare(b.text));
  return compare_in_runs(a.text, b.text);
}

int compare_plainly(const Value& a, const Value& b) {
  const auto left = number_of(a);
  const auto right = left ? number_of(b) : std::nullopt;
  if (left && right) return three_way(*left, *right);
  std::string left_buffer;
  std::string right_buffer;
  return sign_of(text_for_comparison(a, left_buffer).compare(text_for_comparison(b, right_buffer)));
}

char* Arena::take(std::size_t size) {
  while (current_ < blocks_.size() && blocks_[current_].size - used_ < size) {
    ++current_;
    used_ = 0;
  }
  if (current_ == blocks_.size()) {
    const std::size_t wanted = std::max(size, block_size);
    blocks_.push_back({std::make_unique<char[]>(wanted), wanted});
    used_ = 0;
  }
  char* const start = blocks_[current_].bytes.get() + used_;
  used_ += size;
  return start;
}

std::string_view Arena::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const copy = take(text.size());
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

void Arena::reset() {
  ++age_;
  current_ = 0;
  used_ = 0;
}

}  // namespace hoplab::report::insights
