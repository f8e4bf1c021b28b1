#include "models/cloudwatch/metric_search.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace hoplab::models::cloudwatch {
namespace {

constexpr std::size_t characters_max = 1024;
constexpr int depth_max = 32;

using Term = MetricSearch::Term;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

/// Letters and digits alone, lower case.
std::string squeezed(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (is_upper(c) || is_lower(c) || is_digit(c)) text.push_back(to_lower(c));
  }
  return text;
}

bool fits_word(std::string_view name, const std::string& word) {
  if (squeezed(name) == squeezed(word)) return true;
  const auto tokens = search_tokens(name);
  const auto wanted = search_tokens(word);
  const auto found = std::search(tokens.begin(), tokens.end(), wanted.begin(), wanted.end());
  return !wanted.empty() && found != tokens.end();
}

bool fits(const Term& term, std::string_view name) {
  return term.kind == Term::Kind::exact ? name == term.text : fits_word(name, term.text);
}

bool fits_metric(const Term& term, const MetricId& metric) {
  const std::string& property = term.property;
  if (property == "MetricName") return fits(term, metric.name);
  if (property == "Namespace") return fits(term, metric.name_space);
  for (const Dimension& it : metric.dimensions) {
    if (property.empty() && fits(term, it.name)) return true;
    if ((property.empty() || property == it.name) && fits(term, it.value)) return true;
  }
  return property.empty() && (fits(term, metric.name) || fits(term, metric.name_space));
}

bool holds(const Term& term, const MetricId& metric) {
  const auto part_holds = [&](const Term& part) { return holds(part, metric); };
  switch (term.kind) {
    case Term::Kind::all:
      return std::ranges::all_of(term.parts, part_holds);
    case Term::Kind::any:
      return std::ranges::any_of(term.parts, part_holds);
    case Term::Kind::none:
      return std::ranges::none_of(term.parts, part_holds);
    default:
      return fits_metric(term, metric);
  }
}

class Reader {
 public:
  Reader(std::string_view text, const sim::SourceMark& mark, sim::Diagnostics& diagnostics)
      : text_(text), mark_(mark), diagnostics_(diagnostics) {}

  /// "{AWS/EC2, InstanceId}"; false when it is malformed.
  bool read_schema(std::string& name_space, std::vector<std::string>& dimensions) {
    ++at_;
    std::vector<std::string> names;
    for (;;) {
      skip();
      const std::string name = peek() == '"' ? read_quoted() : read_bare(",}\"");
      if (name.empty()) return fail("a namespace or the name of a dimension");
      names.push_back(name);
      skip();
      if (peek() == '}') break;
      if (peek() != ',') return fail("',' or '}'");
      ++at_;
    }
    ++at_;
    skip();
    if (peek() == ',') ++at_;
    name_space = names.front();
    dimensions.assign(names.begin() + 1, names.end());
    std::ranges::sort(dimensions);
    return true;
  }

  /// Up to the end, or to the ')' that ends a group.
  bool read_any(Term& term, int depth) {
    term.kind = Term::Kind::any;
    for (;;) {
      Term all;
      if (!read_all(all, depth)) return false;
      term.parts.push_back(std::move(all));
      if (!take_word("OR")) return true;
    }
  }

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool is_at_end() {
    skip();
    return at_ == text_.size();
  }
  bool fail(const std::string& expected) {
    sim::SourceMark mark = mark_;
    mark.column += static_cast<int>(at_);
    const std::string found =
        at_ < text_.size() ? fmt::format("'{}'", text_[at_]) : "the end of the search";
    diagnostics_.error(mark, "E0908", fmt::format("expected {}, found {}", expected, found));
    return false;
  }

 private:
  bool read_all(Term& term, int depth) {
    term.kind = Term::Kind::all;
    for (;;) {
      Term one;
      if (!read_one(one, depth)) return false;
      term.parts.push_back(std::move(one));
      take_word("AND");
      skip();
      if (at_ == text_.size() || peek() == ')' || is_word("OR")) return true;
    }
  }

  bool read_one(Term& term, int depth) {
    if (depth > depth_max) return fail("at most 32 levels of parentheses");
    skip();
    if (take_word("NOT")) {
      term.kind = Term::Kind::none;
      term.parts.emplace_back();
      return read_one(term.parts.back(), depth + 1);
    }
    if (peek() == '(') {
      ++at_;
      if (!read_any(term, depth + 1)) return false;
      skip();
      if (peek() != ')') return fail("')'");
      ++at_;
      return true;
    }
    term.kind = peek() == '"' ? Term::Kind::exact : Term::Kind::word;
    term.text = peek() == '"' ? read_quoted() : read_bare(" ()\"=");
    if (term.text.empty()) return fail("a word, a quoted name, NOT or '('");
    if (peek() != '=') return true;
    ++at_;
    term.property = std::move(term.text);
    term.kind = peek() == '"' ? Term::Kind::exact : Term::Kind::word;
    term.text = peek() == '"' ? read_quoted() : read_bare(" ()\"");
    return !term.text.empty() || fail("a word or a quoted name");
  }

  std::string read_quoted() {
    std::string name;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      name.push_back(text_[at_]);
    }
    if (at_ < text_.size()) ++at_;
    return name;
  }

  std::string read_bare(std::string_view ends) {
    std::string name;
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) {
      name.push_back(text_[at_++]);
    }
    while (name.ends_with(' ')) name.pop_back();
    return name;
  }

  bool is_word(std::string_view word) {
    skip();
    if (!text_.substr(at_).starts_with(word)) return false;
    const std::size_t end = at_ + word.size();
    return end == text_.size() || text_[end] == ' ' || text_[end] == '(';
  }
  bool take_word(std::string_view word) {
    if (!is_word(word)) return false;
    at_ += word.size();
    return true;
  }

  std::string_view text_;
  sim::SourceMark mark_;
  sim::Diagnostics& diagnostics_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string> search_tokens(std::string_view name) {
  std::vector<std::string> tokens;
  const auto starts = [&](std::size_t i) {
    const char c = name[i];
    if (i == 0) return true;
    const char before = name[i - 1];
    if (is_digit(c)) return !is_digit(before);
    if (is_lower(c)) return !is_lower(before) && !is_upper(before);
    const bool ends_capitals = i + 1 < name.size() && is_lower(name[i + 1]);
    return !is_upper(before) || ends_capitals;
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) continue;
    if (starts(i)) tokens.emplace_back();
    tokens.back().push_back(to_lower(c));
  }
  return tokens;
}

std::optional<MetricSearch> MetricSearch::parse(std::string_view text, const sim::SourceMark& mark,
                                                sim::Diagnostics& diagnostics) {
  if (text.size() > characters_max) {
    diagnostics.error(mark, "E0908", "a search has at most 1024 characters");
    return std::nullopt;
  }
  Reader reader(text, mark, diagnostics);
  MetricSearch search;
  reader.skip();
  if (reader.peek() == '{') {
    search.has_schema_ = true;
    if (!reader.read_schema(search.name_space_, search.dimensions_)) return std::nullopt;
    if (reader.is_at_end()) return search;
  }
  if (!reader.read_any(search.term_, 0)) return std::nullopt;
  if (reader.is_at_end()) return search;
  reader.fail("the end of the search");
  return std::nullopt;
}

bool MetricSearch::matches(const MetricId& metric) const {
  if (has_schema_) {
    if (metric.name_space != name_space_) return false;
    if (!std::ranges::equal(metric.dimensions, dimensions_, {}, &Dimension::name)) return false;
  }
  return holds(term_, metric);
}

}  // namespace hoplab::models::cloudwatch
