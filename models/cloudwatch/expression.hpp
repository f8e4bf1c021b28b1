// Metric math as text: what an expression consists of, and where it is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/diagnostic.hpp"

namespace hoplab::models::cloudwatch {

/// A part of an expression.
struct MathNode {
  enum class Kind : std::uint8_t {
    number,
    text,   ///< "errors", in either kind of quotes.
    id,     ///< m1: begins with a small letter.
    word,   ///< REPEAT, DESC, AVG without parentheses.
    list,   ///< [m1, m2]
    call,   ///< SUM(...)
    minus,  ///< -m1
    binary,
  };
  Kind kind = Kind::number;
  std::string text;  ///< Name of the id, word or function; the operator ("AND" for &&).
  double value = 0;
  std::vector<MathNode> parts;
  int column = 1;  ///< Where it begins; of a binary one, its operator.
};

/// A metric math expression.
///
/// From the loosest to the tightest: OR ||, AND &&, == != < <= > >=, + -, * /, -x, ^ (from the
/// right). Functions and words are upper case, ids begin with a small letter.
/// Source: CloudWatch User Guide, "Metric math syntax and functions"; GetMetricData (at most 2048
///         characters).
/// Limits: the precedence is assumed, the guide does not give it.
class MathExpression {
 public:
  /// Nothing when it is malformed; `diagnostics` then has the place, counted from `mark`, and what
  /// was expected there.
  [[nodiscard]] static std::optional<MathExpression> parse(std::string_view text,
                                                           const sim::SourceMark& mark,
                                                           sim::Diagnostics& diagnostics);

  [[nodiscard]] const MathNode& root() const { return root_; }
  [[nodiscard]] const sim::SourceMark& mark() const { return mark_; }
  /// Of other queries that it names, each once, in the order of their first mention.
  [[nodiscard]] std::vector<std::string> ids() const;
  [[nodiscard]] bool calls(std::string_view function) const;

 private:
  MathExpression(MathNode root, sim::SourceMark mark)
      : root_(std::move(root)), mark_(std::move(mark)) {}

  MathNode root_;
  sim::SourceMark mark_;
};

/// Every documented function.
[[nodiscard]] std::vector<std::string> math_function_names();

}  // namespace hoplab::models::cloudwatch
