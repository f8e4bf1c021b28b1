// Builds the world that a scenario describes, and runs it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/envoy/admin_pages.hpp"
#include "models/telemetry/sink.hpp"
#include "models/world/experiment_state.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"

namespace hoplab::models {

/// Requests of the load, by what became of them. issued = answered + failed + in_flight.
struct RequestTotals {
  std::uint64_t issued = 0;
  std::uint64_t answered = 0;   ///< Any status below 400.
  std::uint64_t failed = 0;     ///< 4xx, 5xx, or no answer.
  std::uint64_t in_flight = 0;  ///< Still open when the run ended.
  std::uint64_t gave_up = 0;    ///< Of the failed: clients that did not wait.
};

struct RunLimits {
  std::uint64_t events_max = ~std::uint64_t{0};
  /// Looked at every few thousand events: the run stops when it returns false (a signal, a wall
  /// clock or memory limit: the caller knows which). May print progress.
  std::function<bool(sim::SimTime now)> go_on = [](sim::SimTime) { return true; };
  /// Looked at each time so much simulated time has passed, too, and at the end of the run: for who
  /// holds it to a pace. What happens is the same. Zero: not.
  sim::Duration look_every{};
};

/// finished: the load ended and its requests drained (or 20 s passed). event_limit: events_max was
/// reached. interrupted: go_on said so.
using sim::StopReason;

/// A running Envoy, as its admin interface would show it. Good until the world goes on.
struct EnvoyView {
  std::string task;     ///< Its id.
  std::string service;  ///< Of the ECS service.
  const envoy::Proxy* proxy = nullptr;
  envoy::NodeFacts facts;
};

class World {
 public:
  /// `scenario` has passed validation and outlives the world, as do the others.
  World(sim::Engine& engine, const scenarios::Scenario& scenario, telemetry::Sink& sink);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Runs to the end: the load stops at the scenario's duration, then at most 20 s of draining.
  /// Log lines that are still in a buffer when the run finishes are flushed (they would reach
  /// CloudWatch seconds later); after an interruption they are not.
  StopReason run(const RunLimits& limits);

  [[nodiscard]] RequestTotals totals() const;
  /// Of an experiment that an alarm can stop.
  [[nodiscard]] std::optional<ExperimentState> experiment() const;
  /// By service, then in the order in which they were started. Of tasks whose Envoy runs.
  [[nodiscard]] std::vector<EnvoyView> envoys() const;
  [[nodiscard]] std::uint64_t events_run() const;
  [[nodiscard]] sim::SimTime now() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hoplab::models
