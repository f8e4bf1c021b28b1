// What became of many scenarios, each run once or with several seeds: the content of everything
// that `hoplab test` prints and writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/expectations/evaluate.hpp"
#include "sim/diagnostic.hpp"
#include "sim/units.hpp"

namespace hoplab::report::suite {

using Seed = std::uint64_t;

/// Ordered from good to bad; of several the worst is told.
enum class Verdict {
  passed,
  skipped,          ///< Not run, after a failure under --fail-fast.
  failed,           ///< An expectation did not hold.
  no_expectations,  ///< None, or none that can be judged: a test that cannot fail is none.
  limit_hit,
  bad_scenario,
  file_trouble,
  crashed,      ///< The run ended in a way that no scenario may cause.
  interrupted,  ///< A signal stopped hoplab before the run had ended.
};

/// "passed", "limit-hit": for programs.
[[nodiscard]] const char* to_string(Verdict verdict);
/// A run that gave no results, as opposed to one whose results are not as expected.
[[nodiscard]] bool is_error(Verdict verdict);

/// One expectation over all seeds.
struct Case {
  std::string name;  ///< Unique in its file: repeated names are numbered.
  int line = 0;
  int column = 0;
  std::size_t runs = 0;  ///< Seeds for which it was judged.
  std::vector<Seed> failed;
  std::optional<expectations::Result> shown;  ///< Of the first seed that failed, else of the first.
  std::string skipped;                        ///< Why no seed judged it, if that is by intent.

  [[nodiscard]] bool failed_once() const { return !failed.empty(); }
  [[nodiscard]] bool held() const { return runs > 0 && failed.empty(); }
};

/// A run without results.
struct Trouble {
  Verdict verdict = Verdict::crashed;
  std::optional<Seed> seed;  ///< Absent where it never came to a run.
  std::string message;       ///< One line.
  std::string output;        ///< What the run said on stderr.
};

struct FileReport {
  std::string file;  ///< As found from the command line.
  std::string name;  ///< The scenario's, the file's where there is none.
  Verdict verdict = Verdict::passed;
  std::vector<Seed> seeds;
  sim::Duration simulated{};  ///< The scenario's duration.
  std::chrono::nanoseconds wall{};
  std::vector<Case> cases;
  std::vector<sim::Diagnostic> diagnostics;  ///< Errors and warnings of the scenario, by place.
  std::vector<Trouble> troubles;             ///< In the order of the seeds.
};

struct SuiteReport {
  std::string version;
  std::vector<FileReport> files;  ///< By path.
  std::chrono::system_clock::time_point started;
  std::chrono::nanoseconds wall{};
};

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;  ///< Files without expectations included.
  std::size_t errors = 0;
  std::size_t skipped = 0;
  std::size_t cases = 0;
  std::size_t cases_held = 0;
};
[[nodiscard]] Totals totals_of(const SuiteReport& report);

/// "a.http_req_failed: expected rate<0.001, measured 0.0042 (5 of 1200)".
[[nodiscard]] std::string check_text(const expectations::Check& check);
/// "4, 7, 9", the first ten of them, "and 12 more" behind.
[[nodiscard]] std::string seed_list(const std::vector<Seed>& seeds);
/// Why the case failed, in one line: the checks that did not hold, and the seeds if several ran.
[[nodiscard]] std::string failure_line(const Case& item);
/// The command that shows the failure again.
[[nodiscard]] std::string replay_of(const FileReport& file, const Case& item);

}  // namespace hoplab::report::suite
