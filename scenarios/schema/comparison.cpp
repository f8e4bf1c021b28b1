#include "scenarios/schema/comparison.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using Aggregate = Comparison::Aggregate;
using Operator = Comparison::Operator;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// A decimal that is read as a hundredth of what it says, correctly rounded: 99.9 is 0.999.
std::optional<double> hundredth(std::string_view text) {
  if (!is_plain_number(text)) return std::nullopt;
  const std::string scaled = std::string(text) + "e-2";
  double value = 0;
  const auto read = std::from_chars(scaled.data(), scaled.data() + scaled.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<double> plain_number(std::string_view text) {
  double value = 0;
  if (!is_plain_number(text)) return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<double> share(std::string_view text) {
  const bool is_percent = text.ends_with('%');
  if (is_percent) text.remove_suffix(1);
  const auto value = is_percent ? hundredth(text) : plain_number(text);
  return value && *value <= 1 ? value : std::nullopt;
}

struct Problem {
  const char* code = "E0503";
  std::string message;
  std::string hint;
};

bool is_bare(Measure measure) { return measure == Measure::share || measure == Measure::count; }

bool wants_aggregate(Measure measure, Aggregate aggregate) {
  const bool of_durations = aggregate == Aggregate::quantile || aggregate == Aggregate::average ||
                            aggregate == Aggregate::minimum || aggregate == Aggregate::maximum;
  switch (measure) {
    case Measure::duration:
      return of_durations;
    case Measure::failures:
    case Measure::requests:
      return aggregate == Aggregate::rate || aggregate == Aggregate::count;
    case Measure::hop:
      return aggregate != Aggregate::value;
    case Measure::usage:
      return of_durations && aggregate != Aggregate::quantile;
    case Measure::share:
    case Measure::count:
      return aggregate == Aggregate::value;
  }
  return false;
}

const char* hint_of(Measure measure) {
  switch (measure) {
    case Measure::duration:
      return "write it like \"p(95)<20ms\"; there is p(N), med, avg, min, max";
    case Measure::failures:
      return "write it like \"rate<0.001\" or \"count==0\"";
    case Measure::requests:
      return "write it like \"count>100\" or \"rate>19/s\"";
    case Measure::hop:
      return "write it like \"p(50)~2ms\"; there is p(N), med, avg, min, max, rate, count";
    case Measure::usage:
      return "write it like \"max<80%\"; there is avg, min, max";
    case Measure::share:
      return "write it like \">0.99\" or \">99%\"";
    case Measure::count:
      return "write it like \">100\" or 0";
  }
  return "";
}

/// One reading of one text; `problem` holds what is wrong with it.
class Parser {
 public:
  Parser(std::string_view text, Measure measure) : text_(text), measure_(measure) {}

  std::optional<Comparison> parse() {
    result_.text = std::string(text_);
    const auto at = std::min(text_.find_first_of("<>=!~"), text_.size());
    const std::string_view left = trimmed(text_.substr(0, at));
    std::string_view right = text_.substr(at);
    if (right.empty() && is_bare(measure_)) {
      result_.op = Operator::equal;
      return value(left) ? std::optional(result_) : std::nullopt;
    }
    if (right.empty()) return fail("E0501", "compares with nothing");
    if (!aggregate(left) || !take_operator(right) || !value(trimmed(right))) return std::nullopt;
    return result_;
  }

  [[nodiscard]] const Problem& problem() const { return problem_; }

 private:
  std::nullopt_t fail(const char* code, const std::string& message, std::string hint = "") {
    problem_ = {code, fmt::format("'{}' {}", shown(text_), message),
                hint.empty() ? hint_of(measure_) : std::move(hint)};
    return std::nullopt;
  }

  bool aggregate(std::string_view word) {
    static constexpr std::array<std::pair<std::string_view, Aggregate>, 7> words = {
        {{"", Aggregate::value},
         {"avg", Aggregate::average},
         {"min", Aggregate::minimum},
         {"max", Aggregate::maximum},
         {"rate", Aggregate::rate},
         {"count", Aggregate::count},
         {"med", Aggregate::quantile}}};
    const auto found = std::find_if(words.begin(), words.end(),
                                    [&](const auto& entry) { return entry.first == word; });
    if (found != words.end()) {
      result_.aggregate = found->second;
      result_.quantile = Ratio(0.5);  // Of "med"; the others do not look at it.
    } else if (!quantile(word)) {
      return false;
    }
    if (wants_aggregate(measure_, result_.aggregate)) return true;
    const std::string what = word.empty() ? "does not say what of it" : "does not fit here";
    fail("E0503", what);
    return false;
  }

  bool quantile(std::string_view word) {
    if (!word.starts_with("p(") || !word.ends_with(')')) {
      fail("E0501", fmt::format("compares '{}', which is not known", shown(word)));
      return false;
    }
    const auto value = hundredth(word.substr(2, word.size() - 3));
    if (!value || *value <= 0 || *value > 1) {
      fail("E0501", fmt::format("has no quantile in '{}'", shown(word)),
           "write p(N) with N above 0 and up to 100: p(95), p(99.9)");
      return false;
    }
    result_.aggregate = Aggregate::quantile;
    result_.quantile = Ratio(*value);
    return true;
  }

  bool take_operator(std::string_view& rest) {
    static constexpr std::array<std::pair<std::string_view, Operator>, 8> operators = {
        {{"===", Operator::equal},
         {"==", Operator::equal},
         {"!=", Operator::not_equal},
         {"<=", Operator::less_equal},
         {">=", Operator::greater_equal},
         {"<", Operator::less},
         {">", Operator::greater},
         {"~", Operator::about}}};
    for (const auto& [word, op] : operators) {
      if (!rest.starts_with(word)) continue;
      result_.op = op;
      rest.remove_prefix(word.size());
      return true;
    }
    fail("E0501", "has no operator that is known", "there is <, <=, >, >=, ==, != and ~ (about)");
    return false;
  }

  bool value(std::string_view text) {
    if (text.empty()) {
      fail("E0501", "compares with nothing");
      return false;
    }
    if (result_.aggregate == Aggregate::count || measure_ == Measure::count) return count(text);
    if (measure_ == Measure::requests) return rate_value(text);
    if (result_.aggregate == Aggregate::rate || measure_ == Measure::share ||
        measure_ == Measure::usage) {
      return number(share(text), text, "is not compared with a share of 0 to 1");
    }
    const auto duration = sim::parse_duration(text);
    if (!duration) {
      NumberTrap trouble = duration_trouble(text);
      problem_ = {"E0503", std::move(trouble.message), std::move(trouble.hint)};
      return false;
    }
    result_.is_duration = true;
    result_.duration = *duration;
    return true;
  }

  bool number(std::optional<double> value, std::string_view text, const char* complaint) {
    if (!value) {
      NumberTrap trap = number_trap(text);
      if (trap.message.empty()) {
        fail("E0503", complaint);
      } else {
        problem_ = {"E0503", std::move(trap.message), std::move(trap.hint)};
      }
      return false;
    }
    result_.number = *value;
    return true;
  }

  bool count(std::string_view text) {
    const bool is_whole = is_plain_number(text) && text.find('.') == std::string_view::npos &&
                          text.size() <= 15 && number_trap(text).message.empty();
    return number(is_whole ? plain_number(text) : std::nullopt, text,
                  "is not compared with a whole number");
  }

  bool rate_value(std::string_view text) {
    if (const auto rate = sim::parse_rate(text)) return number(rate->value(), text, "");
    return number(number_trap(text).message.empty() ? plain_number(text) : std::nullopt, text,
                  "is not compared with a rate per second");
  }

  std::string_view text_;
  Measure measure_;
  Comparison result_;
  Problem problem_;
};

}  // namespace

std::optional<Comparison> read_comparison(const Node& node, Measure measure,
                                          sim::Diagnostics& diagnostics) {
  if (node.kind != Node::Kind::scalar) {
    diagnostics.error(
        node.mark, "E0203",
        fmt::format("here stands {}, but a comparison is wanted", describe(node.kind)),
        hint_of(measure));
    return std::nullopt;
  }
  Parser parser(trimmed(node.text), measure);
  auto comparison = parser.parse();
  if (!comparison) {
    const Problem& problem = parser.problem();
    diagnostics.error(node.mark, problem.code, problem.message, problem.hint);
  }
  return comparison;
}

}  // namespace hoplab::scenarios
