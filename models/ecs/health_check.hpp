// A container's health check: probes, and what they add up to.
#pragma once

#include <cstdint>

#include "scenarios/schema/spec_ecs.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::ecs {

/// healthStatus of a container or a task.
enum class Health : std::uint8_t { unknown, healthy, unhealthy };

class HealthCheck;

/// Who runs the probe's command, and hears what comes of it.
class HealthCheckUser {
 public:
  virtual ~HealthCheckUser() = default;
  /// Answers through HealthCheck::answer with the same number, now or later or never.
  virtual void begin_probe(HealthCheck& check, std::uint64_t number) = 0;
  /// The probe has run into its time-out: Docker kills the command.
  virtual void abandon_probe(HealthCheck& check) = 0;
  virtual void on_health_changed(HealthCheck& check) = 0;
};

/// Docker's HEALTHCHECK as ECS uses it.
///
///   UNKNOWN --a probe passes--> HEALTHY <--a probe passes-- UNHEALTHY
///      \                           \------ `retries` in a row fail ---^
///       \--- `retries` in a row fail, after startPeriod --------------^
///
/// The first probe starts `interval` after the container, each other one `interval` after the last
/// has ended. One that gives no answer fails at `timeout`. Failures within `startPeriod` do not
/// count until one has passed. So with 30/5/3 a hang is found after 75 to 105 s, a refused
/// connection after 60 to 90 s.
///
/// Source: Docker, "HEALTHCHECK"; ECS API reference, HealthCheck.
class HealthCheck {
 public:
  HealthCheck(sim::Engine& engine, const scenarios::HealthCheck& spec, HealthCheckUser& user);
  HealthCheck(const HealthCheck&) = delete;
  HealthCheck& operator=(const HealthCheck&) = delete;

  /// The container has just started.
  void start();
  /// It had passed for long when the run began; the next probe is due after `phase`.
  void resume(sim::Duration phase);
  /// The container has ended: no more probes; the state stays.
  void stop();
  /// A probe has ended by itself. Harmless when it is over already.
  void answer(std::uint64_t number, bool has_passed);

  [[nodiscard]] Health state() const { return state_; }

 private:
  void probe();
  void time_out();
  void conclude(bool has_passed);
  [[nodiscard]] bool failures_count() const;

  sim::Engine& engine_;
  const scenarios::HealthCheck& spec_;
  HealthCheckUser& user_;
  Health state_ = Health::unknown;
  std::uint64_t number_ = 0;
  std::uint32_t failures_ = 0;  ///< In a row.
  bool has_passed_ = false;
  bool is_probing_ = false;
  sim::SimTime started_{};
  sim::EventId next_;  ///< The next probe, or the time-out of the present one.
};

}  // namespace hoplab::models::ecs
