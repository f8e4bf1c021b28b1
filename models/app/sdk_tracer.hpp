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

/// A request while it is being traced.
struct SdkSegment {
  struct Call {
    std::uint64_t id = 0;  ///< 0: not made.
    const http::Request* request = nullptr;
    SimTime began{};
    SimTime ended{};
    bool has_ended = false;
    int status = 0;
    sim::Bytes received{0};
    std::string exception;  ///< What it threw before anything was sent; empty: nothing.
  };
  std::uint64_t id = 0;
  SimTime began{};
  std::vector<Call> calls;  ///< By the service's calls.
};

/// Segments begin when a worker takes the request: what waits in the accept queue, the SDK cannot
/// see. A process that dies, or never answers, never sends its segment.
///
/// Source: X-Ray Developer Guide, segment documents; the SDKs' default sampling.
/// Limits: a `cause` where a name or a port was missing only; nothing is lost between the SDK and
/// the X-Ray service.
class SdkTracer {
 public:
  SdkTracer(const sim::Engine& engine, telemetry::Sink& sink, const http::Names& names,
            telemetry::HostClock clock, SdkIdentity identity, sim::Rng ids,
            telemetry::Sampler sampler);

  /// Gives a request that carries no trace one of its own. Null when it is not traced.
  [[nodiscard]] std::unique_ptr<SdkSegment> begin(http::Request& request, std::size_t calls);
  /// A call begins; what it sends names the subsegment as its parent.
  void begin_call(SdkSegment& segment, std::size_t index, const http::Request& spec,
                  http::Request& sent);
  /// Writes the segment; the request has been answered.
  void write(const SdkSegment& segment, const http::Request& request, vpc::Ipv4 client, int status,
             sim::Bytes sent);
  [[nodiscard]] std::uint64_t segments_written() const { return segments_written_; }

 private:
  void append_head(const SdkSegment& segment, const http::Request& request);
  void append_http(const http::Request& request, vpc::Ipv4 client, int status, sim::Bytes sent);
  void append_calls(const SdkSegment& segment);
  void append_call(const SdkSegment::Call& call);
  void append_cause(const SdkSegment::Call& call);

  const sim::Engine& engine_;
  telemetry::Sink& sink_;
  const http::Names& names_;
  telemetry::HostClock clock_;
  SdkIdentity identity_;
  sim::Rng ids_;
  telemetry::Sampler sampler_;
  std::string text_;
  std::uint64_t segments_written_ = 0;
};

}  // namespace hoplab::models::app
