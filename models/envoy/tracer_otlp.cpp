// The same span as Envoy's OpenTelemetry tracer exports it.
#include <fmt/format.h>

#include <iterator>

#include "models/envoy/tracer.hpp"

namespace hoplab::models::envoy {

using telemetry::append_attribute;

namespace {

// SpanKind of opentelemetry.proto.trace.v1; the proxy of a caller acts for its client.
constexpr int kind_server = 2;
constexpr int kind_client = 3;
// Sampled; the parent is known to be remote, where there is one.
constexpr int flags_remote_parent = 0x301;
constexpr int flags_no_parent = 0x101;

}  // namespace

void Tracer::write_otlp(const Span& span) {
  const http::Request& request = *span.request;
  const bool is_egress = span.direction == Direction::egress;
  sim::Text& out = outputs_.otlp->begin_span();
  out += R"({"traceId":")";
  http::append_w3c_trace_id(out, request);
  out += R"(","spanId":")";
  http::append_segment_id(out, span.id);
  if (request.trace.parent != 0) {
    out += R"(","parentSpanId":")";
    http::append_segment_id(out, request.trace.parent);
  }
  fmt::format_to(std::back_inserter(out), R"(","flags":{},"name":"{}{}","kind":{})",
                 request.trace.parent != 0 ? flags_remote_parent : flags_no_parent,
                 is_egress ? "egress " : "ingress",
                 is_egress ? names_.text(request.authority) : std::string(),
                 is_egress ? kind_client : kind_server);
  telemetry::append_unix_nano(out, "startTimeUnixNano", clock_.at(span.start));
  telemetry::append_unix_nano(out, "endTimeUnixNano", clock_.at(engine_.now()));
  out += R"(,"attributes":[)";
  append_otlp_tags(out, span);
  out += R"(],"status":{)";
  if (span.status == 0 || span.status >= 500) out += R"("code":2)";
  out += "}}";
  outputs_.otlp->end_span();
}

void Tracer::append_otlp_tags(sim::Text& out, const Span& span) const {
  const http::Request& request = *span.request;
  append_attribute(out, "node_id", tracer_names_.node_id);
  sim::Text text;
  http::append_uuid(text, request.id);
  append_attribute(out, "guid:x-request-id", text);
  append_attribute(out, "http.url",
                   "http://" + names_.text(request.authority) + names_.text(request.path));
  append_attribute(out, "http.method", names_.text(request.method));
  append_attribute(out, "downstream_cluster", "-");
  append_attribute(out, "user_agent", names_.text(request.user_agent));
  append_attribute(out, "http.protocol", "HTTP/1.1");
  append_attribute(out, "peer.address", vpc::to_string(span.peer));
  append_attribute(out, "request_size", std::to_string(request.body.count()));
  append_attribute(out, "component", "proxy");
  const bool has_cluster = !span.upstream_cluster.empty();
  append_attribute(out, "upstream_cluster", has_cluster ? span.upstream_cluster : "-");
  if (has_cluster) append_attribute(out, "upstream_cluster.name", span.upstream_cluster);
  append_attribute(out, "http.status_code", std::to_string(span.status));
  append_attribute(out, "response_size", std::to_string(span.sent.count()));
  text.clear();
  append_flags(text, span.flags);
  append_attribute(out, "response_flags", text);
  if (span.status == 0 || span.status >= 500) append_attribute(out, "error", "true");
}

}  // namespace hoplab::models::envoy
