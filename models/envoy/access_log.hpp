// Envoy's access log: one line per request, buffered, then written to the container's stdout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/envoy/config.hpp"
#include "models/envoy/profile.hpp"
#include "models/telemetry/log_driver.hpp"

namespace hoplab::models::envoy {

/// What the default format prints of one request.
struct AccessLogEntry {
  SimTime start{};
  Duration duration{};
  const http::Request* request = nullptr;
  int status = 0;
  Flag flags = Flag::none;
  sim::Bytes sent{0};
  std::int32_t upstream_service_time_ms = -1;  ///< -1 = "-".
  std::optional<Endpoint> upstream_host;       ///< Absent = "-".
};

/// The default format, text, to a file that is flushed every 10 s or at 64 KiB. What was not
/// flushed when the process is killed is lost, as in the real one: "no line" close to a death is
/// not evidence.
///
/// Source: Envoy docs, "Access logging", default format string; --file-flush-interval-msec 10000,
///         access log buffer 64 KiB (MIN_FLUSH_SIZE).
/// Limits: the default format only; x-forwarded-for is never set within the mesh.
class AccessLog {
 public:
  /// `phase`: when in its 10 s the flush timer of this process fires.
  AccessLog(sim::Engine& engine, const http::Names& names, telemetry::HostClock clock,
            telemetry::LogDriver& driver, Duration phase);
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(const AccessLogEntry& entry);
  /// A clean exit, or the end of the run.
  void flush();
  /// The process stands still, or goes on: meanwhile nothing is flushed.
  void pause() { is_paused_ = true; }
  void resume() { is_paused_ = false; }
  /// The process was killed.
  void lose_buffer() { buffer_.clear(); }

 private:
  void on_flush_timer();
  void append_start_time(SimTime start);
  void arm();

  sim::Engine& engine_;
  const http::Names& names_;
  telemetry::HostClock clock_;
  telemetry::LogDriver& driver_;
  Duration phase_;
  bool armed_ = false;
  bool is_paused_ = false;
  std::string buffer_;
  std::int64_t second_ = -1;  ///< Whose text `second_text_` is, since 1970.
  std::string second_text_;
};

}  // namespace hoplab::models::envoy
