#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/test_plan.hpp"
#include "report/cli/test_runs.hpp"
#include "report/cli/version.hpp"
#include "report/cli/watch.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/output_files.hpp"
#include "report/suite/writers.hpp"

namespace hoplab::report::cli {
namespace fs = std::filesystem;
namespace {

using suite::FileReport;
using suite::SuiteReport;
using suite::Verdict;

int exit_code_of(Verdict verdict, const TestOptions& options) {
  switch (verdict) {
    case Verdict::passed:
    case Verdict::skipped:
      return exit_all_held;
    case Verdict::failed:
    case Verdict::no_expectations:
      return options.no_fail ? exit_all_held : exit_expectation_failed;
    case Verdict::limit_hit:
      return exit_limit_hit;
    case Verdict::bad_scenario:
      return exit_bad_input;
    case Verdict::file_trouble:
      return exit_file_trouble;
    case Verdict::crashed:
      return exit_internal_error;
    case Verdict::interrupted:
      return exit_signal_base + noted_signal();
  }
  return exit_internal_error;
}

int exit_code_of(const SuiteReport& report, const TestOptions& options) {
  if (noted_signal() != 0) return exit_signal_base + noted_signal();
  Verdict worst = Verdict::passed;
  for (const auto& file : report.files) worst = std::max(worst, file.verdict);
  return exit_code_of(worst, options);
}

bool is_in_github_actions() {
  const char* const value = std::getenv("GITHUB_ACTIONS");
  return value != nullptr && std::string_view(value) == "true";
}

/// What goes to the terminal, in the form that was asked for.
class Printer {
 public:
  Printer(const TestOptions& options, std::size_t column)
      : options_(options),
        is_for_github_(
            options.annotations == TestOptions::Annotations::github ||
            (options.annotations == TestOptions::Annotations::automatic && is_in_github_actions())),
        ink_(!is_for_github_ && stdout_wants_colour()),
        column_(column) {}

  void file(const FileReport& report) const {
    if (options_.json) return;
    const std::string line = suite::file_line(report, ink_, column_);
    if (is_for_github_) {
      print(suite::github_group(line.substr(0, line.size() - 1)) +
            suite::file_details(report, ink_) + suite::github_end_group());
    } else {
      print(line);
    }
  }

  void whole(const SuiteReport& report, int exit_code) const {
    const std::string annotations = is_for_github_ ? suite::github_annotations(report) : "";
    if (options_.json) {
      // GitHub reads both streams, but stdout is one JSON document.
      print_error(annotations);
      print(suite::test_document(report, exit_code));
    } else {
      print(suite::failures_text(report, ink_) + annotations + "\n" + suite::summary_line(report));
    }
  }

  void page(const SuiteReport& report) const {
    if (!is_for_github_) return;
    constexpr std::size_t bytes_max =
        std::size_t{900} * 1024;  // GitHub drops a page of more than 1024 KiB.
    const char* const path = std::getenv("GITHUB_STEP_SUMMARY");
    if (path == nullptr || path[0] == '\0') return;
    std::error_code none;
    const auto size = fs::exists(path, none) ? fs::file_size(path, none) : 0;
    const std::size_t room = size < bytes_max ? bytes_max - static_cast<std::size_t>(size) : 0;
    std::ofstream file(path, std::ios::binary | std::ios::app);
    file << suite::step_summary(report, room) << std::flush;
    if (!file) recording::fail_with_errno("write", path, errno);
  }

 private:
  const TestOptions& options_;
  bool is_for_github_;
  writers::Ink ink_;
  std::size_t column_;
};

/// A reader finds the old file or the whole new one.
void write_whole(const std::string& path, const std::string& text) {
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent);
  const std::string unfinished = path + ".partial";
  recording::write_durably(unfinished, text);
  fs::rename(unfinished, path);
}

void print_warnings(const FileReport& file) {
  if (!file.troubles.empty()) return;  // Then all of its diagnostics are told at the end.
  for (const auto& it : file.diagnostics) {
    print_error(sim::to_string(it) + "\n");
  }
}

TestRuns::Settings settings_of(const TestOptions& options) {
  TestRuns::Settings settings;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  settings.jobs = options.jobs ? static_cast<std::size_t>(*options.jobs) : cores;
  settings.fail_fast = options.fail_fast;
  settings.recordings = options.recordings;
  settings.shows_progress = stderr_is_terminal();
  if (options.wall_max) settings.run_options = {"--max-wall", sim::format(*options.wall_max)};
  return settings;
}

int run_suite(const std::vector<std::string>& files, const TestOptions& options) {
  SuiteReport report;
  report.version = version();
  report.started = std::chrono::system_clock::now();
  const auto start = std::chrono::steady_clock::now();
  std::size_t column = 0;
  for (const auto& file : files) {
    report.files.push_back(plan_file(file, options));
    column = std::max(column, writers::display_width(file));
    if (!options.json) print_warnings(report.files.back());
  }
  const Printer printer(options, column);
  TestRuns runs(std::move(report.files), settings_of(options),
                [&printer](const FileReport& file) { printer.file(file); });
  report.files = runs.run();
  report.wall = std::chrono::steady_clock::now() - start;
  const int exit_code = exit_code_of(report, options);
  printer.whole(report, exit_code);
  if (!options.junit.empty()) write_whole(options.junit, suite::junit_document(report));
  printer.page(report);
  return exit_code;
}

}  // namespace

int test_command(const TestOptions& options) {
  std::vector<std::string> files = find_scenarios(options.paths);
  if (!options.filter.empty()) {
    files.erase(
        std::remove_if(files.begin(), files.end(),
                       [&](const std::string& file) { return !is_selected(file, options.filter); }),
        files.end());
    if (files.empty()) {
      complain("no scenario fits --filter " + options.filter);
      return exit_file_trouble;
    }
  }
  if (!options.list) return run_suite(files, options);
  for (const auto& file : files) print(file + "\n");
  return exit_all_held;
}

}  // namespace hoplab::report::cli
