// Runs a scenario given as text, in memory, and keeps everything it produced.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/faults/registry.hpp"
#include "models/telemetry/log_driver.hpp"
#include "models/world.hpp"
#include "scenarios/schema/load.hpp"

namespace hoplab::test {

/// A sink that keeps it all, for scenarios small enough.
class MemorySink : public models::telemetry::Sink {
 public:
  struct HopSample {
    sim::SimTime ended;
    sim::Duration took;
    bool failed;
  };
  struct RequestSample {
    sim::SimTime ended;
    sim::Duration took;
    int status;
    bool failed;
  };

  models::telemetry::LogStreamId open_log_stream(std::string_view group,
                                                 std::string_view stream) override {
    streams_.push_back(std::string(group) + " " + std::string(stream));
    return {static_cast<std::uint32_t>(streams_.size() - 1)};
  }
  void log(models::telemetry::LogStreamId stream,
           const models::telemetry::LogEvent& event) override {
    sim::Text text(event.message);
    if (event.firelens.is_used()) {
      text.clear();
      models::telemetry::append_firelens_record(text, event.source, event.message,
                                                firelens_[event.firelens.index]);
    }
    lines[streams_[stream.index]].emplace_back(text.view());
  }
  models::telemetry::FireLensId declare_firelens(std::string_view members) override {
    firelens_.emplace_back(members);
    return {static_cast<std::uint32_t>(firelens_.size() - 1)};
  }
  void ecs_event(std::string_view json) override { ecs_events.emplace_back(json); }
  void ecs_task(sim::WallTime, std::string_view json) override { ecs_tasks.emplace_back(json); }
  void ecs_service(sim::WallTime, std::string_view json) override {
    ecs_services.emplace_back(json);
  }
  void ecs_container_instance(sim::WallTime, std::string_view json) override {
    ecs_container_instances.emplace_back(json);
  }
  void task_stats(std::string_view task_id, sim::WallTime, std::string_view json) override {
    metadata_stats[std::string(task_id)].emplace_back(json);
  }
  void config(sim::WallTime, std::string_view kind, std::string_view json) override {
    configs[std::string(kind)].emplace_back(json);
  }
  void xray_segment(std::string_view json) override { segments.emplace_back(json); }
  models::telemetry::StatsdId open_statsd(std::string_view) override { return {}; }
  void statsd(models::telemetry::StatsdId, sim::WallTime, std::string_view datagram) override {
    datagrams.emplace_back(datagram);
  }
  models::telemetry::StatsdSeriesId declare_statsd_series(models::telemetry::StatsdId,
                                                          std::string_view head,
                                                          std::string_view tail) override {
    statsd_series_.emplace_back(head, tail);
    return {static_cast<std::uint32_t>(statsd_series_.size() - 1)};
  }
  void statsd_value(models::telemetry::StatsdSeriesId series, sim::WallTime,
                    std::uint64_t value) override {
    const auto& [head, tail] = statsd_series_[series.index];
    datagrams.push_back(head + std::to_string(value) + tail);
  }
  void metric(std::string_view json) override { metrics.emplace_back(json); }
  void flow_log(std::string_view line) override { flow_logs.emplace_back(line); }
  void envoy_page(std::string_view task_id, std::string_view name, std::string_view text) override {
    pages[std::string(task_id) + " " + std::string(name)] = text;
  }
  models::telemetry::HopId declare_hop(std::string_view name) override {
    hop_names_.emplace_back(name);
    return {static_cast<std::uint32_t>(hop_names_.size() - 1)};
  }
  void declare_chain(const models::telemetry::Chain& chain) override {
    auto& names = chains.emplace_back();
    for (const auto& hop : chain.hops) names.push_back(hop_names_[hop.index]);
  }
  void hop(models::telemetry::HopId hop, sim::SimTime ended, sim::Duration took,
           bool failed) override {
    hops[hop_names_[hop.index]].push_back({ended, took, failed});
  }
  models::telemetry::SeriesId declare_series(std::string_view name) override {
    series_names_.emplace_back(name);
    return {static_cast<std::uint32_t>(series_names_.size() - 1)};
  }
  void request(models::telemetry::SeriesId series, sim::SimTime ended, sim::Duration took,
               int status, bool failed) override {
    requests[series_names_[series.index]].push_back({ended, took, status, failed});
  }
  void fault(sim::SimTime, std::string_view, std::string_view, std::string_view, bool) override {}

  /// All lines of a container, whichever the task.
  [[nodiscard]] std::vector<std::string> lines_of(const std::string& service,
                                                  const std::string& container) const {
    std::vector<std::string> all;
    for (const auto& [stream, of_stream] : lines) {
      if (!stream.starts_with("/ecs/" + service + "/" + container + " ")) continue;
      all.insert(all.end(), of_stream.begin(), of_stream.end());
    }
    return all;
  }

  std::map<std::string, std::vector<std::string>> lines;
  std::map<std::string, std::vector<HopSample>> hops;
  std::map<std::string, std::vector<RequestSample>> requests;
  std::vector<std::vector<std::string>> chains;  ///< Names of hops, in a request's order.
  std::map<std::string, std::vector<std::string>> configs;
  std::vector<std::string> ecs_events;
  std::vector<std::string> ecs_tasks;
  std::vector<std::string> ecs_services;
  std::vector<std::string> ecs_container_instances;
  std::vector<std::string> segments;
  std::vector<std::string> datagrams;
  std::vector<std::string> metrics;
  std::vector<std::string> flow_logs;
  std::map<std::string, std::vector<std::string>> metadata_stats;  ///< By task id.
  std::map<std::string, std::string> pages;  ///< Of Envoys, by "<task id> stats.txt".

 private:
  std::vector<std::string> streams_;
  std::vector<std::string> firelens_;
  std::vector<std::pair<std::string, std::string>> statsd_series_;
  std::vector<std::string> hop_names_;
  std::vector<std::string> series_names_;
};

struct Run {
  std::unique_ptr<MemorySink> sink = std::make_unique<MemorySink>();
  models::RequestTotals totals;
  sim::SimTime end{};
};

/// What is true of every run: nothing vanishes, at any hop, and nothing takes less than no time.
inline void expect_nothing_vanishes(const MemorySink& sink, const models::RequestTotals& totals) {
  EXPECT_EQ(totals.issued, totals.answered + totals.failed + totals.in_flight);
  std::map<std::string, std::size_t> crossed;
  std::map<std::string, std::size_t> seen;  // Those that died there, too.
  for (const auto& [name, samples] : sink.hops) {
    seen[name] = samples.size();
    for (const MemorySink::HopSample& sample : samples) {
      crossed[name] += sample.failed ? 0 : 1;
      EXPECT_GE(sample.took, sim::Duration::zero()) << name;
    }
  }
  std::map<std::string, std::set<std::string>> before;
  for (const auto& chain : sink.chains) {
    for (std::size_t i = 1; i < chain.size(); ++i) {
      // An Envoy may try again, and answer by itself: only there can more go on than came.
      const bool is_tried_again =
          chain[i].find(".envoy->") != std::string::npos && chain[i].ends_with(".envoy");
      const bool is_way_back = chain[i - 1].find("<-") != std::string::npos;
      if (!is_tried_again && !is_way_back) before[chain[i]].insert(chain[i - 1]);
    }
  }
  for (const auto& [hop, sources] : before) {
    std::size_t came = 0;
    for (const std::string& source : sources) {
      came += crossed[source] + crossed[source + " (probe)"];  // Health checks come in, too.
    }
    EXPECT_LE(seen[hop], came) << hop;
  }
}

/// Runs a scenario as it stands.
inline Run run_scenario(const scenarios::Scenario& scenario) {
  Run run;
  sim::Engine engine(scenario.seed);
  models::World world(engine, scenario, *run.sink);
  world.run({});
  run.totals = world.totals();
  run.end = world.now();
  expect_nothing_vanishes(*run.sink, run.totals);
  return run;
}

/// The scenario must be valid.
inline std::optional<scenarios::Scenario> read_text(const std::string& text) {
  sim::Diagnostics diagnostics;
  auto scenario =
      scenarios::parse_scenario(text, "test.yaml", models::faults::catalogue(), diagnostics);
  for (const sim::Diagnostic& diagnostic : diagnostics.sorted()) {
    if (diagnostic.severity == sim::Severity::error) ADD_FAILURE() << to_string(diagnostic);
  }
  return scenario;
}

/// The scenario must be valid; its seed may be overridden.
inline Run run_text(const std::string& text, std::uint64_t seed = 0) {
  auto scenario = read_text(text);
  if (!scenario) return {};
  if (seed != 0) scenario->seed = seed;
  return run_scenario(*scenario);
}

}  // namespace hoplab::test
