// Envoy's access log: one line per request, buffered, then written to the container's output.
#pragma once

#include <string>

#include "models/envoy/log_format.hpp"
#include "models/telemetry/log_driver.hpp"
#include "sim/text.hpp"

namespace hoplab::models::envoy {

/// Lines in a format, to a file that is flushed every 10 s or at 64 KiB. What was not flushed when
/// the process is killed is lost, as in the real one: "no line" close to a death is not evidence.
///
/// The file is the container's output. Its log driver takes what ends in a line break, and 16 KiB
/// at a time of what does not.
///
/// Source: Envoy docs, "Access logging"; --file-flush-interval-msec 10000, access log buffer 64 KiB
///         (MIN_FLUSH_SIZE); Docker, daemon/logger/copier.go.
class AccessLog {
 public:
  using Output = telemetry::LogDriver::Source;

  /// `phase`: when in its 10 s the flush timer of this process fires.
  AccessLog(sim::Engine& engine, LogFormat format, telemetry::LogDriver& driver, Output output,
            Duration phase);
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(const AccessLogEntry& entry);
  /// A clean exit, or the end of the run.
  void finish();
  /// The process stands still, or goes on: meanwhile nothing is flushed.
  void pause() { is_paused_ = true; }
  void resume() { is_paused_ = false; }
  /// The process was killed.
  void lose_buffer();

 private:
  void on_flush_timer();
  void flush();
  void arm();

  sim::Engine& engine_;
  LogFormat format_;
  telemetry::LogDriver& driver_;
  Output output_;
  Duration phase_;
  bool armed_ = false;
  bool is_paused_ = false;
  sim::Text buffer_;
  std::string unfinished_;  ///< Of a line; with the driver, which waits for the rest.
};

}  // namespace hoplab::models::envoy
