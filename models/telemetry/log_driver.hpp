// From a container's stdout and stderr to CloudWatch Logs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/telemetry/sink.hpp"
#include "sim/engine.hpp"
#include "sim/text.hpp"

namespace hoplab::models::telemetry {

/// What a host's clock says: off by a constant.
struct HostClock {
  WallTime zero{};  ///< True wall time at simulated time zero.
  Duration offset{};
  [[nodiscard]] WallTime at(SimTime instant) const {
    return zero + offset + instant.time_since_epoch();
  }
};

/// The metadata that FireLens adds to each record.
struct FireLensMetadata {
  std::string container_id;
  std::string container_name;  ///< "/ecs-demo-6-app-a4eafbb3d4c7f1e16e00".
  std::string cluster;
  std::string task_arn;
  std::string task_definition;  ///< "demo:7".
  std::string instance_id;      ///< "" when not known.
};

/// The driver that reads a container's output and carries it to its log stream: `awslogs` line by
/// line, `awsfirelens` as JSON records. CloudWatch takes the events when the driver's next batch
/// is due: every 5 s for awslogs, every second for Fluent Bit.
///
/// Source: Docker awslogs driver (batchPublishFrequency 5 s); FireLens record of the ECS agent
///         (agent/taskresource/firelens); Fluent Bit's default Flush of 1 s.
/// Limits: no throttling, no loss in the driver's own buffer.
class LogDriver {
 public:
  using Source = LogSource;

  /// awslogs.
  LogDriver(const sim::Engine& engine, Sink& sink, LogStreamId stream, HostClock clock);
  /// awsfirelens.
  LogDriver(const sim::Engine& engine, Sink& sink, LogStreamId stream, HostClock clock,
            const FireLensMetadata& metadata);

  /// One line, without its newline, written now.
  void write(Source source, std::string_view line);
  [[nodiscard]] std::uint64_t lines_written() const { return lines_written_; }

 private:
  const sim::Engine& engine_;
  Sink& sink_;
  LogStreamId stream_;
  HostClock clock_;
  Duration batch_;
  FireLensId firelens_;
  std::uint64_t lines_written_ = 0;
};

/// How a record begins, up to the line: {"source":"stdout","log":"
[[nodiscard]] std::string_view firelens_head(LogSource source);
/// Appends the record that FireLens makes of a line. `members`: Sink::declare_firelens.
void append_firelens_record(sim::Text& out, LogSource source, std::string_view line,
                            std::string_view members);

/// Appends `text` as the inside of a JSON string.
void append_json_escaped(sim::Text& out, std::string_view text);

}  // namespace hoplab::models::telemetry
