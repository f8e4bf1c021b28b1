// All that is shown of one run, whether it has just ended or lies in a recording.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/expectations/evaluate.hpp"
#include "report/expectations/parties.hpp"
#include "report/recording/hop_book.hpp"
#include "report/recording/manifest.hpp"
#include "report/recording/windows.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::writers {

using sim::Duration;

/// What one party wrote down in one shown window.
struct PartyFigures {
  std::uint64_t lines = 0;
  std::map<int, std::uint64_t> codes;
  std::map<std::string, std::uint64_t> notes;
  std::optional<Duration> p50;
  std::optional<Duration> p99;
};

struct PartyRow {
  std::string name;
  std::vector<PartyFigures> by_window;  ///< As RunReport::windows.
};

/// The load's requests by what became of them; issued = answered + failed + in_flight.
struct LoadTotals {
  std::uint64_t issued = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t gave_up = 0;  ///< Of the failed: clients that did not wait for the answer.
};

/// How an experiment ended.
struct ExperimentFigures {
  std::string status;  ///< "stopped", "completed"; "running" or "pending" at the end of the run.
  std::string reason;
  Duration since{};   ///< Of that state, from the start of the run.
  std::string alarm;  ///< That stopped it; "" for none.
};

struct RunReport {
  std::string scenario_name;
  std::string description;
  std::string scenario_file;  ///< Name without folders.
  std::string digest;
  std::uint64_t seed = 0;
  std::string version;
  Duration duration{};  ///< Of the load.
  std::string simulated_from;
  std::string simulated_to;
  std::size_t services = 0;
  std::size_t faults = 0;
  std::uint64_t events = 0;  ///< Of the engine.
  LoadTotals requests;
  std::optional<ExperimentFigures> experiment;  ///< Where an alarm could stop one.
  std::vector<recording::NamedWindow> windows;
  std::vector<PartyRow> parties;
  recording::HopBook book{recording::Segments()};
  std::vector<expectations::Result> results;

  // Not part of a recording.
  std::string replay_file;  ///< A scenario file that can be run again.
  std::string recording;    ///< Where the recording lies; "" for none.
  std::string live_json;    ///< What was sent over the network, an array; "" for nothing.
};

/// How a run ended, as the world tells it.
struct RunFacts {
  std::string version;
  std::uint64_t events = 0;
  LoadTotals requests;
  sim::SimTime simulated_to;
  std::optional<ExperimentFigures> experiment = std::nullopt;
};

[[nodiscard]] RunReport make_report(const scenarios::Scenario& scenario,
                                    const recording::HopBook& book,
                                    const expectations::Witness& witness, const RunFacts& facts);

/// "hoplab run FILE --seed N", quoted for a shell where FILE needs it.
[[nodiscard]] std::string replay_line(const std::string& file, std::uint64_t seed);
[[nodiscard]] std::string replay_line(const RunReport& report);

/// summary.json, "hoplab.summary/1": all of the above but book, results and the last two.
[[nodiscard]] std::string summary_json(const RunReport& report);
/// The manifest of a finished recording. Throws BadRecording, which says what the folder is
/// instead, or FileTrouble (not there).
[[nodiscard]] recording::Manifest read_finished_manifest(const std::string& directory);
/// Reads summary.json, hops.json and expectations.json of a finished recording. Throws
/// BadRecording (no recording, unfinished, damaged) or FileTrouble (not there).
[[nodiscard]] RunReport read_report(const std::string& directory);

}  // namespace hoplab::report::writers
