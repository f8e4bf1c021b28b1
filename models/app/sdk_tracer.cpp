#include "models/app/sdk_tracer.hpp"

#include <algorithm>
#include <utility>

#include "models/app/otel_sdk.hpp"
#include "models/http/trace_start.hpp"
#include "models/telemetry/segment.hpp"

namespace hoplab::models::app {
namespace {

using telemetry::append_member;

constexpr std::string_view sdk_name = "X-Ray for Go";
constexpr std::string_view sdk_version = "1.8.4";
constexpr std::ptrdiff_t subsegments_max = 20;

std::string url_of(const http::Names& names, const http::Request& request) {
  return "http://" + names.text(request.authority) + names.text(request.path);
}

}  // namespace

SdkTracer::SdkTracer(const sim::Engine& engine, telemetry::Sink& sink, const http::Names& names,
                     telemetry::HostClock clock, const SdkIdentity& identity, sim::Rng ids,
                     telemetry::Sampler sampler, SdkOutputs outputs)
    : engine_(engine),
      sink_(sink),
      names_(names),
      clock_(clock),
      identity_(members_of(identity)),
      ids_(ids),
      sampler_(std::move(sampler)),
      outputs_(outputs) {}

std::unique_ptr<SdkSegment> SdkTracer::begin(http::Request& request, std::size_t calls) {
  http::start_trace(request, names_, sampler_, clock_.at(engine_.now()));
  if (!request.trace.is_sampled()) return nullptr;
  auto segment = std::make_unique<SdkSegment>();
  segment->id = ids_.bits();
  segment->began = engine_.now();
  segment->calls.resize(calls);
  return segment;
}

void SdkTracer::begin_call(SdkSegment& segment, std::size_t index, const http::Request& spec,
                           http::Request& sent) {
  SdkSegment::Call& call = segment.calls[index];
  call.id = ids_.bits();
  call.request = &spec;
  call.began = engine_.now();
  sent.trace.parent = call.id;
}

std::string SdkTracer::members_of(const SdkIdentity& identity) {
  sim::Text text;
  append_member(text, "name", identity.name);
  append_member(text, "origin", "AWS::ECS::Container");
  text += ",\"service\":{";
  append_member(text, "version", identity.version);
  text += "},\"aws\":{";
  append_member(text, "account_id", identity.account);
  text += ",\"ecs\":{";
  append_member(text, "container", identity.host_name);
  append_member(text, "container_id", identity.container_id);
  append_member(text, "container_arn", identity.container_arn);
  text += "},\"xray\":{";
  append_member(text, "sdk", sdk_name);
  append_member(text, "sdk_version", sdk_version);
  text += "}}";
  return std::string(text.view());
}

void SdkTracer::append_head(const SdkSegment& segment, const http::Request& request) {
  text_ = "{\"trace_id\":\"";
  http::append_trace_id(text_, request);
  text_ += "\",\"id\":\"";
  http::append_segment_id(text_, segment.id);
  text_ += "\",";
  if (request.trace.parent != 0) {
    text_ += "\"parent_id\":\"";
    http::append_segment_id(text_, request.trace.parent);
    text_ += "\",";
  }
  telemetry::append_times(text_, clock_.at(segment.began), clock_.at(engine_.now()));
  text_ += ',';
  text_ += identity_;
}

void SdkTracer::append_http(const http::Request& request, std::string_view client, int status,
                            sim::Bytes sent) {
  text_ += ",\"http\":{\"request\":{";
  append_member(text_, "method", names_.text(request.method));
  append_member(text_, "url", url_of(names_, request));
  append_member(text_, "user_agent", names_.text(request.user_agent));
  append_member(text_, "client_ip", client);
  text_ += '}';
  telemetry::append_response(text_, status, sent);
  text_ += '}';
}

void SdkTracer::append_call(const SdkSegment::Call& call) {
  const std::string& authority = names_.text(call.request->authority);
  text_ += "\"id\":\"";
  http::append_segment_id(text_, call.id);
  text_ += '"';
  append_member(text_, "name", std::string_view(authority).substr(0, authority.find(':')));
  text_ += ',';
  telemetry::append_times(text_, clock_.at(call.began),
                          clock_.at(call.has_ended ? call.ended : engine_.now()));
  append_member(text_, "namespace", "remote");
  text_ += ",\"http\":{\"request\":{";
  append_member(text_, "url", url_of(names_, *call.request));
  append_member(text_, "method", names_.text(call.request->method));
  text_ += ",\"traced\":true}";
  telemetry::append_response(text_, call.status, call.received);
  text_ += '}';
  telemetry::append_outcome(text_, call.status);
  if (!call.exception.empty()) append_cause(call.id, call.exception);
}

void SdkTracer::append_cause(std::uint64_t id, std::string_view exception) {
  text_ += R"(,"cause":{"exceptions":[{"id":")";
  http::append_segment_id(text_, sim::mixed(id));
  text_ += R"(","type":"Error","message":")";
  telemetry::append_json_escaped(text_, exception);
  text_ += "\"}]}";
}

void SdkTracer::append_calls(const SdkSegment& segment) {
  bool is_first = true;
  for (const SdkSegment::Call& call : segment.calls) {
    if (call.id == 0) continue;
    text_ += std::exchange(is_first, false) ? ",\"subsegments\":[{" : ",{";
    append_call(call);
    text_ += '}';
  }
  if (!is_first) text_ += ']';
}

void SdkTracer::stream_calls(const SdkSegment& segment, const http::Request& request) {
  for (const SdkSegment::Call& call : segment.calls) {
    if (call.id == 0) continue;
    text_ = "{\"trace_id\":\"";
    http::append_trace_id(text_, request);
    text_ += "\",\"parent_id\":\"";
    http::append_segment_id(text_, segment.id);
    text_ += "\",\"type\":\"subsegment\",";
    append_call(call);
    text_ += '}';
    sink_.xray_segment(text_);
  }
}

void SdkTracer::write(const SdkSegment& segment, const http::Request& request, vpc::Ipv4 client,
                      int status, sim::Bytes sent) {
  const std::string peer = vpc::to_string(client);
  if (outputs_.otel != nullptr) outputs_.otel->write_spans(segment, request, peer, status);
  if (outputs_.has_xray) write_xray(segment, request, peer, status, sent);
}

void SdkTracer::write_xray(const SdkSegment& segment, const http::Request& request,
                           std::string_view client, int status, sim::Bytes sent) {
  const bool is_streaming = std::ranges::count_if(segment.calls, [](const auto& call) {
                              return call.id != 0;
                            }) > subsegments_max;
  if (is_streaming) stream_calls(segment, request);
  append_head(segment, request);
  append_http(request, client, status, sent);
  text_ += ",\"annotations\":{\"transaction_id\":\"";
  http::append_uuid(text_, request.id);
  text_ += "\"}";
  if (!is_streaming) append_calls(segment);
  telemetry::append_outcome(text_, status);
  if (!segment.exception.empty()) append_cause(segment.id, segment.exception);
  text_ += '}';
  ++segments_written_;
  sink_.xray_segment(text_);
}

}  // namespace hoplab::models::app
