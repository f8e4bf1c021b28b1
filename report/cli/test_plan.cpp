#include "report/cli/test_plan.hpp"
#include "report/cli/scenario_file.hpp"

#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "report/writers/terminal.hpp"
#include "scenarios/schema/load.hpp"

namespace hoplab::report::cli {
namespace fs = std::filesystem;
namespace {

using suite::FileReport;
using suite::Verdict;

bool is_scenario_name(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

void add_folder(const fs::path& folder, std::vector<std::string>& files) {
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::recursive_directory_iterator();
       ++it) {
    if (it->path().filename().string().starts_with('.')) {
      if (it->is_directory()) it.disable_recursion_pending();
    } else if (is_scenario_name(it->path()) && it->is_regular_file()) {
      files.push_back(it->path().lexically_normal().string());
    }
  }
}

void add_path(const std::string& path, std::vector<std::string>& files) {
  const std::size_t before = files.size();
  if (fs::is_directory(path)) add_folder(path, files);
  // What leads nowhere, an empty folder too, must not pass for tested.
  if (files.size() == before) files.push_back(fs::path(path).lexically_normal().string());
}

/// What a glob matches, by name; empty when nothing.
std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

void add_trouble(FileReport& report, Verdict verdict, std::string message) {
  report.verdict = verdict;
  report.troubles.push_back({verdict, std::nullopt, std::move(message), ""});
}

/// Names of testcases are what a history of runs hangs on: each stands for one expectation.
void add_cases(const scenarios::Scenario& scenario, FileReport& report) {
  std::map<std::string, int> uses;
  for (const auto& expectation : scenario.expectations) {
    const int use = ++uses[expectation.name];
    suite::Case item;
    item.name = use == 1 ? expectation.name : fmt::format("{} ({})", expectation.name, use);
    item.line = expectation.mark.line;
    item.column = expectation.mark.column;
    report.cases.push_back(std::move(item));
  }
}

std::vector<suite::Seed> seeds_of(const scenarios::Scenario& scenario, const TestOptions& options) {
  if (options.seed) return {*options.seed};
  if (!options.seeds) return {scenario.seed};
  std::vector<suite::Seed> seeds;
  for (suite::Seed seed = options.seeds->first;; ++seed) {
    seeds.push_back(seed);
    if (seed == options.seeds->last) return seeds;
  }
}

void read_scenario(const TestOptions& options, sim::Diagnostics& diagnostics, FileReport& report) {
  const auto scenario = read_scenario_file(report.file, diagnostics);
  if (!scenario) {
    const auto errors = static_cast<std::uint64_t>(diagnostics.errors());
    add_trouble(report, Verdict::bad_scenario,
                "bad scenario, " + writers::counted(errors, "error"));
    return;
  }
  report.name = scenario->name;
  report.simulated = scenario->duration;
  if (scenario->expectations.empty()) {
    add_trouble(report, Verdict::no_expectations, "no expectations: it could not fail");
    return;
  }
  report.seeds = seeds_of(*scenario, options);
  add_cases(*scenario, report);
}

}  // namespace

std::vector<std::string> find_scenarios(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const auto& path : paths) {
    const bool is_glob =
        path.find_first_of("*?[") != std::string::npos && !fs::exists(fs::symlink_status(path));
    const auto matches = is_glob ? matches_of(path) : std::vector<std::string>{};
    for (const auto& match : matches) add_path(match, files);
    if (matches.empty()) add_path(path, files);
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

bool is_selected(const std::string& file, const std::string& glob) {
  const fs::path path(file);
  const auto fits = [&glob](const std::string& text) {
    return ::fnmatch(glob.c_str(), text.c_str(), 0) == 0;
  };
  return fits(file) || fits(path.filename().string()) || fits(path.stem().string());
}

FileReport plan_file(const std::string& file, const TestOptions& options) {
  FileReport report;
  report.file = file;
  report.name = fs::path(file).stem().string();
  if (fs::is_directory(file)) {
    add_trouble(report, Verdict::file_trouble, "neither *.yaml nor *.yml in this folder");
    return report;
  }
  sim::Diagnostics diagnostics;
  try {
    read_scenario(options, diagnostics, report);
  } catch (const scenarios::FileError& error) {
    add_trouble(report, Verdict::file_trouble, error.what());
  }
  for (auto& it : diagnostics.sorted()) {
    if (it.severity != sim::Severity::note) report.diagnostics.push_back(std::move(it));
  }
  return report;
}

}  // namespace hoplab::report::cli
