// Whether a run may go on: signals, limits of real time and memory; and its progress line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/units.hpp"

namespace hoplab::report::cli {

/// From now on SIGINT and SIGTERM are only noted. Called again during a run, because SimGrid puts
/// its own handlers in place when its platform is built.
void note_signals();
/// The first signal noted, or 0.
[[nodiscard]] int noted_signal();

/// Asked every few thousand events. Looks at the wall clock, which the simulation never sees.
class Watch {
 public:
  struct Limits {
    std::optional<sim::Duration> wall;
    std::optional<sim::Bytes> memory;  ///< Resident set.
    sim::Duration simulated{};         ///< Length of the scenario, for the progress line.
    bool shows_progress = false;       ///< On stderr, once a run takes more than a second.
  };
  explicit Watch(const Limits& limits);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  [[nodiscard]] bool go_on(sim::SimTime now);
  /// "--max-wall 30s", "--max-memory 512MiB"; "" as long as no limit of this watch was hit.
  [[nodiscard]] const std::string& limit_hit() const { return limit_hit_; }

 private:
  using Clock = std::chrono::steady_clock;
  void show_progress(sim::SimTime now, Clock::duration elapsed);

  Limits limits_;
  Clock::time_point started_;
  Clock::time_point shown_;
  std::uint64_t calls_ = 0;
  bool has_shown_ = false;
  std::string limit_hit_;
};

}  // namespace hoplab::report::cli
