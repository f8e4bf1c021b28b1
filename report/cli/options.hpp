// The command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "sim/units.hpp"

namespace hoplab::report::cli {

struct RunOptions {
  std::string file;
  std::string output;                 ///< -o; "" for recordings/<name>-<seed>.
  std::optional<std::uint64_t> seed;  ///< Absent: the scenario's.
  bool json = false;
  bool no_recording = false;
  std::optional<sim::Duration> wall_max;
  std::optional<std::uint64_t> events_max;
  std::optional<sim::Bytes> memory_max;
};
struct ReportOptions {
  std::string recording;
  bool json = false;
};
struct ValidateOptions {
  std::string file;
  bool verbose = false;
};
struct FaultsOptions {
  bool json = false;
};
/// The command line has been answered already (--help, --version, a mistake).
struct Answered {
  int exit_code = 0;
};

using Options = std::variant<Answered, RunOptions, ReportOptions, ValidateOptions, FaultsOptions>;

/// Prints help and version on stdout, mistakes on stderr (exit code 2).
[[nodiscard]] Options parse_options(int argc, const char* const* argv);

}  // namespace hoplab::report::cli
