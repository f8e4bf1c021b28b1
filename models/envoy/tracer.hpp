// Envoy's X-Ray tracer: one segment for each request that a listener has taken.
#pragma once

#include <cstdint>
#include <string>

#include "models/envoy/config.hpp"
#include "models/envoy/profile.hpp"
#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/otlp.hpp"
#include "models/telemetry/sampler.hpp"
#include "sim/text.hpp"

namespace hoplab::models::envoy {

/// Who this Envoy says it is, as its bootstrap configuration has it.
struct TracerNames {
  std::string segment;       ///< "demo/website".
  std::string mesh;          ///< "demo".
  std::string virtual_node;  ///< "website".
  std::string node_id;       ///< The virtual node's ARN.
};

/// Where its spans go.
struct TracerOutputs {
  bool has_xray = true;                     ///< To the X-Ray daemon.
  telemetry::OtlpExporter* otlp = nullptr;  ///< To OpenTelemetry's collector; null: not.
};

/// One request, when its answer has been encoded or its caller has gone: the one record that
/// X-Ray's documents and OpenTelemetry's spans are both written from.
struct Span {
  std::uint64_t id = 0;
  SimTime start{};
  const http::Request* request = nullptr;
  Direction direction = Direction::ingress;
  vpc::Ipv4 peer;  ///< Downstream.
  std::string_view upstream_cluster;
  int status = 0;
  Flag flags = Flag::none;
  sim::Bytes sent{0};
};

/// A segment begins when the request has been decoded and ends with the access-log line. A retry is
/// no segment of its own here; each attempt has one at the Envoy that it reaches.
///
/// Source: Envoy, source/extensions/tracers/xray/tracer.cc and daemon.proto (members, their order,
///         what is left out); App Mesh's bootstrap (names, origin). For OTLP: Envoy's OpenTelemetry
///         tracer (kinds, span names, the same tags as attributes).
/// Limits: nothing is lost between the Envoy and the X-Ray service.
class Tracer {
 public:
  Tracer(const sim::Engine& engine, telemetry::Sink& sink, const http::Names& names,
         telemetry::HostClock clock, TracerNames tracer_names, sim::Rng ids,
         telemetry::Sampler sampler, TracerOutputs outputs = {});

  /// Gives a request that carries no trace one of its own. Returns the id of the segment that is to
  /// be written; 0 when the request is not traced.
  [[nodiscard]] std::uint64_t begin(http::Request& request);
  void write(const Span& span);
  [[nodiscard]] std::uint64_t segments_written() const { return segments_written_; }

 private:
  /// The members that tell whose Envoy it is, with a comma in front; the same in each segment.
  [[nodiscard]] static std::string members_of(const TracerNames& names);
  void write_xray(const Span& span);
  void write_otlp(const Span& span);
  void append_otlp_tags(sim::Text& out, const Span& span) const;
  void append_http(const Span& span);
  void append_annotations(const Span& span);

  const sim::Engine& engine_;
  telemetry::Sink& sink_;
  const http::Names& names_;
  telemetry::HostClock clock_;
  TracerNames tracer_names_;
  sim::Rng ids_;
  telemetry::Sampler sampler_;
  TracerOutputs outputs_;
  std::string identity_;  ///< As members_of() has it.
  sim::Text text_;
  std::uint64_t segments_written_ = 0;
};

}  // namespace hoplab::models::envoy
