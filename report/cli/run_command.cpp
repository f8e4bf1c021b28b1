#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "models/world.hpp"
#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/live_session.hpp"
#include "report/cli/scenario_file.hpp"
#include "report/cli/temporary_folder.hpp"
#include "report/cli/version.hpp"
#include "report/cli/watch.hpp"
#include "report/cli/world_pages.hpp"
#include "report/diagnosis/judge.hpp"
#include "report/expectations/witness.hpp"
#include "report/live/network_trouble.hpp"
#include "report/metrics/alarm_judge.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/path_names.hpp"
#include "report/recording/recorder.hpp"
#include "report/writers/result_document.hpp"
#include "report/writers/run_report.hpp"
#include "report/writers/terminal.hpp"
#include "scenarios/schema/load.hpp"
#include "sim/engine.hpp"

namespace hoplab::report::cli {
namespace {

std::string default_output(const scenarios::Scenario& scenario) {
  return fmt::format("recordings/{}-{}", recording::escaped_name(scenario.name), scenario.seed);
}

/// Where the recording goes, if one is to be written.
std::optional<std::filesystem::path> place_of(const RunOptions& options,
                                              const scenarios::Scenario& scenario,
                                              scenarios::TelemetrySources recorded) {
  if (options.no_recording || recorded.is_empty()) return std::nullopt;
  return options.output.empty() ? default_output(scenario) : options.output;
}

/// Where a run is recorded: where it was asked for, or, if only its diagnosis wants the files, for
/// as long as it takes to look at them.
class Place {
 public:
  Place(const RunOptions& options, const scenarios::Scenario& scenario,
        scenarios::TelemetrySources recorded)
      : path_(place_of(options, scenario, recorded)), is_kept_(path_.has_value()) {
    const bool is_looked_at = !recorded.is_empty() && diagnosis::expects_diagnosis(scenario);
    if (!is_kept_ && is_looked_at) path_ = scratch_.emplace().path() / "recording";
  }
  [[nodiscard]] const std::optional<std::filesystem::path>& path() const { return path_; }
  [[nodiscard]] bool is_kept() const { return is_kept_; }

 private:
  std::optional<TemporaryFolder> scratch_;
  std::optional<std::filesystem::path> path_;
  bool is_kept_;
};

/// Says why the run was cut short and what is left of it.
int cut_short(recording::Recorder& recorder, const Place& place, const std::string& why,
              int exit_code) {
  std::string text = "stopped: " + why;
  if (place.is_kept()) {
    recorder.abandon();
    text +=
        "; what was written stays in " + recorder.partial_path().string() + " as an unfinished run";
  }
  complain(text);
  return exit_code;
}

writers::RunFacts facts_of(const models::World& world) {
  const auto totals = world.totals();
  writers::RunFacts facts{
      version(),
      world.events_run(),
      {totals.issued, totals.answered, totals.failed, totals.in_flight, totals.gave_up},
      world.now()};
  if (const auto it = world.experiment()) {
    facts.experiment = {it->status, it->reason, it->since.time_since_epoch(), it->alarm};
  }
  return facts;
}

int finish_and_print(const RunOptions& options, const Place& place, writers::RunReport report,
                     recording::Recorder& recorder, sim::SimTime simulated_to) {
  if (place.is_kept()) {
    recorder.finish(
        {expectations::to_json(report.results), writers::summary_json(report), simulated_to});
    report.recording = recorder.final_path().string();
  }
  const int exit_code =
      expectations::all_held(report.results) ? exit_all_held : exit_expectation_failed;
  print(options.json ? writers::result_document(report, exit_code)
                     : writers::terminal_report(report, writers::Ink(stdout_wants_colour())));
  return exit_code;
}

bool no_signal() { return noted_signal() == 0; }

/// The world runs to its end, held to its pace. Returns which limit was hit; "" for none.
std::string run_world(const RunOptions& options, sim::Duration length, models::World& world,
                      LiveSession& session) {
  Watch watch({options.wall_max, options.memory_max, length, stderr_is_terminal()});
  models::RunLimits limits;
  if (options.events_max) limits.events_max = *options.events_max;
  limits.look_every = session.look_every();
  limits.go_on = [&](sim::SimTime now) {
    return session.keep_pace(now.time_since_epoch(), [&] { return watch.go_on(now); });
  };
  note_signals();
  if (!limits.go_on(world.now())) return watch.limit_hit();
  const bool is_event_limit = world.run(limits) == sim::StopReason::event_limit;
  return is_event_limit ? fmt::format("--max-events {}", *options.events_max) : watch.limit_hit();
}

/// Of expectations that the recording answers.
void judge_recording(const scenarios::Scenario& scenario, recording::Recorder& recorder,
                     std::vector<expectations::Result>& results) {
  const bool expects_diagnosis = diagnosis::expects_diagnosis(scenario);
  const bool expects_alarms = metrics::expects_alarms(scenario);
  if (!recorder.is_writing() || !(expects_diagnosis || expects_alarms)) return;
  recorder.complete_telemetry();
  if (expects_diagnosis) diagnosis::judge(scenario, recorder.partial_path(), results);
  if (expects_alarms) metrics::judge_alarms(scenario, recorder.partial_path(), results);
}

int simulate(const RunOptions& options, const scenarios::Scenario& scenario,
             scenarios::TelemetrySources recorded, sim::Engine& engine) {
  expectations::Witness witness(scenario);
  const Place place(options, scenario, recorded);
  LiveSession session(options.live, live::Emitters::Manner::never_waits);
  recording::Recorder recorder(scenario,
                               {.directory = place.path(),
                                .version = version(),
                                .listener = &witness,
                                .has_second_core = std::thread::hardware_concurrency() > 1,
                                .wire = session.emitters(),
                                .recorded = recorded});
  models::World world(engine, scenario, recorder);
  WorldPages pages(world);
  session.open(pages);
  const std::string limit = run_world(options, scenario.duration, world, session);
  std::string live_json = session.finish_sending(!limit.empty(), no_signal);
  const std::string where =
      fmt::format(" at simulated {}", sim::format_rounded(world.now().time_since_epoch()));
  if (const int signal = noted_signal(); signal != 0) {
    return cut_short(recorder, place, fmt::format("signal {}{}", signal, where),
                     exit_signal_base + signal);
  }
  if (!limit.empty())
    return cut_short(recorder, place, limit + " was reached" + where, exit_limit_hit);
  recorder.settle();
  const auto facts = facts_of(world);
  auto report = writers::make_report(scenario, recorder.book(), witness, facts);
  report.live_json = std::move(live_json);
  judge_recording(scenario, recorder, report.results);
  const int exit_code =
      finish_and_print(options, place, std::move(report), recorder, facts.simulated_to);
  session.linger(no_signal);
  return exit_code;
}

/// What is to be sent has to be made. It goes into no file that would not be there without, and
/// requests carry the same headers.
void add_emitted_sources(const LiveOptions& live, scenarios::Scenario& scenario) {
  using scenarios::TelemetrySource;
  if (live.emit.empty()) return;
  scenario.propagators = scenario.trace_headers();
  for (const live::Target& target : live.emit) {
    scenario.telemetry = true;
    switch (target.protocol) {
      case live::Protocol::statsd:
        scenario.telemetry_sources.add(TelemetrySource::statsd);
        break;
      case live::Protocol::xray:
        scenario.telemetry_sources.add(TelemetrySource::xray);
        break;
      case live::Protocol::otlp:
        scenario.telemetry_sources.add(TelemetrySource::otlp);
        break;
    }
  }
}

int internal_error(const scenarios::Scenario& scenario, const sim::Engine& engine,
                   const char* what) {
  writers::RunReport replay;
  replay.replay_file = scenario.file;
  replay.seed = scenario.seed;
  complain(fmt::format("internal error: {}\n  seed {}, simulated time {}, event {}\n  again: {}",
                       what, scenario.seed, sim::format(engine.now().time_since_epoch()),
                       engine.events_run(), writers::replay_line(replay)));
  return exit_internal_error;
}

}  // namespace

int run_command(const RunOptions& options) {
  sim::Diagnostics diagnostics;
  auto scenario = read_scenario_file(options.file, diagnostics);
  if (scenario && options.telemetry) {
    scenario->telemetry = !options.telemetry->is_empty();
    scenario->telemetry_sources = *options.telemetry;
    if (!scenario->envoy_stats.snapshots.empty() &&
        !scenario->tells(scenarios::TelemetrySource::envoy_stats)) {
      complain("--telemetry leaves envoyStats out: nothing comes of snapshotStats");
    }
    scenarios::check_sources(*scenario, diagnostics);
  }
  print_diagnostics(diagnostics, false);
  if (!scenario || diagnostics.has_errors()) return exit_bad_input;
  if (!scenario->telemetry) scenario->telemetry_sources = {};
  const scenarios::TelemetrySources recorded = scenario->telemetry_sources;
  if (recorded.is_empty() && !options.output.empty()) {
    complain("no telemetry, so there is nothing to record: " + options.output + " stays as it is");
  }
  add_emitted_sources(options.live, *scenario);
  if (options.seed) scenario->seed = *options.seed;
  sim::Engine engine(scenario->seed);
  try {
    return simulate(options, *scenario, recorded, engine);
  } catch (const recording::FileTrouble&) {
    throw;
  } catch (const live::NetworkTrouble&) {
    throw;
  } catch (const live::BadTarget&) {
    throw;
  } catch (const std::filesystem::filesystem_error&) {
    throw;
  } catch (const std::exception& error) {
    return internal_error(*scenario, engine, error.what());
  }
}

}  // namespace hoplab::report::cli
