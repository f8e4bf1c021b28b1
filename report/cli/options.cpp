#include "report/cli/options.hpp"

#include <charconv>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>

#include "report/cli/exit_code.hpp"
#include "report/cli/version.hpp"

namespace hoplab::report::cli {
namespace {

/// Everything that CLI11 writes into while it parses.
struct Parsed {
  RunOptions run;
  ReportOptions report;
  ValidateOptions validate;
  FaultsOptions faults;
};

CLI::Option* add_duration(CLI::App& app, std::optional<sim::Duration>& target) {
  return app.add_option_function<std::string>(
      "--max-wall",
      [&target](const std::string& text) {
        target = sim::parse_duration(text);
        if (!target) throw CLI::ValidationError("--max-wall", "want a time such as 30s or 2m");
      },
      "Stop after this much real time (exit code 5)");
}

CLI::Option* add_memory(CLI::App& app, std::optional<sim::Bytes>& target) {
  return app.add_option_function<std::string>(
      "--max-memory",
      [&target](const std::string& text) {
        target = sim::parse_bytes(text);
        if (!target) throw CLI::ValidationError("--max-memory", "want a size such as 512MiB");
      },
      "Stop when the program holds more than this (exit code 5)");
}

/// Digits only; CLI11 itself would take "-1" for the largest number there is.
CLI::Option* add_number(CLI::App& app, const std::string& name,
                        std::optional<std::uint64_t>& target, const std::string& meaning) {
  const auto read = [&target, name](const std::string& text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || at != end) {
      throw CLI::ValidationError(name, "want a whole number from 0 to 18446744073709551615");
    }
    target = value;
  };
  return app.add_option_function<std::string>(name, read, meaning);
}

CLI::App* add_run(CLI::App& app, RunOptions& options) {
  auto* command = app.add_subcommand("run", "Simulate a scenario and judge its expectations");
  command->add_option("FILE", options.file, "Scenario file")->required();
  command->add_option("-o,--output", options.output,
                      "Recording directory [recordings/<name>-<seed>]");
  add_number(*command, "--seed", options.seed, "Use this seed instead of the scenario's")
      ->type_name("N");
  command->add_flag("--json", options.json, "Print the result as JSON (hoplab.result/1)");
  add_duration(*command, options.wall_max)->type_name("TIME");
  add_number(*command, "--max-events", options.events_max,
             "Stop after this many events (exit code 5)")
      ->type_name("N");
  add_memory(*command, options.memory_max)->type_name("SIZE");
  command->add_flag("--no-recording", options.no_recording, "Write no files");
  command->footer(
      "Example:\n  hoplab run scenarios/talk_two_hops.yaml -o recordings/talk --seed 7\n\n"
      "Exit code: 0 all expectations held, 1 one failed, 3 bad scenario, 4 file trouble,\n"
      "5 a limit was hit, 70 internal error.");
  return command;
}

CLI::App* add_report(CLI::App& app, ReportOptions& options) {
  auto* command = app.add_subcommand("report", "Print the report of a finished recording again");
  command->add_option("RECORDING", options.recording, "Recording directory")->required();
  command->add_flag("--json", options.json, "Print the result as JSON (hoplab.result/1)");
  command->footer(
      "Example:\n  hoplab report recordings/talk-two-hops-1\n\n"
      "Exit code: as the run's own, 0 or 1; 3 unfinished or damaged, 4 not there.");
  return command;
}

CLI::App* add_validate(CLI::App& app, ValidateOptions& options) {
  auto* command = app.add_subcommand("validate", "Check a scenario without running it");
  command->add_option("FILE", options.file, "Scenario file")->required();
  command->add_flag("-v,--verbose", options.verbose, "Also say what is accepted but not simulated");
  command->footer("Example:\n  hoplab validate scenarios/talk_two_hops.yaml -v");
  return command;
}

CLI::App* add_faults(CLI::App& app, FaultsOptions& options) {
  auto* command = app.add_subcommand("faults", "List every fault, its parameters and its symptom");
  command->add_flag("--json", options.json, "Print the list as JSON (hoplab.faults/1)");
  command->footer("Example:\n  hoplab faults --json | jq '.faults[].action'");
  return command;
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  CLI::App app("A service mesh on one laptop, in virtual time.", "hoplab");
  app.set_version_flag("--version", version_line());
  app.require_subcommand(1);
  app.footer(
      "Example:\n  hoplab run scenarios/talk_two_hops.yaml\n\n"
      "`hoplab COMMAND --help` has the details and an example of each command.");
  Parsed parsed;
  const auto* run = add_run(app, parsed.run);
  const auto* report = add_report(app, parsed.report);
  const auto* validate = add_validate(app, parsed.validate);
  add_faults(app, parsed.faults);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has codes of its own for each kind of mistake; ours has one for all of them.
    return Answered{app.exit(error) == 0 ? exit_all_held : exit_usage};
  }
  if (run->parsed()) return parsed.run;
  if (report->parsed()) return parsed.report;
  if (validate->parsed()) return parsed.validate;
  return parsed.faults;
}

}  // namespace hoplab::report::cli
