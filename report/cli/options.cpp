#include "report/cli/options.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/option_kinds.hpp"
#include "report/cli/version.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::cli {
namespace {

/// Everything that CLI11 writes into while it parses.
struct Parsed {
  RunOptions run;
  ReplayOptions replay;
  ReportOptions report;
  ValidateOptions validate;
  InitOptions init;
  ExplainOptions explain;
  TestOptions test;
  SchemaOptions schema;
  FaultsOptions faults;
  DiagnoseOptions diagnose;
  LogsOptions logs;
  MapOptions map;
  TracesOptions traces;
  MetricsOptions metrics;
  AlarmsOptions alarms;
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

CLI::Option* add_number(CLI::App& app, const std::string& name,
                        std::optional<std::uint64_t>& target, const std::string& meaning) {
  const auto read = [&target, name](const std::string& text) {
    target = number_in(text);
    if (!target) {
      throw CLI::ValidationError(name, "want a whole number from 0 to 18446744073709551615");
    }
  };
  return app.add_option_function<std::string>(name, read, meaning);
}

/// "default,otlp,-statsd".
scenarios::TelemetrySources sources_in(const std::string& list) {
  scenarios::TelemetrySources sources;
  bool is_first = true;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string word = list.substr(begin, end - begin);
    begin = end + 1;
    const bool is_taken_out = word.starts_with('-');
    if (is_first && is_taken_out) sources = scenarios::TelemetrySources::defaults();
    is_first = false;
    if (scenarios::apply_source_word(word, sources)) continue;
    // What is taken out is a source: '-default' would leave nobody knows what.
    const auto words =
        is_taken_out ? scenarios::TelemetrySources::all().names() : scenarios::source_words();
    const std::string plain = is_taken_out ? word.substr(1) : word;
    const std::string near = sim::nearest_name(plain, words);
    std::string all;
    for (const std::string& one : words) all += (all.empty() ? "" : ", ") + one;
    throw CLI::ValidationError(
        "--telemetry",
        "no source is called '" + plain + "'; " +
            (near.empty() ? "there are " + all
                          : "did you mean '" + word.substr(0, is_taken_out) + near + "'?"));
  }
  return sources;
}

std::string source_help() {
  std::string text = "Make this telemetry only, in place of what the scenario says:";
  for (const auto& row : scenarios::telemetry_source_table()) {
    text += "\n  " + std::string(row.name) + ": " + std::string(row.what) +
            (row.is_default ? "" : " [not by default]");
  }
  return text +
         "\nor default, all, none; -NAME takes one out, of the default where it is the first: "
         "default,otlp,-statsd";
}

void add_pace(CLI::App& app, live::Pace& target) {
  const auto read = [&target](const std::string& text) {
    const auto pace = live::Pace::parse(text);
    if (!pace) throw CLI::ValidationError("--pace", "want 1x, 10x, 0.5x or max");
    target = *pace;
  };
  app.add_option_function<std::string>("--pace", read,
                                       "Simulated time by the wall clock: 1x, 10x, 0.5x [max]")
      ->type_name("FACTOR");
}

/// What a live run and a replay have in common.
void add_live(CLI::App& app, LiveOptions& options) {
  add_pace(app, options.pace);
  const auto read_targets = [&options](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const auto target = live::parse_target(text);
      if (const auto* mistake = std::get_if<std::string>(&target)) {
        throw CLI::ValidationError("--emit", *mistake);
      }
      options.emit.push_back(std::get<live::Target>(target));
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "--emit", read_targets,
         "Send to statsd=HOST:PORT, xray=HOST:PORT or otlp=URL; may be repeated")
      ->type_name("TARGET")
      ->allow_extra_args(false);
  const auto read_port = [&options](const std::string& text) {
    constexpr std::uint64_t port_max = 65'535;
    const auto port = number_in(text);
    if (!port || *port > port_max) {
      throw CLI::ValidationError("--serve-stats", "want a port from 0 (any free one) to 65535");
    }
    options.serve_port = static_cast<std::uint16_t>(*port);
  };
  auto* serve = app.add_option_function<std::string>(
                       "--serve-stats", read_port,
                       "Serve each Envoy's admin pages on this port of 127.0.0.1; 0: any")
                    ->type_name("PORT");
  const auto read_linger = [&options](const std::string& text) {
    options.linger = sim::parse_duration(text);
    if (!options.linger) throw CLI::ValidationError("--linger", "want a time such as 0s or 5m");
  };
  app.add_option_function<std::string>("--linger", read_linger,
                                       "Serve so long after the end [until Ctrl-C]")
      ->type_name("TIME")
      ->needs(serve);
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
  command
      ->add_option_function<std::string>(
          "--telemetry",
          [&options](const std::string& list) { options.telemetry = sources_in(list); },
          source_help())
      ->type_name("LIST");
  add_live(*command, options.live);
  command->footer(
      "Example:\n  hoplab run scenarios/talk_two_hops.yaml -o recordings/talk --seed 7\n"
      "  hoplab run scenarios/talk_two_hops.yaml --pace 1x --emit statsd=:8125 --serve-stats 9901\n"
      "\n"
      "Exit code: 0 all expectations held, 1 one failed, 3 bad scenario, 4 file or network\n"
      "trouble, 5 a limit was hit, 70 internal error. Messages that a receiver did not take are\n"
      "told at the end and change none of it.");
  return command;
}

CLI::App* add_replay(CLI::App& app, ReplayOptions& options) {
  auto* command =
      app.add_subcommand("replay", "Send a finished recording's telemetry over the network again");
  command->add_option("RECORDING", options.recording, "Recording directory")->required();
  add_live(*command, options.live);
  command->add_flag("--json", options.json, "Print the result as JSON (hoplab.replay/1)");
  command->callback([&options] {
    if (options.live.emit.empty() && !options.live.serve_port) {
      throw CLI::ValidationError("replay", "say where to with --emit or --serve-stats");
    }
  });
  command->footer(
      "Example:\n  hoplab replay recordings/talk-two-hops-1 --pace 10x --emit "
      "xray=127.0.0.1:2000\n\n"
      "Exit code: 0 all was played, 3 unfinished, damaged or no recording, 4 not there or network\n"
      "trouble. Messages that a receiver did not take are told at the end and change none of it.");
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

CLI::App* add_explain(CLI::App& app, ExplainOptions& options) {
  auto* command = app.add_subcommand(
      "explain", "Write a scenario out in AWS's words; say which rule lets each hop through");
  command->add_option("FILE", options.file, "Scenario file")->required();
  auto* only = command->add_flag("--long", options.long_form_only, "The long form alone");
  command->add_flag("--json", options.json, "Print it as JSON (hoplab.explain/1)")->excludes(only);
  command->footer(
      "Example:\n  hoplab explain scenarios/talk_two_hops.yaml\n"
      "  hoplab explain --long scenario.yaml > long.yaml");
  return command;
}

CLI::App* add_validate(CLI::App& app, ValidateOptions& options) {
  auto* command = app.add_subcommand("validate", "Check a scenario without running it");
  command->add_option("FILE", options.file, "Scenario file")->required();
  command->add_flag("-v,--verbose", options.verbose, "Also say what is accepted but not simulated");
  command->footer("Example:\n  hoplab validate scenarios/talk_two_hops.yaml -v");
  return command;
}

CLI::Option* add_seeds(CLI::App& app, std::optional<SeedRange>& target) {
  constexpr std::uint64_t seeds_max = 100'000;
  const auto read = [&target](const std::string& text) {
    const auto dots = text.find("..");
    const auto first = number_in(std::string_view(text).substr(0, dots));
    const auto last =
        dots == std::string::npos ? first : number_in(std::string_view(text).substr(dots + 2));
    if (!first || !last || *last < *first || *last - *first >= seeds_max) {
      throw CLI::ValidationError("--seeds", "want A..B, at most 100000 of them, such as 1..20");
    }
    target = SeedRange{*first, *last};
  };
  return app.add_option_function<std::string>("--seeds", read,
                                              "Run each scenario once with each of these seeds");
}

void add_annotations(CLI::App& app, TestOptions::Annotations& target) {
  using Annotations = TestOptions::Annotations;
  const auto read = [&target](const std::string& word) {
    static const std::map<std::string, Annotations> words = {{"auto", Annotations::automatic},
                                                             {"github", Annotations::github},
                                                             {"none", Annotations::none}};
    const auto found = words.find(word);
    if (found == words.end()) {
      throw CLI::ValidationError("--annotations", "want auto, github or none");
    }
    target = found->second;
  };
  app.add_option_function<std::string>("--annotations", read,
                                       "Mark failures for a CI service [auto]")
      ->type_name("auto|github|none");
}

CLI::App* add_init(CLI::App& app, InitOptions& options) {
  auto* command = app.add_subcommand("init", "Write a scenario to start from");
  command->add_option("FILE", options.file, "Where to; - prints it [scenario.yaml]");
  command->footer(
      "Example:\n  hoplab init scenarios/first.yaml && hoplab run scenarios/first.yaml\n\n"
      "Exit code: 0, or 4 when the file is there already or cannot be written.");
  return command;
}

CLI::App* add_test(CLI::App& app, TestOptions& options) {
  auto* command = app.add_subcommand("test", "Run many scenarios and report like a test runner");
  command->add_option("PATH", options.paths, "Scenario files, folders or globs")->required();
  add_number(*command, "--jobs,-j", options.jobs, "Runs at a time [number of cores]")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  auto* seed = add_number(*command, "--seed", options.seed,
                          "Use this seed instead of each "
                          "scenario's")
                   ->type_name("N");
  add_seeds(*command, options.seeds)->type_name("A..B")->excludes(seed);
  command->add_option("--filter", options.filter, "Only files whose path or name fits this glob")
      ->type_name("GLOB");
  auto* list = command->add_flag("--list", options.list, "Print the files and run none");
  command->add_flag("--fail-fast", options.fail_fast, "Stop at the first failure");
  command->add_flag("--no-fail,--exit-zero", options.no_fail,
                    "Failed expectations exit with 0, too");
  add_duration(*command, options.wall_max)->type_name("TIME");
  command->add_option("--recordings", options.recordings, "Keep the recordings in this folder")
      ->type_name("DIR");
  command->add_option("--junit", options.junit, "Write a JUnit XML report")->type_name("FILE");
  command->add_flag("--json", options.json, "Print the result as JSON (hoplab.test/1)")
      ->excludes(list);
  add_annotations(*command, options.annotations);
  command->footer(
      "Example:\n  hoplab test scenarios/ --junit results.xml\n\n"
      "Exit code: 0 all held, 1 an expectation failed or a file has none, 3 bad scenario, 4 file\n"
      "trouble, 5 a limit was hit, 70 internal error; the worst wins: 70, 4, 3, 5, 1, 0.");
  return command;
}

CLI::App* add_schema(CLI::App& app) {
  auto* command = app.add_subcommand("schema", "Print the scenario language as a JSON Schema");
  command->footer(
      "Example:\n  hoplab schema > hoplab.schema.json\n\n"
      "With this as its first line a scenario is completed and checked by editors that use\n"
      "yaml-language-server:\n  # yaml-language-server: $schema=hoplab.schema.json");
  return command;
}

CLI::App* add_faults(CLI::App& app, FaultsOptions& options) {
  auto* command = app.add_subcommand("faults", "List every fault, its parameters and its symptom");
  command->add_option("ACTION", options.action, "Only this one");
  command->add_flag("--json", options.json, "Print the list as JSON (hoplab.faults/1)");
  command->footer("Example:\n  hoplab faults --json | jq '.faults[].action'");
  return command;
}

CLI::App* add_diagnose(CLI::App& app, DiagnoseOptions& options) {
  auto* command = app.add_subcommand("diagnose", "Say what is wrong from the telemetry alone");
  command->add_option("RECORDING", options.recording, "Recording directory")->required();
  add_window(*command, options.range, "Judge only what began in this window");
  command->add_flag("--json", options.json, "Print the answer as JSON (hoplab.diagnosis/1)");
  command->add_flag("--fail-on-fault", options.fail_on_fault, "Exit with 1 unless all is healthy");
  command->footer(
      "Example:\n  hoplab diagnose recordings/vanished-crash-1 --window 1m,2m\n\n"
      "Exit code: 0 it could answer (1 with --fail-on-fault and a fault), 3 no recording,\n"
      "4 not there.");
  return command;
}

/// What is wrong with a word where a command is wanted; "" when no command is missing.
std::string unknown_command(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  std::vector<std::string> names;
  for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  const std::vector<std::string> words = at->remaining();
  if (names.empty() || words.empty() || words.front().starts_with('-')) return "";
  const std::string near = sim::nearest_name(words.front(), names);
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  const std::string who =
      at == &app ? "there is no command '" : at->get_name() + " has no command '";
  return who + words.front() + "'; " +
         (near.empty() ? "there are " + all : "did you mean '" + near + "'?");
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
  const auto* replay = add_replay(app, parsed.replay);
  const auto* report = add_report(app, parsed.report);
  const auto* validate = add_validate(app, parsed.validate);
  const auto* init = add_init(app, parsed.init);
  const auto* explain = add_explain(app, parsed.explain);
  const auto* test = add_test(app, parsed.test);
  const auto* diagnose = add_diagnose(app, parsed.diagnose);
  const auto* logs = add_logs(app, parsed.logs);
  const auto* map = add_map(app, parsed.map);
  const auto* traces = add_traces(app, parsed.traces);
  const auto* metrics = add_metrics(app, parsed.metrics);
  const auto* alarms = add_alarms(app, parsed.alarms);
  const auto* schema = add_schema(app);
  add_faults(app, parsed.faults);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    const std::string unknown = unknown_command(app);
    if (unknown.empty()) return Answered{app.exit(error) == 0 ? exit_all_held : exit_usage};
    complain(unknown);
    return Answered{exit_usage};
  } catch (const CLI::ParseError& error) {
    // CLI11 has codes of its own for each kind of mistake; ours has one for all of them.
    return Answered{app.exit(error) == 0 ? exit_all_held : exit_usage};
  }
  if (run->parsed()) return parsed.run;
  if (replay->parsed()) return parsed.replay;
  if (report->parsed()) return parsed.report;
  if (validate->parsed()) return parsed.validate;
  if (init->parsed()) return parsed.init;
  if (explain->parsed()) return parsed.explain;
  if (test->parsed()) return parsed.test;
  if (diagnose->parsed()) return parsed.diagnose;
  if (logs->parsed()) return parsed.logs;
  if (map->parsed()) return parsed.map;
  if (traces->parsed()) return parsed.traces;
  if (metrics->parsed()) return parsed.metrics;
  if (alarms->parsed()) return parsed.alarms;
  if (schema->parsed()) return parsed.schema;
  return parsed.faults;
}

}  // namespace hoplab::report::cli
