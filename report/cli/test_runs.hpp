// Runs the scenarios of a suite, each seed in a process of its own, several at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "report/cli/child_processes.hpp"
#include "report/suite/suite_report.hpp"

namespace hoplab::report::cli {

/// The files of a plan, run and judged. What it finds does not depend on the number of jobs: under
/// --fail-fast too, the first failure in the order of files and seeds is the last thing told.
class TestRuns {
 public:
  struct Settings {
    std::size_t jobs = 1;
    bool fail_fast = false;
    std::vector<std::string> run_options;  ///< Handed on to each `hoplab run`.
    std::string recordings;                ///< A folder for them; "" for none.
    bool shows_progress = false;
  };
  /// Called with each file as soon as it and all before it are done.
  using OnFile = std::function<void(const suite::FileReport&)>;

  TestRuns(std::vector<suite::FileReport> plan, Settings settings, OnFile on_file);

  /// Runs everything, or until a signal is noted: then every file still has a report.
  [[nodiscard]] std::vector<suite::FileReport> run();

 private:
  struct Run {
    std::size_t file = 0;
    suite::Seed seed = 0;
    bool is_done = false;
    std::vector<expectations::Result> results;
    std::optional<suite::Trouble> trouble;
  };

  void plan_runs();
  void stop_behind(std::size_t file, std::size_t run);
  void start_more();
  void take(ChildProcesses::Ended ended);
  [[nodiscard]] bool is_settled(std::size_t file) const;
  void tell_settled_files();
  void fold(std::size_t file);
  void interrupt(int signal);
  void show_progress();
  void clear_progress();
  [[nodiscard]] std::vector<std::string> arguments_of(const Run& run) const;

  std::vector<suite::FileReport> files_;
  Settings settings_;
  OnFile on_file_;
  std::vector<Run> runs_;                     ///< By file and seed; a run's place is its ticket.
  std::vector<std::size_t> first_run_;        ///< Of each file, and one more: the number of runs.
  std::vector<std::string> recording_names_;  ///< Of each file, without the seed.
  std::size_t next_run_ = 0;
  std::size_t runs_end_ = 0;   ///< A failure under --fail-fast: no run from here on counts,
  std::size_t files_end_ = 0;  ///< and no file.
  std::size_t told_ = 0;
  std::string progress_;  ///< What stands on the terminal now.
  ChildProcesses children_;
};

}  // namespace hoplab::report::cli
