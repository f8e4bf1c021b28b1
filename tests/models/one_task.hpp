// One ECS task without a world: what it tells, and what its processes are made to do.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/ecs/task.hpp"
#include "scenarios/schema/default_task_definition.hpp"

namespace hoplab::models::ecs {

using namespace std::chrono_literals;
using nlohmann::json;

inline const Identity identity{"us-east-1", "111122223333", "hoplab", 1};

/// Keeps each document with the simulated instant at which it was told.
class Told final : public telemetry::Sink {
 public:
  explicit Told(const sim::Engine& engine) : engine_(engine) {}

  telemetry::LogStreamId open_log_stream(std::string_view, std::string_view) override { return {}; }
  void log(telemetry::LogStreamId, const telemetry::LogEvent&) override {}
  void ecs_event(std::string_view text) override { events.push_back(json::parse(text)); }
  void ecs_task(sim::WallTime at, std::string_view text) override {
    tasks.push_back(json::parse(text));
    told_at.push_back(engine_.now().time_since_epoch());
    said_at.push_back(at);
  }
  void config(sim::WallTime, std::string_view, std::string_view) override {}
  void xray_segment(std::string_view) override {}
  telemetry::StatsdId open_statsd(std::string_view) override { return {}; }
  void statsd(telemetry::StatsdId, sim::WallTime, std::string_view) override {}
  void metric(std::string_view) override {}
  telemetry::HopId declare_hop(std::string_view) override { return {}; }
  void declare_chain(const telemetry::Chain&) override {}
  void hop(telemetry::HopId, sim::SimTime, sim::Duration, bool) override {}
  telemetry::SeriesId declare_series(std::string_view) override { return {}; }
  void request(telemetry::SeriesId, sim::SimTime, sim::Duration, int, bool) override {}
  void fault(sim::SimTime, std::string_view, std::string_view, std::string_view, bool) override {}

  /// When the task was first said to be in that state; a year where it never was.
  [[nodiscard]] sim::Duration first(const std::string& last_status) const {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i].at("lastStatus") == last_status) return told_at[i];
    }
    return std::chrono::hours(24 * 365);
  }

  std::vector<json> events;
  std::vector<json> tasks;
  std::vector<sim::Duration> told_at;
  std::vector<sim::WallTime> said_at;

 private:
  const sim::Engine& engine_;
};

class Processes final : public TaskProcesses {
 public:
  explicit Processes(const sim::Engine& engine) : engine_(engine) {}
  StartResult start(std::string_view container) override {
    note("start", container);
    return {};
  }
  [[nodiscard]] bool is_idle(std::string_view) override {
    return engine_.now().time_since_epoch() >= idle_from;
  }
  void probe(std::string_view, HealthCheck& check, std::uint64_t number) override {
    check.answer(number, probes_pass);
  }
  void kill(std::string_view container) override { note("kill", container); }
  void exit_cleanly(std::string_view container) override { note("exit", container); }
  void detach_interface() override { note("detach", "interface"); }

  std::map<std::string, sim::Duration> done;  ///< "kill app" and when.
  sim::Duration idle_from{};
  bool probes_pass = true;

 private:
  void note(std::string_view what, std::string_view whom) {
    done[std::string(what) + " " + std::string(whom)] = engine_.now().time_since_epoch();
  }
  const sim::Engine& engine_;
};

inline scenarios::Scenario mesh_scenario() {
  scenarios::Scenario scenario;
  scenario.mesh_name = "demo";
  return scenario;
}

inline scenarios::Service service_named(const std::string& name) {
  scenarios::Service service;
  service.name = name;
  return service;
}

/// A task of b on a host whose clock is 3 ms fast.
inline TaskSpec spec_of(const scenarios::TaskDefinition& definition, int index) {
  return {.service = "b",
          .index = index,
          .definition = &definition,
          .address = {0x0A000105},
          .host_name = "host-b-1",
          .instance_type = "m5.large",
          .subnet_id = "subnet-0a1b2c3d4e5f60718",
          .availability_zone = "us-east-1a",
          .clock = {*sim::parse_iso8601("2026-01-05T12:00:00Z"), 3ms}};
}

struct OneTask {
  explicit OneTask(scenarios::TaskDefinition of, int index = 0)
      : definition(std::move(of)),
        task(engine, told, identity, spec_of(definition, index), processes) {}

  void run_until(sim::Duration instant) { engine.run(sim::at(instant)); }
  void exit_at(sim::Duration instant, const std::string& container, int exit_code) {
    engine.at(sim::at(instant),
              [this, container, exit_code] { task.container_exited(container, exit_code); });
  }

  sim::Engine engine{1};
  Told told{engine};
  Processes processes{engine};
  scenarios::TaskDefinition definition;
  Task task;
};

inline scenarios::TaskDefinition five_containers() {
  return default_task_definition(service_named("b"), mesh_scenario());
}

inline const json& container_of(const json& task, const std::string& name) {
  const auto& containers = task.at("containers");
  const auto found = std::find_if(containers.begin(), containers.end(),
                                  [&](const json& one) { return one.at("name") == name; });
  EXPECT_NE(found, containers.end()) << name;
  return *found;
}

inline scenarios::Distribution exactly(sim::Duration time) {
  scenarios::Distribution distribution;
  distribution.mean = time;
  return distribution;
}

/// A task whose states last as long as is written here.
struct NewTask {
  explicit NewTask(scenarios::TaskDefinition of,
                   scenarios::OnSigterm on_sigterm = scenarios::OnSigterm::ignores)
      : definition(std::move(of)) {
    TaskSpec spec = spec_of(definition, 0);
    spec.app_container = "app";
    spec.on_sigterm = on_sigterm;
    spec.timings = {.provisioning = exactly(5s),
                    .pull_cached = exactly(2s),
                    .pull = exactly(20s),
                    .activating = exactly(3s),
                    .deactivating = exactly(1s),
                    .deprovisioning = exactly(10s)};
    task = std::make_unique<Task>(engine, told, identity, spec, processes);
  }
  void run_until(sim::Duration instant) { engine.run(sim::at(instant)); }
  void exit_at(sim::Duration instant, const std::string& container, int exit_code) {
    engine.at(sim::at(instant),
              [this, container, exit_code] { task->container_exited(container, exit_code); });
  }

  sim::Engine engine{1};
  Told told{engine};
  Processes processes{engine};
  scenarios::TaskDefinition definition;
  std::unique_ptr<Task> task;
};

}  // namespace hoplab::models::ecs
