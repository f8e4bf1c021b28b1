// The house rules as functions from files to violations, so that each can be shown to bite.
#pragma once

#include <string>
#include <vector>

#include "tests/house/source_text.hpp"

namespace hoplab::house {

constexpr int function_lines_max = 60;
constexpr int file_lines_max = 600;
constexpr int line_columns_max = 100;

/// One breach: "sim/engine.cpp:12: includes models/world.hpp".
using Violations = std::vector<std::string>;

/// `sim <- scenarios <- models <- report`: a floor includes only floors to its left; inside
/// models/ the order of its parts holds; only report/cli knows the world and main. Project headers
/// are named from the root.
[[nodiscard]] Violations upward_includes(const std::vector<SourceFile>& files);

/// SimGrid, yaml-cpp, CLI11, pugixml and nlohmann/json stay where the floor plan puts them.
[[nodiscard]] Violations stray_third_parties(const std::vector<SourceFile>& files);

/// Functions, files and lines that are longer than the limits above (columns in characters).
[[nodiscard]] Violations oversizes(const std::vector<SourceFile>& files);

/// Tabs, blanks at line ends, open-end notes, `using namespace std`, a header without
/// `#pragma once`, `catch (...)` outside of report/cli/main.cpp and tests.
[[nodiscard]] Violations untidy_text(const std::vector<SourceFile>& files);

/// What would make two runs of one seed differ: the standard random numbers, libm's transcendental
/// functions and real clocks in sim/, scenarios/ and models/.
[[nodiscard]] Violations undetermined(const std::vector<SourceFile>& files);

}  // namespace hoplab::house
