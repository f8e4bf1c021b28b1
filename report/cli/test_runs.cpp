#include "report/cli/test_runs.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "report/cli/exit_code.hpp"
#include "report/cli/watch.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/path_names.hpp"

namespace hoplab::report::cli {
namespace {

using std::chrono::milliseconds;
using suite::FileReport;
using suite::Trouble;
using suite::Verdict;

std::string without_line_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// What `hoplab run` complained of, if that was one line of its own.
Trouble told_by_the_run(Verdict verdict, suite::Seed seed, const std::string& err) {
  const std::string text = without_line_end(err);
  const std::string prefix = "hoplab: ";
  if (text.starts_with(prefix) && text.find('\n') == std::string::npos) {
    return {verdict, seed, text.substr(prefix.size()), ""};
  }
  return {verdict, seed, suite::to_string(verdict), err};
}

Trouble trouble_of(int status, suite::Seed seed, const std::string& err) {
  if (WIFSIGNALED(status)) {
    return {Verdict::crashed, seed, fmt::format("killed by signal {}", WTERMSIG(status)), err};
  }
  const int exit_code = WEXITSTATUS(status);
  if (exit_code == exit_bad_input) return told_by_the_run(Verdict::bad_scenario, seed, err);
  if (exit_code == exit_file_trouble) return told_by_the_run(Verdict::file_trouble, seed, err);
  if (exit_code == exit_limit_hit) return told_by_the_run(Verdict::limit_hit, seed, err);
  return {Verdict::crashed, seed, fmt::format("ended with exit code {}", exit_code), err};
}

/// Names for recordings: the scenario's, numbered where several files share it.
std::vector<std::string> recording_names(const std::vector<FileReport>& files) {
  std::map<std::string, int> uses;
  std::vector<std::string> names;
  for (const auto& file : files) {
    const int use = ++uses[file.name];
    names.push_back(recording::escaped_name(file.name));
    if (use > 1) names.back() += fmt::format("~{}", use);
  }
  return names;
}

void add_result(suite::Case& item, suite::Seed seed, const expectations::Result& result) {
  item.skipped = result.skipped;
  if (!result.skipped.empty()) return;
  ++item.runs;
  if (!item.shown || (!result.held && !item.failed_once())) item.shown = result;
  if (!result.held) item.failed.push_back(seed);
}

/// From what the runs gave. A file none of whose expectations was judged says so.
void settle_verdict(FileReport& file) {
  bool is_judged = false;
  for (const auto& item : file.cases) {
    is_judged = is_judged || item.runs > 0;
    if (item.failed_once()) file.verdict = std::max(file.verdict, Verdict::failed);
  }
  if (!is_judged && file.troubles.empty()) {
    file.troubles.push_back({Verdict::no_expectations, std::nullopt,
                             "no expectation that can be judged: it could not fail", ""});
  }
  for (const auto& trouble : file.troubles) {
    file.verdict = std::max(file.verdict, trouble.verdict);
  }
}

}  // namespace

TestRuns::TestRuns(std::vector<FileReport> plan, Settings settings, OnFile on_file)
    : files_(std::move(plan)),
      settings_(std::move(settings)),
      on_file_(std::move(on_file)),
      recording_names_(recording_names(files_)) {
  plan_runs();
}

void TestRuns::plan_runs() {
  for (std::size_t file = 0; file < files_.size(); ++file) {
    first_run_.push_back(runs_.size());
    for (const suite::Seed seed : files_[file].seeds) {
      runs_.push_back({file, seed, false, {}, std::nullopt});
    }
  }
  first_run_.push_back(runs_.size());
  files_end_ = files_.size();
  runs_end_ = runs_.size();
  const auto bad = std::find_if(files_.begin(), files_.end(), [](const FileReport& file) {
    return file.verdict != Verdict::passed;
  });
  if (!settings_.fail_fast || bad == files_.end()) return;
  const auto file = static_cast<std::size_t>(bad - files_.begin());
  stop_behind(file, first_run_[file]);
}

/// Nothing behind `file`, and none of the runs from `run` on, will be told.
void TestRuns::stop_behind(std::size_t file, std::size_t run) {
  for (std::size_t ticket = run; ticket < next_run_; ++ticket) children_.send(ticket, SIGTERM);
  runs_end_ = std::min(runs_end_, run);
  files_end_ = std::min(files_end_, file + 1);
}

std::vector<std::string> TestRuns::arguments_of(const Run& run) const {
  std::vector<std::string> arguments = {"run", files_[run.file].file, "--json", "--seed",
                                        fmt::format("{}", run.seed)};
  if (settings_.recordings.empty()) {
    arguments.emplace_back("--no-recording");
  } else {
    const std::string name = fmt::format("{}-{}", recording_names_[run.file], run.seed);
    arguments.emplace_back("-o");
    arguments.push_back((std::filesystem::path(settings_.recordings) / name).string());
  }
  arguments.insert(arguments.end(), settings_.run_options.begin(), settings_.run_options.end());
  return arguments;
}

void TestRuns::start_more() {
  while (next_run_ < runs_end_ && children_.running() < settings_.jobs) {
    children_.start(next_run_, arguments_of(runs_[next_run_]));
    ++next_run_;
  }
}

void TestRuns::take(ChildProcesses::Ended ended) {
  Run& run = runs_[ended.ticket];
  run.is_done = true;
  FileReport& file = files_[run.file];
  file.wall += ended.wall;
  const bool has_result = WIFEXITED(ended.status) && WEXITSTATUS(ended.status) <= 1;
  if (has_result) {
    try {
      run.results = expectations::results_from_run(ended.out);
    } catch (const recording::BadRecording& error) {
      ended.err += std::string(error.what()) + "\n";
    }
  }
  if (run.results.size() != file.cases.size()) {
    run.trouble = has_result ? Trouble{Verdict::crashed, run.seed, "gave no result", ended.err}
                             : trouble_of(ended.status, run.seed, ended.err);
  }
  const bool is_good = !run.trouble && expectations::all_held(run.results);
  if (settings_.fail_fast && !is_good) stop_behind(run.file, ended.ticket + 1);
}

bool TestRuns::is_settled(std::size_t file) const {
  if (file >= files_end_) return true;
  const auto end = std::min(first_run_[file + 1], runs_end_);
  for (std::size_t run = first_run_[file]; run < end; ++run) {
    if (!runs_[run].is_done) return false;
  }
  return true;
}

/// From the runs of a file to its report, by seed.
void TestRuns::fold(std::size_t index) {
  FileReport& file = files_[index];
  if (index >= files_end_) {
    file.troubles.clear();
    file.diagnostics.clear();
    file.verdict = Verdict::skipped;
    return;
  }
  const std::size_t first = first_run_[index];
  const std::size_t end = std::max(first, std::min(first_run_[index + 1], runs_end_));
  file.seeds.resize(end - first);
  for (std::size_t at = first; at < end; ++at) {
    Run& run = runs_[at];
    if (!run.is_done) {
      file.verdict = Verdict::interrupted;
      file.troubles.push_back({file.verdict, run.seed, "interrupted", ""});
      return;
    }
    for (std::size_t i = 0; i < run.results.size() && !run.trouble; ++i) {
      add_result(file.cases[i], run.seed, run.results[i]);
    }
    if (run.trouble) file.troubles.push_back(*std::move(run.trouble));
  }
  settle_verdict(file);
}

void TestRuns::tell_settled_files() {
  while (told_ < files_.size() && is_settled(told_)) {
    fold(told_);
    clear_progress();
    on_file_(files_[told_]);
    ++told_;
  }
}

/// Gives the children time to leave what they wrote in order.
void TestRuns::interrupt(int signal) {
  constexpr auto patience = std::chrono::seconds(5);
  children_.send_all(signal);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (children_.running() > 0 && std::chrono::steady_clock::now() < deadline) {
    for (auto& ended : children_.wait(milliseconds(50))) {
      if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) < exit_signal_base) {
        take(std::move(ended));
      }
    }
  }
  children_.send_all(SIGKILL);
}

void TestRuns::show_progress() {
  if (!settings_.shows_progress) return;
  const auto is_done = [](const Run& run) { return run.is_done; };
  const auto done = std::count_if(runs_.begin(), runs_.end(), is_done);
  const auto open = std::find_if_not(runs_.begin(), runs_.end(), is_done);
  if (open == runs_.end()) return;
  const std::string line =
      fmt::format("[{}/{}] {}, seed {}", done, runs_.size(), files_[open->file].file, open->seed);
  if (line == progress_) return;
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  progress_ = line;
}

void TestRuns::clear_progress() {
  if (!progress_.empty()) std::fputs("\r\x1b[K", stderr);
  progress_.clear();
}

std::vector<FileReport> TestRuns::run() {
  note_signals();
  tell_settled_files();
  while (told_ < files_.size() && noted_signal() == 0) {
    start_more();
    show_progress();
    for (auto& ended : children_.wait(milliseconds(100))) {
      if (noted_signal() == 0) take(std::move(ended));
    }
    tell_settled_files();
  }
  if (noted_signal() != 0) {
    interrupt(noted_signal());
    for (; told_ < files_.size(); ++told_) {
      fold(told_);
      on_file_(files_[told_]);
    }
  }
  clear_progress();
  return std::move(files_);
}

}  // namespace hoplab::report::cli
