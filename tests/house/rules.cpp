#include "tests/house/rules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string_view>

namespace hoplab::house {
namespace {

std::string at_line(const SourceFile& file, int line, const std::string& what) {
  return file.path + ':' + std::to_string(line) + ": " + what;
}

std::string first_part(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

// --- The floor plan ----------------------------------------------------------------------------

constexpr std::array<std::string_view, 4> floors = {"sim", "scenarios", "models", "report"};

// The parts of models/, lowest first. A part may include itself and parts of lower rank. A new
// folder of models/ takes its place here; a file that stands in no folder (slab.hpp) is below all,
// but for the world and the tasks that it wires together.
const std::map<std::string, int, std::less<>> ranks_of_models = {
    {"telemetry", 1}, {"http", 2},    {"vpc", 3},           {"cloudwatch", 3},
    {"ec2", 4},       {"app", 5},     {"envoy", 5},         {"cloudmap", 6},
    {"ecs", 7},       {"mesh", 7},    {"appmesh", 8},       {"serviceconnect", 8},
    {"workload", 9},  {"faults", 10}, {"task_runtime", 11}, {"world", 12},
};

std::optional<int> rank_of_floor(std::string_view name) {
  const auto at = std::find(floors.begin(), floors.end(), name);
  if (at == floors.end()) return std::nullopt;
  return static_cast<int>(at - floors.begin());
}

// "models/vpc/cidr.hpp" and "models/vpc.hpp" both belong to the part "vpc".
std::string part_of(std::string_view path) {
  path.remove_prefix(path.find('/') + 1);
  return std::string(path.substr(0, path.find_first_of("/.")));
}

std::optional<int> rank_of_part(std::string_view path) {
  const auto found = ranks_of_models.find(part_of(path));
  if (found != ranks_of_models.end()) return found->second;
  const bool has_folder = std::count(path.begin(), path.end(), '/') > 1;
  return has_folder ? std::nullopt : std::optional(0);
}

// Empty where the include is fine.
std::string wrong_within_models(const std::string& from, const std::string& header) {
  for (const auto& path : {from, header}) {
    if (!rank_of_part(path)) return "models/" + part_of(path) + " has no place in the order";
  }
  const bool is_fine =
      part_of(from) == part_of(header) || *rank_of_part(header) < *rank_of_part(from);
  return is_fine ? "" : "includes " + header + ", which stands no lower in models/";
}

std::string wrong_within_project(const std::string& from, const std::string& header) {
  const std::string own = first_part(from);
  const std::string other = first_part(header);
  const auto own_rank = rank_of_floor(own);
  if (!own_rank) return "";  // tests and examples see everything.
  const auto rank = rank_of_floor(other);
  if (!rank || *rank > *own_rank) return "includes " + header + ", which stands above " + own;
  if (own == "models" && other == "models") return wrong_within_models(from, header);
  const bool is_cli = from.starts_with("report/cli/");
  if (header.starts_with("report/cli/") && !is_cli)
    return "includes " + header + ": cli is the roof";
  if (own == "report" && header == "models/world.hpp" && !is_cli) {
    return "includes models/world.hpp: only report/cli starts a world";
  }
  return "";
}

// --- Third parties -----------------------------------------------------------------------------

struct Confinement {
  std::string_view prefix;
  std::set<std::string, std::less<>> homes;  ///< Files; a folder ends in a slash.
  std::size_t files_max;                     ///< In all.
  bool cpp_only;
};

const std::vector<Confinement>& confinements() {
  constexpr std::size_t any = ~std::size_t{0};
  static const std::vector<Confinement> all = {
      {"simgrid/", {"sim/"}, 2, true},
      {"xbt/", {"sim/"}, 2, true},
      {"yaml-cpp/", {"scenarios/"}, 1, true},
      {"re2/", {"scenarios/", "report/insights/"}, 2, true},
      {"CLI/", {"report/cli/"}, any, true},
      {"boost/asio", {"report/live/"}, 2, true},
      {"boost/beast", {"report/live/"}, 1, true},
      {"pugixml", {"report/suite/"}, 1, true},
      {"nlohmann/", {"scenarios/", "models/", "report/"}, any, true},
  };
  return all;
}

bool is_home(const Confinement& rule, const std::string& path) {
  if (rule.cpp_only && !path.ends_with(".cpp")) return false;
  return std::any_of(rule.homes.begin(), rule.homes.end(),
                     [&](const std::string& home) { return path.starts_with(home); });
}

// --- Text --------------------------------------------------------------------------------------

int columns_of(std::string_view line) {
  return static_cast<int>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // Not a UTF-8 continuation.
  }));
}

// Searched in the text as it stands: comments may not hold them either.
std::string wrong_line(std::string_view line) {
  static const std::regex note(
      "\\b(TO"
      "DO|FIX"
      "ME|X"
      "XX)\\b");
  if (line.find('\t') != std::string_view::npos) return "a tab";
  if (line.ends_with(' ') || line.ends_with('\r')) return "blank at the end of the line";
  if (std::regex_search(line.begin(), line.end(), note)) return "a note about unfinished work";
  return "";
}

bool may_catch_everything(const std::string& path) {
  return path == "report/cli/main.cpp" || path.starts_with("tests/");
}

// Searched in the text without comments and literals.
std::string wrong_code(std::string_view line, const std::string& path) {
  static const std::regex whole_std(R"(\busing\s+namespace\s+std\s*;)");
  static const std::regex catch_all(R"(\bcatch\s*\(\s*\.\.\.\s*\))");
  if (std::regex_search(line.begin(), line.end(), whole_std)) return "using namespace std";
  if (!may_catch_everything(path) && std::regex_search(line.begin(), line.end(), catch_all)) {
    return "catch (...)";
  }
  return "";
}

void look_at_text(const SourceFile& file, Violations& found) {
  const std::string code = without_comments_and_literals(file.text);
  const auto lines = lines_of(file.text);
  const auto code_lines = lines_of(code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    if (auto what = wrong_line(lines[i]); !what.empty())
      found.push_back(at_line(file, number, what));
    if (auto what = wrong_code(code_lines[i], file.path); !what.empty()) {
      found.push_back(at_line(file, number, what));
    }
  }
  if (file.path.ends_with(".hpp") && code.find("#pragma once") == std::string::npos) {
    found.push_back(at_line(file, 1, "no #pragma once"));
  }
}

}  // namespace

Violations upward_includes(const std::vector<SourceFile>& files) {
  static const std::set<std::string, std::less<>> roots = {"sim",    "scenarios", "models",
                                                           "report", "tests",     "examples"};
  Violations found;
  for (const auto& file : files) {
    for (const auto& include : includes_of(file.text)) {
      if (!roots.contains(first_part(include.header))) {
        if (include.header.starts_with('.')) {
          found.push_back(at_line(file, include.line, "names a header from below the root"));
        }
        continue;
      }
      const auto what = wrong_within_project(file.path, include.header);
      if (!what.empty()) found.push_back(at_line(file, include.line, what));
    }
  }
  return found;
}

Violations stray_third_parties(const std::vector<SourceFile>& files) {
  Violations found;
  for (const auto& rule : confinements()) {
    std::set<std::string> knowing;
    for (const auto& file : files) {
      if (!rank_of_floor(first_part(file.path))) continue;
      for (const auto& include : includes_of(file.text)) {
        if (!include.header.starts_with(rule.prefix)) continue;
        if (include.header == "nlohmann/json_fwd.hpp") continue;
        knowing.insert(file.path);
        if (!is_home(rule, file.path)) {
          found.push_back(at_line(file, include.line, "may not know " + include.header));
        }
      }
    }
    if (knowing.size() > rule.files_max) {
      found.push_back(std::string(rule.prefix) + " is known to " + std::to_string(knowing.size()) +
                      " files, not " + std::to_string(rule.files_max));
    }
  }
  return found;
}

Violations oversizes(const std::vector<SourceFile>& files) {
  Violations found;
  for (const auto& file : files) {
    const auto lines = lines_of(file.text);
    if (lines.size() > file_lines_max) {
      found.push_back(at_line(file, 1, "a file of " + std::to_string(lines.size()) + " lines"));
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const int columns = columns_of(lines[i]);
      if (columns <= line_columns_max) continue;
      found.push_back(at_line(file, static_cast<int>(i) + 1,
                              "a line of " + std::to_string(columns) + " columns"));
    }
    for (const auto& function : functions_of(file.text)) {
      if (function.lines() <= function_lines_max) continue;
      found.push_back(at_line(file, function.first_line,
                              std::to_string(function.lines()) + " lines: " + function.heading));
    }
  }
  return found;
}

Violations untidy_text(const std::vector<SourceFile>& files) {
  Violations found;
  for (const auto& file : files) look_at_text(file, found);
  return found;
}

Violations undetermined(const std::vector<SourceFile>& files) {
  static const std::regex banned(
      R"(\bstd::(log|log2|log10|log1p|exp|exp2|expm1|pow|sin|cos|tan|tgamma|lgamma)\s*\()"
      R"(|\bstd::(mt19937|mt19937_64|random_device|rand|default_random_engine)\b)"
      R"(|\b(system_clock|steady_clock|high_resolution_clock)\b|\b(gettimeofday|clock_gettime)\b)");
  Violations found;
  for (const auto& file : files) {
    if (rank_of_floor(first_part(file.path)).value_or(3) >= 3) continue;  // report may look.
    const std::string code = without_comments_and_literals(file.text);
    const auto lines = lines_of(code);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::match_results<std::string_view::const_iterator> match;
      if (!std::regex_search(lines[i].begin(), lines[i].end(), match, banned)) continue;
      found.push_back(at_line(file, static_cast<int>(i) + 1, match[0].str()));
    }
  }
  return found;
}

}  // namespace hoplab::house
