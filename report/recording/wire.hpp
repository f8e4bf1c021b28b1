// Whoever sends on what the processes of the real system would have sent over the network.
#pragma once

#include <string_view>

#include "models/telemetry/sink.hpp"

namespace hoplab::report::recording {

/// Gets the same bytes as the recording, as they go in. It must return at once, whatever becomes of
/// them: a run waits for nobody.
class Wire {
 public:
  virtual ~Wire() = default;
  /// One DogStatsD datagram.
  virtual void statsd(std::string_view datagram) = 0;
  /// One X-Ray segment document.
  virtual void segment(std::string_view json) = 0;
  /// One export request of OTLP/JSON.
  virtual void otlp(models::telemetry::OtlpSignal signal, std::string_view json) = 0;
};

}  // namespace hoplab::report::recording
