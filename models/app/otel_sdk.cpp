#include "models/app/otel_sdk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace hoplab::models::app {
namespace {

using telemetry::append_attribute;
using telemetry::append_unix_nano;

// SpanKind and StatusCode of opentelemetry.proto.trace.v1.
constexpr int kind_server = 2;
constexpr int kind_client = 3;
// Span.flags: the W3C byte says "sampled"; bit 8 that bit 9, "the parent is remote", is known.
constexpr int flags_local_parent = 0x101;
constexpr int flags_remote_parent = 0x301;

constexpr std::int64_t default_port = 80;

struct Place {
  std::string_view host;
  std::int64_t port = default_port;
};

Place place_of(std::string_view authority) {
  Place place{.host = authority.substr(0, authority.find(':'))};
  if (place.host.size() < authority.size()) {
    const std::string_view digits = authority.substr(place.host.size() + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), place.port);
  }
  return place;
}

struct SpanHead {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  int kind = kind_server;
  std::string_view name;
  std::string_view route;  ///< Behind the name; empty: none.
  sim::WallTime start;
  sim::WallTime end;
};

void append_head(sim::Text& out, const http::Request& request, const SpanHead& head) {
  out += R"({"traceId":")";
  http::append_w3c_trace_id(out, request);
  out += R"(","spanId":")";
  http::append_segment_id(out, head.id);
  if (head.parent != 0) {
    out += R"(","parentSpanId":")";
    http::append_segment_id(out, head.parent);
  }
  fmt::format_to(
      std::back_inserter(out), R"(","flags":{},"name":")",
      head.kind == kind_server && head.parent != 0 ? flags_remote_parent : flags_local_parent);
  telemetry::append_json_escaped(out, head.name);
  if (!head.route.empty()) {
    out += ' ';
    telemetry::append_json_escaped(out, head.route);
  }
  fmt::format_to(std::back_inserter(out), R"(","kind":{})", head.kind);
  append_unix_nano(out, "startTimeUnixNano", head.start);
  append_unix_nano(out, "endTimeUnixNano", head.end);
  out += R"(,"attributes":[)";
}

std::string_view without_query(std::string_view path) { return path.substr(0, path.find('?')); }

/// The status code, or what stands in its place when there was no answer.
std::string error_type(int status) { return status == 0 ? "_OTHER" : std::to_string(status); }

}  // namespace

OtelSdk::OtelSdk(telemetry::OtlpExporter& exporter, const http::Names& names,
                 std::function<OtelUsage()> usage)
    : exporter_(exporter), names_(names), usage_(std::move(usage)) {}

void OtelSdk::begin() {
  requests_.clear();
  calls_.clear();
  exporter_.collect(*this);
}

// --- Spans ------------------------------------------------------------------------------------

void OtelSdk::write_spans(const SdkSegment& segment, const http::Request& request,
                          std::string_view client, int status) {
  for (const SdkSegment::Call& call : segment.calls) {
    if (call.id == 0) continue;
    append_client(exporter_.begin_span(), segment, request, call);
    exporter_.end_span();
  }
  append_server(exporter_.begin_span(), segment, request, client, status);
  exporter_.end_span();
}

void OtelSdk::append_place(sim::Text& out, http::Name authority) const {
  const Place place = place_of(names_.text(authority));
  append_attribute(out, "server.address", place.host);
  append_attribute(out, "server.port", place.port);
}

void OtelSdk::append_server(sim::Text& out, const SdkSegment& segment, const http::Request& request,
                            std::string_view client, int status) const {
  const std::string_view path = names_.text(request.path);
  const std::string_view route = without_query(path);
  append_head(out, request,
              {.id = segment.id,
               .parent = request.trace.parent,
               .kind = kind_server,
               .name = names_.text(request.method),
               .route = route,
               .start = exporter_.at(segment.began),
               .end = exporter_.at(exporter_.now())});
  append_attribute(out, "http.request.method", names_.text(request.method));
  append_attribute(out, "http.route", route);
  append_attribute(out, "url.scheme", "http");
  append_attribute(out, "url.path", route);
  if (route.size() < path.size()) append_attribute(out, "url.query", path.substr(route.size() + 1));
  append_place(out, request.authority);
  append_attribute(out, "client.address", client);
  append_attribute(out, "network.protocol.version", "1.1");
  append_attribute(out, "user_agent.original", names_.text(request.user_agent));
  if (status != 0) append_attribute(out, "http.response.status_code", std::int64_t{status});
  const bool is_error = status == 0 || status >= 500;
  if (is_error) append_attribute(out, "error.type", error_type(status));
  out += R"(],"status":{)";
  if (is_error) out += R"("code":2)";
  out += "}}";
}

void OtelSdk::append_client(sim::Text& out, const SdkSegment& segment, const http::Request& request,
                            const SdkSegment::Call& call) const {
  append_head(out, request,
              {.id = call.id,
               .parent = segment.id,
               .kind = kind_client,
               .name = names_.text(call.request->method),
               .route = {},
               .start = exporter_.at(call.began),
               .end = exporter_.at(call.has_ended ? call.ended : exporter_.now())});
  append_attribute(out, "http.request.method", names_.text(call.request->method));
  append_place(out, call.request->authority);
  append_attribute(
      out, "url.full",
      "http://" + names_.text(call.request->authority) + names_.text(call.request->path));
  if (call.status != 0) {
    append_attribute(out, "network.protocol.version", "1.1");
    append_attribute(out, "http.response.status_code", std::int64_t{call.status});
  }
  const bool is_error = call.status == 0 || call.status >= 400;
  if (is_error) append_attribute(out, "error.type", error_type(call.status));
  out += R"(],"status":{)";
  if (is_error) out += R"("code":2)";
  if (!call.exception.empty()) {
    out += R"(,"message":")";
    telemetry::append_json_escaped(out, call.exception);
    out += '"';
  }
  out += "}}";
}

// --- Log records ------------------------------------------------------------------------------

void OtelSdk::log(const LogRecord& record) {
  sim::Text& out = exporter_.begin_log_record();
  const sim::WallTime now = exporter_.at(exporter_.now());
  out += '{';
  append_unix_nano(out, "timeUnixNano", now);
  append_unix_nano(out, "observedTimeUnixNano", now);
  const char* text = record.severity == Severity::info   ? "INFO"
                     : record.severity == Severity::warn ? "WARN"
                                                         : "ERROR";
  fmt::format_to(std::back_inserter(out),
                 R"(,"severityNumber":{},"severityText":"{}","body":{{"stringValue":")",
                 static_cast<int>(record.severity), text);
  telemetry::append_json_escaped(out, record.body);
  out += R"("},"attributes":[)";
  sim::Text id;
  http::append_uuid(id, record.request->id);
  append_attribute(out, "transaction.id", id);
  append_attribute(out, "url.path", names_.text(record.request->path));
  if (record.status != 0) {
    append_attribute(out, "http.response.status_code", std::int64_t{record.status});
  }
  out += ']';
  const http::Trace& trace = record.request->trace;
  if (trace.decision != http::Trace::Decision::absent) {
    fmt::format_to(std::back_inserter(out), R"(,"flags":{},"traceId":")",
                   trace.is_sampled() ? 1 : 0);
    http::append_w3c_trace_id(out, *record.request);
    out += '"';
    if (record.span != 0) {
      out += R"(,"spanId":")";
      http::append_segment_id(out, record.span);
      out += '"';
    }
  }
  out += '}';
  exporter_.end_log_record();
}

// --- Metrics ----------------------------------------------------------------------------------

void OtelSdk::request_ended(const http::Request& request, int status, sim::Duration took) {
  for (Series& one : requests_) {
    if (one.status != status || one.path != request.path || one.method != request.method) continue;
    return one.durations.add(took);
  }
  Series& series = requests_.emplace_back();
  series.method = request.method;
  series.path = request.path;
  series.status = status;
  append_attribute(series.attributes, "http.request.method", names_.text(request.method));
  append_attribute(series.attributes, "http.route", without_query(names_.text(request.path)));
  append_attribute(series.attributes, "url.scheme", "http");
  append_attribute(series.attributes, "network.protocol.version", "1.1");
  if (status != 0) {
    append_attribute(series.attributes, "http.response.status_code", std::int64_t{status});
  }
  if (status == 0 || status >= 500) {
    append_attribute(series.attributes, "error.type", error_type(status));
  }
  series.durations.add(took);
}

void OtelSdk::call_ended(const http::Request& request, int status, sim::Duration took) {
  for (Series& one : calls_) {
    const bool is_same =
        one.status == status && one.authority == request.authority && one.method == request.method;
    if (is_same) return one.durations.add(took);
  }
  Series& series = calls_.emplace_back();
  series.method = request.method;
  series.authority = request.authority;
  series.status = status;
  append_attribute(series.attributes, "http.request.method", names_.text(request.method));
  append_place(series.attributes, request.authority);
  if (status != 0) {
    append_attribute(series.attributes, "network.protocol.version", "1.1");
    append_attribute(series.attributes, "http.response.status_code", std::int64_t{status});
  }
  if (status == 0 || status >= 400) {
    append_attribute(series.attributes, "error.type", error_type(status));
  }
  series.durations.add(took);
}

void OtelSdk::append(sim::Text& out, sim::WallTime started, sim::WallTime now) {
  append_durations(out, "http.server.request.duration", requests_, started, now);
  append_durations(out, "http.client.request.duration", calls_, started, now);
  const OtelUsage usage = usage_();
  if (out.back() != '[') out += ',';
  constexpr double billion = 1e9;
  out += R"({"name":"container.cpu.time","unit":"s","sum":{"aggregationTemporality":2,)"
         R"("isMonotonic":true,"dataPoints":[{)";
  append_unix_nano(out, "startTimeUnixNano", started);
  append_unix_nano(out, "timeUnixNano", now);
  fmt::format_to(std::back_inserter(out), R"(,"asDouble":{}}}]}}}},)",
                 static_cast<double>(usage.cpu.count()) / billion);
  out += R"({"name":"container.memory.usage","unit":"By","gauge":{"dataPoints":[{)";
  append_unix_nano(out, "timeUnixNano", now);
  fmt::format_to(std::back_inserter(out), R"(,"asInt":"{}"}}]}}}})", usage.memory.count());
}

void OtelSdk::append_durations(sim::Text& out, std::string_view name,
                               const std::vector<Series>& all, sim::WallTime started,
                               sim::WallTime now) const {
  if (all.empty()) return;
  if (out.back() != '[') out += ',';
  fmt::format_to(std::back_inserter(out),
                 R"({{"name":"{}","unit":"s","histogram":{{"aggregationTemporality":2,)"
                 R"("dataPoints":[)",
                 name);
  for (const Series& series : all) {
    series.durations.append_point(out, series.attributes, started, now);
  }
  out += "]}}";
}

}  // namespace hoplab::models::app
