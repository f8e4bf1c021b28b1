#include "models/envoy/tracer.hpp"

#include <utility>

#include "models/http/trace_start.hpp"
#include "models/telemetry/segment.hpp"

namespace hoplab::models::envoy {

using telemetry::append_member;

Tracer::Tracer(const sim::Engine& engine, telemetry::Sink& sink, const http::Names& names,
               telemetry::HostClock clock, TracerNames tracer_names, sim::Rng ids,
               telemetry::Sampler sampler, TracerOutputs outputs)
    : engine_(engine),
      sink_(sink),
      names_(names),
      clock_(clock),
      tracer_names_(std::move(tracer_names)),
      ids_(ids),
      sampler_(std::move(sampler)),
      outputs_(outputs),
      identity_(members_of(tracer_names_)) {}

std::string Tracer::members_of(const TracerNames& names) {
  sim::Text text;
  append_member(text, "origin", "AWS::AppMesh::Proxy");
  text += ",\"aws\":{\"app_mesh\":{";
  append_member(text, "mesh_name", names.mesh);
  append_member(text, "virtual_node_name", names.virtual_node);
  text += "}}";
  return ',' + std::string(text.view());
}

std::uint64_t Tracer::begin(http::Request& request) {
  http::start_trace(request, names_, sampler_, clock_.at(engine_.now()));
  return request.trace.is_sampled() ? ids_.bits() : 0;
}

void Tracer::append_http(const Span& span) {
  const http::Request& request = *span.request;
  text_ += ",\"http\":{\"request\":{";
  append_member(text_, "url",
                "http://" + names_.text(request.authority) + names_.text(request.path));
  append_member(text_, "method", names_.text(request.method));
  append_member(text_, "client_ip", vpc::to_string(span.peer));
  text_ += ",\"x_forwarded_for\":false";
  append_member(text_, "user_agent", names_.text(request.user_agent));
  text_ += '}';
  telemetry::append_response(text_, span.status, span.sent);
  text_ += '}';
}

void Tracer::append_annotations(const Span& span) {
  text_ += ",\"annotations\":{";
  append_member(text_, "direction", span.direction == Direction::egress ? "egress" : "ingress");
  append_member(text_, "component", "proxy");
  sim::Text value;
  append_flags(value, span.flags);
  append_member(text_, "response_flags", value);
  append_member(text_, "downstream_cluster", "-");
  const bool has_cluster = !span.upstream_cluster.empty();
  append_member(text_, "upstream_cluster", has_cluster ? span.upstream_cluster : "-");
  if (has_cluster) append_member(text_, "upstream_cluster.name", span.upstream_cluster);
  append_member(text_, "http.protocol", "HTTP/1.1");
  append_member(text_, "request_size", std::to_string(span.request->body.count()));
  value.clear();
  http::append_uuid(value, span.request->id);
  append_member(text_, "guid:x-request-id", value);
  append_member(text_, "node_id", tracer_names_.node_id);
  text_ += '}';
}

void Tracer::write(const Span& span) {
  if (outputs_.otlp != nullptr) write_otlp(span);
  if (outputs_.has_xray) write_xray(span);
}

void Tracer::write_xray(const Span& span) {
  text_ = "{";
  append_member(text_, "name", tracer_names_.segment);
  text_ += ",\"id\":\"";
  http::append_segment_id(text_, span.id);
  text_ += "\",\"trace_id\":\"";
  http::append_trace_id(text_, *span.request);
  text_ += "\",";
  telemetry::append_times(text_, clock_.at(span.start), clock_.at(engine_.now()));
  if (span.request->trace.parent != 0) {
    text_ += ",\"parent_id\":\"";
    http::append_segment_id(text_, span.request->trace.parent);
    text_ += '"';
  }
  append_http(span);
  append_annotations(span);
  text_ += identity_;
  telemetry::append_outcome(text_, span.status);
  text_ += '}';
  ++segments_written_;
  sink_.xray_segment(text_);
}

}  // namespace hoplab::models::envoy
