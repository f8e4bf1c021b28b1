// From text to a Filter: a parser by recursive descent with one token of look-ahead.
#include <algorithm>
#include <optional>
#include <utility>

#include "report/xray/filter_tokens.hpp"

namespace hoplab::report::xray {
namespace {

using Kind = FilterNode::Kind;
using TokenKind = FilterToken::Kind;

enum class ValueKind { boolean, number, text };

ValueKind kind_of(Keyword keyword) {
  if (keyword <= Keyword::root) return ValueKind::boolean;
  return keyword <= Keyword::coverage ? ValueKind::number : ValueKind::text;
}

bool is_of_lists_only(Keyword keyword) {
  switch (keyword) {
    case Keyword::first:
    case Keyword::last:
    case Keyword::remote:
    case Keyword::index:
    case Keyword::coverage:
      return true;
    default:
      return false;
  }
}

constexpr std::string_view number_operators = "=, !=, <, <=, > or >=";
constexpr std::string_view text_operators = "=, !=, CONTAINS, BEGINSWITH or ENDSWITH";

std::string shown(const FilterToken& token) {
  return token.kind == TokenKind::end ? "the end" : "'" + token.spelt + "'";
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(filter_tokens(text)) {}

  FilterPointer parse() {
    if (here().kind == TokenKind::end) return nullptr;
    auto top = any_of();
    if (here().kind != TokenKind::end) {
      fail(here(), "E0701", "expected AND, OR or the end, not " + shown(here()), "");
    }
    return top;
  }

 private:
  enum class Scope { trace, service, edge, root_cause };
  static constexpr int depth_max = 64;

  [[noreturn]] static void fail(const FilterToken& token, std::string code, std::string message,
                                std::string hint) {
    throw FilterMistake{token.at, std::move(code), std::move(message), std::move(hint)};
  }

  [[nodiscard]] const FilterToken& here() const { return tokens_[at_]; }
  const FilterToken& take() {
    const FilterToken& token = tokens_[at_];
    if (token.kind != TokenKind::end) ++at_;
    return token;
  }
  bool take_symbol(std::string_view symbol) {
    if (!here().is_symbol(symbol)) return false;
    take();
    return true;
  }
  void want_symbol(std::string_view symbol, const std::string& what) {
    if (take_symbol(symbol)) return;
    fail(here(), "E0701",
         "expected '" + std::string(symbol) + "' " + what + ", not " + shown(here()), "");
  }

  FilterPointer any_of() {
    if (++depth_ > depth_max) {
      fail(here(), "E0707", "this nests too deep", "64 levels are the most");
    }
    auto node = std::make_unique<FilterNode>();
    node->kind = Kind::any_of;
    node->parts.push_back(all_of());
    while (here().is_word("or")) {
      take();
      node->parts.push_back(all_of());
    }
    --depth_;
    if (node->parts.size() == 1) return std::move(node->parts.front());
    return node;
  }

  [[nodiscard]] bool begins_term() const {
    const FilterToken& token = here();
    if (token.kind == TokenKind::word) return token.text != "or";
    return token.is_symbol("!") || token.is_symbol("(");
  }

  /// Terms that only stand beside each other are joined by AND, too.
  FilterPointer all_of() {
    auto node = std::make_unique<FilterNode>();
    node->kind = Kind::all_of;
    node->parts.push_back(term());
    while (begins_term()) {
      if (here().is_word("and")) take();
      node->parts.push_back(term());
    }
    if (node->parts.size() == 1) return std::move(node->parts.front());
    return node;
  }

  FilterPointer term() {
    bool is_negated = false;
    while (take_symbol("!")) is_negated = !is_negated;
    FilterPointer inner;
    if (take_symbol("(")) {
      inner = any_of();
      want_symbol(")", "to close the bracket");
    } else {
      inner = phrase();
    }
    if (!is_negated) return inner;
    auto node = std::make_unique<FilterNode>();
    node->kind = Kind::not_of;
    node->parts.push_back(std::move(inner));
    return node;
  }

  FilterPointer phrase() {
    const FilterToken& word = here();
    if (word.kind != TokenKind::word || word.text == "and" || word.text == "or") {
      fail(word, "E0701", "expected a keyword, '!' or '(', not " + shown(word),
           "for example fault, responsetime > 1, http.url CONTAINS \"/api\", service(\"x\") { "
           "error }");
    }
    take();
    if (word.text == "service" || word.text == "edge") return node_phrase(word);
    if (word.text == "annotation" || word.text.starts_with("annotation.")) return annotation(word);
    if (word.text.starts_with("rootcause.")) return root_cause(word);
    if (word.text == "group.name" || word.text == "group.arn") {
      fail(word, "E0706", "there are no groups here", "write the group's own filter in its place");
    }
    for (const auto& [name, keyword] : filter_keywords()) {
      if (name == word.text) return keyword_phrase(word, keyword);
    }
    unknown(word);
  }

  [[noreturn]] static void unknown(const FilterToken& word) {
    std::vector<std::string> names{"service", "edge", "annotation.key", "rootcause.fault.service"};
    for (const auto& [name, keyword] : filter_keywords()) names.emplace_back(name);
    const std::string near = sim::nearest_name(word.text, names);
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    fail(word, "E0704", "no keyword is called '" + word.spelt + "'",
         near.empty() ? "there are " + all : "did you mean " + near + "?");
  }

  FilterPointer keyword_phrase(const FilterToken& word, Keyword keyword) {
    check_scope(word, keyword);
    auto node = std::make_unique<FilterNode>();
    node->kind = Kind::keyword;
    node->keyword = keyword;
    switch (kind_of(keyword)) {
      case ValueKind::boolean:
        boolean_tail(*node);
        break;
      case ValueKind::number:
        number_tail(word, *node);
        break;
      case ValueKind::text:
        text_tail(word, *node);
        break;
    }
    return node;
  }

  void check_scope(const FilterToken& word, Keyword keyword) const {
    if (is_of_lists_only(keyword) && scope_ != Scope::root_cause) {
      fail(word, "E0706", word.spelt + " is about the elements of a root cause",
           "write it inside of one: rootcause.responsetime.entity { " +
               std::string(keyword == Keyword::coverage ? "coverage > 0.8" : "last") + " }");
    }
    if (keyword == Keyword::root && (scope_ == Scope::trace || scope_ == Scope::edge)) {
      fail(word, "E0706", "root is about a service", "write service() { root AND fault }");
    }
  }

  void boolean_tail(FilterNode& node) {
    node.value = true;
    node.has_value = true;
    if (!here().is_symbol("=") && !here().is_symbol("!=")) return;
    node.comparison = take().text == "=" ? Comparison::equal : Comparison::unequal;
    if (!here().is_word("true") && !here().is_word("false")) {
      fail(here(), "E0705", "expected true or false, not " + shown(here()), "");
    }
    node.value = take().text == "true";
  }

  void number_tail(const FilterToken& word, FilterNode& node) {
    const auto comparison = symbol_comparison();
    if (!comparison) {
      fail(here(), "E0705",
           "expected " + std::string(number_operators) + " behind " + word.spelt + ", not " +
               shown(here()),
           "for example " + word.spelt + " > 1");
    }
    node.comparison = *comparison;
    node.has_value = true;
    if (here().kind != TokenKind::number) {
      fail(here(), "E0705", "expected a number, not " + shown(here()),
           "times are in seconds, without a unit: 0.5");
    }
    node.value = take().number;
  }

  void text_tail(const FilterToken& word, FilterNode& node) {
    const auto comparison = text_comparison();
    if (!comparison) {
      const bool is_number_operator = here().is_symbol("<") || here().is_symbol("<=") ||
                                      here().is_symbol(">") || here().is_symbol(">=");
      if (is_number_operator || here().kind == TokenKind::text) {
        fail(here(), "E0705",
             "expected " + std::string(text_operators) + " behind " + word.spelt + ", not " +
                 shown(here()),
             "");
      }
      return;  // Alone: that there is one.
    }
    node.comparison = *comparison;
    node.has_value = true;
    // AWS's own samples have a name without quotes here and there.
    if (here().kind != TokenKind::text && here().kind != TokenKind::word) {
      fail(here(), "E0705", "expected a text in quotes, not " + shown(here()), "");
    }
    const FilterToken& value = take();
    node.value = value.kind == TokenKind::word ? value.spelt : value.text;
  }

  std::optional<Comparison> symbol_comparison() {
    static constexpr std::pair<std::string_view, Comparison> symbols[] = {
        {"=", Comparison::equal},    {"!=", Comparison::unequal}, {"<", Comparison::less},
        {"<=", Comparison::at_most}, {">", Comparison::more},     {">=", Comparison::at_least}};
    for (const auto& [symbol, comparison] : symbols) {
      if (take_symbol(symbol)) return comparison;
    }
    return std::nullopt;
  }

  std::optional<Comparison> text_comparison() {
    if (take_symbol("=")) return Comparison::equal;
    if (take_symbol("!=")) return Comparison::unequal;
    static constexpr std::pair<std::string_view, Comparison> words[] = {
        {"contains", Comparison::contains},
        {"beginswith", Comparison::begins},
        {"endswith", Comparison::ends}};
    for (const auto& [word, comparison] : words) {
      if (!here().is_word(word)) continue;
      take();
      return comparison;
    }
    return std::nullopt;
  }

  FilterPointer annotation(const FilterToken& word) {
    if (scope_ != Scope::trace) {
      fail(word, "E0706", "annotations are the trace's, not a service's or a call's",
           "write it outside of the braces: annotation.x = \"y\" AND service(\"a\") { fault }");
    }
    auto node = std::make_unique<FilterNode>();
    node->kind = Kind::annotation;
    if (word.text == "annotation") {
      want_symbol("[", "or '.' behind annotation");
      const bool is_key = here().kind == TokenKind::word || here().kind == TokenKind::text;
      if (!is_key) fail(here(), "E0701", "expected the annotation's key, not " + shown(here()), "");
      const FilterToken& key = take();
      node->key = key.kind == TokenKind::text ? key.text : key.spelt;
      want_symbol("]", "behind the key");
    } else {
      node->key = word.spelt.substr(std::string_view("annotation.").size());
      if (node->key.empty())
        fail(word, "E0701", "expected the annotation's key behind the dot", "");
    }
    annotation_tail(*node);
    return node;
  }

  void annotation_tail(FilterNode& node) {
    auto comparison = symbol_comparison();
    if (!comparison) comparison = text_comparison();
    if (!comparison) return;  // Alone: that it is set.
    node.comparison = *comparison;
    node.has_value = true;
    const bool wants_number =
        *comparison >= Comparison::less && *comparison <= Comparison::at_least;
    const bool wants_text = *comparison >= Comparison::contains;
    const FilterToken& value = here();
    if (value.kind == TokenKind::number && !wants_text) {
      node.value = value.number;
    } else if (value.kind == TokenKind::text && !wants_number) {
      node.value = value.text;
    } else if ((value.is_word("true") || value.is_word("false")) && !wants_number && !wants_text) {
      node.value = value.text == "true";
    } else {
      const std::string wanted = wants_number ? "a number"
                                 : wants_text ? "a text in quotes"
                                              : "a number, a text in quotes, true or false";
      fail(value, "E0705", "expected " + wanted + ", not " + shown(value), "");
    }
    take();
  }

  FilterPointer node_phrase(const FilterToken& word) {
    if (scope_ != Scope::trace) {
      fail(word, "E0706", word.spelt + " does not go into " + scope_name(), "");
    }
    auto node = std::make_unique<FilterNode>();
    const bool is_edge = word.text == "edge";
    node->kind = is_edge ? Kind::edge : Kind::service;
    want_symbol("(", "behind " + word.spelt);
    if (is_edge || !here().is_symbol(")")) node->from = service_name();
    if (is_edge) {
      want_symbol(",", "between the two services");
      node->to = service_name();
    }
    want_symbol(")", "behind the name");
    braces(*node, is_edge ? Scope::edge : Scope::service, false);
    return node;
  }

  [[nodiscard]] std::string scope_name() const {
    return scope_ == Scope::service ? "service" : scope_ == Scope::edge ? "edge" : "a root cause";
  }

  void braces(FilterNode& node, Scope scope, bool is_needed) {
    if (!is_needed && !here().is_symbol("{")) return;
    want_symbol("{", "and what must hold");
    const Scope outer = std::exchange(scope_, scope);
    if (!here().is_symbol("}")) node.parts.push_back(any_of());
    scope_ = outer;
    want_symbol("}", "to close the brace");
  }

  ServiceName service_name() {
    ServiceName name;
    if (here().kind == TokenKind::text) {
      name.name = take().text;
      return name;
    }
    if (!here().is_word("id")) {
      fail(here(), "E0701", "expected a name in quotes or id(...), not " + shown(here()),
           "for example service(\"api\") or service(id(name: \"api\", type: \"client\"))");
    }
    take();
    want_symbol("(", "behind id");
    while (!here().is_symbol(")")) {
      std::string* const part = here().is_word("name")         ? &name.name
                                : here().is_word("type")       ? &name.type
                                : here().is_word("account.id") ? &name.account
                                                               : nullptr;
      if (part == nullptr) {
        fail(here(), "E0701", "expected name:, type:, account.id: or ')', not " + shown(here()),
             "");
      }
      take();
      want_symbol(":", "before the value");
      if (here().kind != TokenKind::text) {
        fail(here(), "E0701", "expected a text in quotes, not " + shown(here()), "");
      }
      *part = take().text;
      take_symbol(",");
    }
    take();
    return name;
  }

  FilterPointer root_cause(const FilterToken& word) {
    if (scope_ != Scope::trace) {
      fail(word, "E0706", "root causes are the trace's", "write it outside of the braces");
    }
    auto node = std::make_unique<FilterNode>();
    if (word.text == "rootcause.json") {
      node->kind = Kind::cause_json;
      want_symbol("=", "behind rootcause.json");
      if (here().kind != TokenKind::json) {
        fail(here(), "E0701", "expected #[...], not " + shown(here()), "");
      }
      node->key = take().text;
      return node;
    }
    node->kind = Kind::root_cause;
    const std::string_view rest = std::string_view(word.text).substr(10);
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view cause = rest.substr(0, dot);
    const std::string_view level = dot == rest.size() ? "" : rest.substr(dot + 1);
    const bool is_known = (cause == "fault" || cause == "error" || cause == "responsetime") &&
                          (level == "service" || level == "entity" || level == "exception");
    const bool has_exceptions = cause != "responsetime" || level != "exception";
    if (!is_known || !has_exceptions) {
      fail(word, "E0704", "no keyword is called '" + word.spelt + "'",
           "there are rootcause.fault, rootcause.error (.service, .entity, .exception), "
           "rootcause.responsetime (.service, .entity) and rootcause.json");
    }
    node->cause = cause == "fault"   ? FilterNode::Cause::fault
                  : cause == "error" ? FilterNode::Cause::error
                                     : FilterNode::Cause::response_time;
    node->level = level == "service"  ? FilterNode::Level::service
                  : level == "entity" ? FilterNode::Level::entity
                                      : FilterNode::Level::exception;
    braces(*node, Scope::root_cause, true);
    return node;
  }

  std::vector<FilterToken> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Scope scope_ = Scope::trace;
};

}  // namespace

const std::vector<std::pair<std::string_view, Keyword>>& filter_keywords() {
  static const std::vector<std::pair<std::string_view, Keyword>> keywords = {
      {"ok", Keyword::ok},
      {"error", Keyword::error},
      {"throttle", Keyword::throttle},
      {"fault", Keyword::fault},
      {"partial", Keyword::partial},
      {"inferred", Keyword::inferred},
      {"first", Keyword::first},
      {"last", Keyword::last},
      {"remote", Keyword::remote},
      {"root", Keyword::root},
      {"responsetime", Keyword::response_time},
      {"duration", Keyword::duration},
      {"http.status", Keyword::http_status},
      {"index", Keyword::index},
      {"coverage", Keyword::coverage},
      {"http.url", Keyword::http_url},
      {"http.method", Keyword::http_method},
      {"http.useragent", Keyword::http_user_agent},
      {"http.clientip", Keyword::http_client_ip},
      {"user", Keyword::user},
      {"name", Keyword::name},
      {"type", Keyword::type},
      {"message", Keyword::message},
      {"availabilityzone", Keyword::availability_zone},
      {"instance.id", Keyword::instance_id},
      {"resource.arn", Keyword::resource_arn},
  };
  return keywords;
}

std::variant<Filter, FilterMistake> parse_filter(std::string_view text) {
  try {
    return Filter(Parser(text).parse());
  } catch (const FilterMistake& mistake) {
    return mistake;
  }
}

std::string to_string(const FilterMistake& mistake, std::string_view text) {
  const std::string_view before = text.substr(0, mistake.at);
  const auto breaks = std::count(before.begin(), before.end(), '\n');
  const std::size_t begin = breaks == 0 ? 0 : before.rfind('\n') + 1;
  const std::size_t end = std::min(text.find('\n', mistake.at), text.size());
  std::string indent;  // As wide as what stands before the place: a space for each character.
  for (const char c : text.substr(begin, mistake.at - begin)) {
    const bool goes_on = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;  // Of one character.
    if (!goes_on) indent += c == '\t' ? '\t' : ' ';
  }
  sim::Diagnostic diagnostic;
  diagnostic.mark = {"filter", static_cast<int>(breaks) + 1, static_cast<int>(indent.size()) + 1};
  diagnostic.code = mistake.code;
  diagnostic.message = mistake.message;
  std::string picture = sim::to_string(diagnostic) + "\n  ";
  picture += text.substr(begin, end - begin);
  picture += "\n  " + indent + '^';
  if (!mistake.hint.empty()) picture += "\n  hint: " + mistake.hint;
  return picture + '\n';
}

}  // namespace hoplab::report::xray
