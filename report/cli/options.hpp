// The command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "report/cli/logs_options.hpp"
#include "report/cli/metric_options.hpp"
#include "report/cli/option_kinds.hpp"
#include "report/cli/xray_options.hpp"
#include "report/diagnosis/diagnose.hpp"
#include "report/live/pace.hpp"
#include "report/live/target.hpp"
#include "scenarios/schema/telemetry_sources.hpp"
#include "sim/units.hpp"

namespace hoplab::report::cli {

/// What `run` and `replay` share.
struct LiveOptions {
  live::Pace pace;
  std::vector<live::Target> emit;
  std::optional<std::uint16_t> serve_port;  ///< 0: any that is free.
  std::optional<sim::Duration> linger;      ///< Absent: until Ctrl-C.
};
struct RunOptions {
  std::string file;
  std::string output;                 ///< -o; "" for recordings/<name>-<seed>.
  std::optional<std::uint64_t> seed;  ///< Absent: the scenario's.
  bool json = false;
  bool no_recording = false;
  std::optional<scenarios::TelemetrySources> telemetry;  ///< Absent: the scenario's.
  std::optional<sim::Duration> wall_max;
  std::optional<std::uint64_t> events_max;
  std::optional<sim::Bytes> memory_max;
  LiveOptions live;
};
struct ReplayOptions {
  std::string recording;
  bool json = false;
  LiveOptions live;
};
struct ReportOptions {
  std::string recording;
  bool json = false;
};
struct ValidateOptions {
  std::string file;
  bool verbose = false;
};
struct InitOptions {
  std::string file = "scenario.yaml";  ///< "-": stdout.
};
struct ExplainOptions {
  std::string file;
  bool long_form_only = false;
  bool json = false;
};
/// Both ends belong to it.
struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
struct TestOptions {
  std::vector<std::string> paths;
  std::optional<std::uint64_t> jobs;  ///< Absent: as many as there are cores.
  std::optional<std::uint64_t> seed;  ///< Absent, and no seeds: each scenario's own.
  std::optional<SeedRange> seeds;
  std::string filter;                     ///< A glob; "" for all.
  std::string recordings;                 ///< A folder; "" for none.
  std::string junit;                      ///< A file; "" for none.
  std::optional<sim::Duration> wall_max;  ///< Of each run.
  enum class Annotations { automatic, github, none };
  Annotations annotations = Annotations::automatic;
  bool fail_fast = false;
  bool list = false;
  bool no_fail = false;
  bool json = false;
};
struct SchemaOptions {};
struct FaultsOptions {
  std::string action;  ///< "" for all.
  bool json = false;
};
struct DiagnoseOptions {
  std::string recording;
  bool json = false;
  bool fail_on_fault = false;
  StudyRange range;
};

// The command line has been answered already (--help, --version, a mistake).
struct Answered {
  int exit_code = 0;
};

using Options = std::variant<Answered, RunOptions, ReplayOptions, ReportOptions, ValidateOptions,
                             ExplainOptions, InitOptions, TestOptions, SchemaOptions, FaultsOptions,
                             DiagnoseOptions, LogsOptions, MapOptions, TracesOptions,
                             MetricsOptions, AlarmsOptions>;

/// Prints help and version on stdout, mistakes on stderr (exit code 2).
[[nodiscard]] Options parse_options(int argc, const char* const* argv);

}  // namespace hoplab::report::cli
