#include <algorithm>
#include <array>
#include <cmath>

#include "report/insights/functions.hpp"

namespace hoplab::report::insights {
namespace {

using Arguments = std::span<const Value>;

/// A function of one number; missing for what is none, and where the result is no number.
template <double (*function)(double)>
Value of_number(Arguments arguments, Arena& /*arena*/) {
  const auto number = number_of(arguments[0]);
  if (!number) return {};
  const double result = function(*number);
  return std::isfinite(result) ? number_value(result) : Value();
}

double absolute(double x) { return std::fabs(x); }
double up(double x) { return std::ceil(x); }
double down(double x) { return std::floor(x); }
double root(double x) { return std::sqrt(x); }
double natural_log(double x) { return std::log(x); }

/// The largest, or smallest, of the arguments that are numbers.
template <bool is_largest>
Value extreme(Arguments arguments, Arena& /*arena*/) {
  Value best;
  double best_number = 0;
  for (const Value& argument : arguments) {
    const auto number = number_of(argument);
    if (!number) continue;
    const bool is_better = is_largest ? *number > best_number : *number < best_number;
    if (!best.is_missing() && !is_better) continue;
    best = argument;
    best_number = *number;
  }
  return best;
}

constexpr std::array<Function, 7> table = {{
    {"abs", 1, 1, of_number<absolute>},
    {"ceil", 1, 1, of_number<up>},
    {"floor", 1, 1, of_number<down>},
    {"greatest", 1, 64, extreme<true>},
    {"least", 1, 64, extreme<false>},
    {"log", 1, 1, of_number<natural_log>},
    {"sqrt", 1, 1, of_number<root>},
}};

}  // namespace

std::span<const Function> number_functions() { return table; }

}  // namespace hoplab::report::insights
