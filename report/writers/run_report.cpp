#include "report/writers/run_report.hpp"

#include <utility>

#include <fmt/format.h>

#include "report/recording/recorder.hpp"

namespace hoplab::report::writers {
namespace {

std::vector<PartyRow> party_rows(const expectations::Parties& parties) {
  std::vector<PartyRow> rows;
  for (const auto& party : parties.sorted()) {
    PartyRow row{party.name, {}};
    for (const auto& tally : party.by_window) {
      row.by_window.push_back({tally.lines, tally.codes, tally.notes,
                               tally.quantile(sim::Ratio(0.5)), tally.quantile(sim::Ratio(0.99))});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string shell_word(const std::string& word) {
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

RunReport make_report(const scenarios::Scenario& scenario, const recording::HopBook& book,
                      const expectations::Witness& witness, const RunFacts& facts) {
  RunReport report;
  report.scenario_name = scenario.name;
  report.description = scenario.description;
  report.scenario_file = recording::recorded_file_name(scenario.file);
  report.digest = scenario.digest;
  report.seed = scenario.seed;
  report.version = facts.version;
  report.duration = scenario.duration;
  report.simulated_from = sim::format_iso8601(scenario.start_time);
  report.simulated_to =
      sim::format_iso8601(scenario.start_time + facts.simulated_to.time_since_epoch());
  report.services = scenario.services.size();
  report.faults = scenario.faults.size();
  report.events = facts.events;
  report.requests = facts.requests;
  report.experiment = facts.experiment;
  report.windows = witness.parties().windows();
  if (scenario.telemetry) report.parties = party_rows(witness.parties());
  report.book = book;
  report.results = expectations::evaluate(scenario, book, witness);
  report.replay_file = scenario.file;
  return report;
}

std::string replay_line(const std::string& file, std::uint64_t seed) {
  return fmt::format("hoplab run {} --seed {}", shell_word(file), seed);
}

std::string replay_line(const RunReport& report) {
  return replay_line(report.replay_file, report.seed);
}

}  // namespace hoplab::report::writers
