// The X-Ray SDK in an application: one segment a request, one subsegment a call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/http/message.hpp"
#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/sampler.hpp"
#include "models/vpc/address.hpp"
#include "sim/text.hpp"

namespace hoplab::models::app {

using sim::SimTime;

/// What the SDK's ECS plugin and its configuration know of the process.
struct SdkIdentity {
  std::string name;     ///< The segment's: "b".
  std::string version;  ///< "b:2", the task definition's revision.
  std::string account;
  std::string host_name;     ///< "ip-10-0-1-5.ec2.internal".
  std::string container_id;  ///< 64 hex digits.
  std::string container_arn;
};

class OtelSdk;

/// Where what it has traced goes.
struct SdkOutputs {
  bool has_xray = true;     ///< To the X-Ray daemon.
  OtelSdk* otel = nullptr;  ///< To OpenTelemetry's exporter; null: not.
};

/// A request while it is being traced: the one record that X-Ray's documents and OpenTelemetry's
/// spans are both written from.
struct SdkSegment {
  struct Call {
    std::uint64_t id = 0;  ///< 0: not made.
    const http::Request* request = nullptr;
    SimTime began{};
    SimTime ended{};
    bool has_ended = false;
    int status = 0;
    sim::Bytes received{0};
    std::string exception;  ///< What it threw; empty: it was answered.
  };
  std::uint64_t id = 0;
  SimTime began{};
  std::vector<Call> calls;  ///< By the service's calls.
  std::string exception;    ///< What the handler threw; empty: nothing.
};

/// Segments begin when a worker takes the request: what waits in the accept queue, the SDK cannot
/// see. A process that dies, or never answers, never sends its segment.
///
/// A segment with more than 20 subsegments sends them as documents of their own, as the SDK does
/// to stay below 64 kB.
///
/// Source: X-Ray Developer Guide, segment documents; the SDKs' default sampling;
///         aws-xray-sdk-go, strategy/sampling and DefaultStreamingStrategy (20).
/// Limits: no stack in a `cause`; nothing is lost between the SDK and the X-Ray service.
class SdkTracer {
 public:
  SdkTracer(const sim::Engine& engine, telemetry::Sink& sink, const http::Names& names,
            telemetry::HostClock clock, const SdkIdentity& identity, sim::Rng ids,
            telemetry::Sampler sampler, SdkOutputs outputs = {});

  /// Gives a request that carries no trace one of its own. Null when it is not traced.
  [[nodiscard]] std::unique_ptr<SdkSegment> begin(http::Request& request, std::size_t calls);
  /// A call begins; what it sends names the subsegment as its parent.
  void begin_call(SdkSegment& segment, std::size_t index, const http::Request& spec,
                  http::Request& sent);
  /// Writes the segment; the request has been answered. `status` 0: it never was.
  void write(const SdkSegment& segment, const http::Request& request, vpc::Ipv4 client, int status,
             sim::Bytes sent);
  [[nodiscard]] std::uint64_t segments_written() const { return segments_written_; }

 private:
  void write_xray(const SdkSegment& segment, const http::Request& request, std::string_view client,
                  int status, sim::Bytes sent);
  /// The members that tell who it is; the same in each of its segments.
  [[nodiscard]] static std::string members_of(const SdkIdentity& identity);
  void append_head(const SdkSegment& segment, const http::Request& request);
  void append_http(const http::Request& request, std::string_view client, int status,
                   sim::Bytes sent);
  void append_calls(const SdkSegment& segment);
  /// Its members, without braces.
  void append_call(const SdkSegment::Call& call);
  void append_cause(std::uint64_t id, std::string_view exception);
  void stream_calls(const SdkSegment& segment, const http::Request& request);

  const sim::Engine& engine_;
  telemetry::Sink& sink_;
  const http::Names& names_;
  telemetry::HostClock clock_;
  std::string identity_;  ///< As members_of() has it.
  sim::Rng ids_;
  telemetry::Sampler sampler_;
  SdkOutputs outputs_;
  sim::Text text_;
  std::uint64_t segments_written_ = 0;
};

}  // namespace hoplab::models::app
