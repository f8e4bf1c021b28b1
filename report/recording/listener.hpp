// Whoever wants to see what goes into a recording, as it goes in.
#pragma once

#include <string_view>

#include "models/telemetry/sink.hpp"

namespace hoplab::report::recording {

/// Sees the telemetry that judgements rest on: log lines, before FireLens has made records of them,
/// and task documents.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void stream_opened(models::telemetry::LogStreamId id, std::string_view group,
                             std::string_view stream) = 0;
  virtual void line(models::telemetry::LogStreamId id,
                    const models::telemetry::LogEvent& event) = 0;
  virtual void task(sim::WallTime at, std::string_view json) = 0;
};

}  // namespace hoplab::report::recording
