// Sends messages to one receiver.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "report/live/delivery.hpp"
#include "report/live/outbox.hpp"
#include "report/live/target.hpp"

namespace hoplab::report::live {

/// Lives on a thread of its own and may wait there, as long as `delivery.goes_on()`.
class Sender {
 public:
  virtual ~Sender() = default;
  /// Sends the messages in order and counts every one of them, as sent or as lost.
  virtual void send(const Batch& batch, Delivery& delivery) = 0;
};

/// One UDP datagram a message, `prefix` before each.
///
/// A datagram counts as sent when the kernel took it. That nobody listens is known for those to
/// which the other machine's kernel answered so; they count as lost. What a receiver's own buffer
/// drops nobody hears of.
/// Errors: NetworkTrouble when there is no socket to be had.
/// Source: X-Ray daemon, "Sending segment documents": {"format": "json", "version": 1} and a new
///         line before a segment, 64 KB a document.
[[nodiscard]] std::unique_ptr<Sender> make_datagram_sender(const Address& address,
                                                           std::string prefix);

/// What stands before an X-Ray segment in its datagram.
inline constexpr std::string_view xray_header = "{\"format\": \"json\", \"version\": 1}\n";

/// The signals of OTLP by message kind, which is that of models::telemetry::OtlpSignal.
inline constexpr std::string_view otlp_signals[] = {"traces", "metrics", "logs"};

/// OTLP/HTTP with JSON: POST to PATH/v1/traces, /v1/metrics, /v1/logs. Documents that wait together
/// go as one request, their lists of resources joined, up to about 1 MiB.
///
/// A receiver that cannot be reached, does not answer within 5 s, or says 429, 502, 503 or 504, is
/// tried again each second with the same request; what it refuses otherwise is lost.
/// Source: OpenTelemetry Protocol specification, "OTLP/HTTP", "Failures".
/// Limits: no compression, no Retry-After; of a partial success only its existence is looked at.
[[nodiscard]] std::unique_ptr<Sender> make_otlp_sender(const Target& target,
                                                       const Address& address);

}  // namespace hoplab::report::live
