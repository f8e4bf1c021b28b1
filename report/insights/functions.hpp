// The functions of the query language that are made of values alone.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/value.hpp"

namespace hoplab::report::insights {

struct Function {
  std::string_view name;  ///< In lower case.
  std::size_t arguments_min;
  std::size_t arguments_max;
  Value (*call)(std::span<const Value> arguments, Arena& arena);
};

/// Nothing for a name that is no function. `name` in lower case.
[[nodiscard]] const Function* find_function(std::string_view name);
/// The names of all functions, those that compile() knows itself and aggregates included.
[[nodiscard]] std::vector<std::string> function_names();

// The parts of the table.
[[nodiscard]] std::span<const Function> number_functions();
[[nodiscard]] std::span<const Function> text_functions();
[[nodiscard]] std::span<const Function> other_functions();  ///< General, JSON, IP, time.

}  // namespace hoplab::report::insights
