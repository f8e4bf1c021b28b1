#include "models/envoy/log_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "sim/random.hpp"

namespace hoplab::models::envoy {
namespace {

using scenarios::AddressPart;
using scenarios::LogValue;

constexpr std::string_view protocol = "HTTP/1.1";
/// Before it UPSTREAM_CLUSTER was the cluster of the host: without a host, no cluster.
/// Source: Envoy, substitution_formatter.cc before upstreamClusterInfo().
constexpr int minor_with_own_cluster = 18;

bool append_bytes(sim::Text& out, sim::Bytes bytes) {
  out.append_number(bytes.count());
  return true;
}

bool append_duration(sim::Text& out, const std::optional<SimTime>& from,
                     const std::optional<SimTime>& to) {
  if (!from || !to) return false;
  out.append_number(std::chrono::duration_cast<std::chrono::milliseconds>(*to - *from).count());
  return true;
}

bool append_text(sim::Text& out, std::string_view text) {
  out += text;
  return !text.empty();
}

/// The text of each byte, and a dot.
struct Octet {
  std::array<char, 4> text{};
  std::uint8_t size = 0;
};
constexpr auto octets = [] {
  std::array<Octet, 256> all{};
  for (std::size_t byte = 0; byte < all.size(); ++byte) {
    Octet& octet = all[byte];
    for (const std::size_t unit : {100U, 10U, 1U}) {
      if (byte < unit && unit > 1) continue;
      octet.text[octet.size++] = static_cast<char>('0' + byte / unit % 10);
    }
    octet.text[octet.size++] = '.';
  }
  return all;
}();

void append_address(sim::Text& out, vpc::Ipv4 address) {
  std::array<char, 4 * sizeof(Octet)> text;
  std::size_t size = 0;
  for (const int shift : {24, 16, 8, 0}) {
    const Octet& octet = octets[address.bits >> shift & 255U];
    std::memcpy(text.data() + size, octet.text.data(), octet.text.size());
    size += octet.size;
  }
  out += std::string_view(text.data(), size - 1);
}

bool append_endpoint(sim::Text& out, AddressPart part, const std::optional<Endpoint>& endpoint) {
  if (!endpoint) return false;
  if (part != AddressPart::port) append_address(out, endpoint->address);
  if (part == AddressPart::whole) out.push_back(':');
  if (part != AddressPart::address) out.append_number(endpoint->port);
  return true;
}

bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void append_escaped(sim::Text& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (needs_escape(c)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
}

/// Escapes what has been written from `start` on.
void escape_from(sim::Text& out, std::size_t start) {
  const std::string_view written = out.view().substr(start);
  if (std::ranges::none_of(written, needs_escape)) return;
  const std::string plain(written);
  out.cut(start);
  append_escaped(out, plain);
}

}  // namespace

// --- Compiling --------------------------------------------------------------------------------

LogFormat::LogFormat(const scenarios::AccessLogFile& file, LogOwner owner, const http::Names& names,
                     telemetry::HostClock clock)
    : owner_(std::move(owner)), names_(names), clock_(clock) {
  if (!file.json.empty()) {
    compile_json(file);
  } else {
    compile(file.text ? std::string_view(file.text->text) : scenarios::default_log_format, {});
  }
}

void LogFormat::compile_json(const scenarios::AccessLogFile& file) {
  std::string between = "{";
  for (const auto& [key, value] : file.json) {
    sim::Text text(between);
    text += '"';
    append_escaped(text, key);
    text += "\":";
    add_text(text);
    const auto read = scenarios::take_apart(value.text, owner_.profile->name);
    const bool is_whole = owner_.types_json_values && read.pieces.size() == 1 &&
                          read.pieces.front().value != LogValue::literal;
    if (!is_whole) add_text("\"");
    compile(value.text, {.escapes = true, .is_whole = is_whole});
    if (!is_whole) add_text("\"");
    between = ",";
  }
  add_text("}\n");
}

void LogFormat::compile(std::string_view format, Context context) {
  auto read = scenarios::take_apart(format, owner_.profile->name);
  HOPLAB_ASSERT(read.troubles.empty(), "formats are checked when the scenario is read");
  for (const scenarios::LogPiece& piece : read.pieces) add(piece, context);
}

void LogFormat::add_text(std::string_view text) { rest_ += text; }

void LogFormat::add(const scenarios::LogPiece& piece, Context context) {
  std::string known;
  const auto of_process = owner_.environment.find(piece.text);
  if (piece.value == LogValue::literal) known = piece.text;
  if (piece.value == LogValue::hostname) known = owner_.hostname;
  if (piece.value == LogValue::environment && of_process != owner_.environment.end()) {
    known = of_process->second.substr(0, piece.length_max.value_or(~std::uint32_t{0}));
  }
  if (!known.empty()) {
    sim::Text text(known);
    if (context.escapes) escape_from(text, 0);
    return add_text(context.is_whole ? '"' + std::string(text.view()) + '"' : text.view());
  }
  const bool is_absent = piece.value == LogValue::absent || piece.value == LogValue::hostname ||
                         piece.value == LogValue::environment;
  if (is_absent) return add_text(context.is_whole ? "null" : scenarios::absent_value);
  Step step;
  step.before = std::exchange(rest_, {});
  step.value = piece.value;
  step.part = piece.part;
  step.escapes = context.escapes;
  step.is_typed = context.is_whole;
  step.is_number = piece.is_number;
  step.length_max = piece.length_max;
  step.text = piece.text;
  step.alternative_text = piece.alternative;
  if (piece.value == LogValue::request_header || piece.value == LogValue::response_header) {
    const bool is_request = piece.value == LogValue::request_header;
    step.header = is_request ? request_header(piece.text) : response_header(piece.text);
    if (!piece.alternative.empty()) {
      step.alternative =
          is_request ? request_header(piece.alternative) : response_header(piece.alternative);
    }
  } else if (piece.value == LogValue::start_time && !piece.text.empty()) {
    std::string trouble;
    step.time = scenarios::LogTime::parse(piece.text, trouble);
  }
  steps_.push_back(std::move(step));
}

LogFormat::Header LogFormat::request_header(std::string_view name) const {
  if (name == ":method") return Header::method;
  if (name == ":path") return Header::path;
  if (name == ":authority" || name == "host") return Header::authority;
  if (name == ":scheme" || name == "x-forwarded-proto") return Header::scheme;
  if (name == "user-agent") return Header::user_agent;
  if (name == "x-request-id") return Header::request_id;
  if (name == "x-amzn-trace-id") {
    return owner_.propagators.xray ? Header::trace_id : Header::none;
  }
  if (name == "traceparent") {
    return owner_.propagators.tracecontext ? Header::traceparent : Header::none;
  }
  if (name == "content-length") return Header::content_length;
  // Envoy keeps it where it rewrites paths, which App Mesh's virtual nodes do not.
  if (name == "x-envoy-original-path") return Header::none;
  return Header::other;
}

LogFormat::Header LogFormat::response_header(std::string_view name) {
  if (name == ":status") return Header::status;
  if (name == "content-length") return Header::content_length;
  if (name == "content-type") return Header::content_type;
  if (name == "server") return Header::server;
  if (name == "x-envoy-upstream-service-time") return Header::upstream_service_time;
  if (name == "x-envoy-overloaded") return Header::overloaded;
  if (name == "connection") return Header::connection;
  return Header::none;
}

// --- Writing ----------------------------------------------------------------------------------

void LogFormat::append(sim::Text& out, const AccessLogEntry& entry) {
  for (const Step& step : steps_) {
    out += step.before;
    const std::size_t start = out.size();
    if (!append_value(out, step, entry)) {
      out += step.is_typed ? "null" : scenarios::absent_value;
    } else if (step.is_adorned()) {
      adorn(out, start, step);
    }
  }
  out += rest_;
}

void LogFormat::adorn(sim::Text& out, std::size_t start, const Step& step) {
  if (step.length_max && out.size() - start > *step.length_max) out.cut(start + *step.length_max);
  if (step.escapes) escape_from(out, start);
  if (step.is_typed && !step.is_number) {
    const std::string text(out.view().substr(start));
    out.cut(start);
    out += '"';
    out += text;
    out += '"';
  }
}

bool LogFormat::append_value(sim::Text& out, const Step& step, const AccessLogEntry& entry) {
  switch (step.value) {
    case LogValue::start_time:
      append_start_time(out, step, entry.start);
      return true;
    case LogValue::duration:
      return append_duration(out, entry.start, entry.end);
    case LogValue::request_header:
      return append_request_header(out, step.header, step.text, entry) ||
             append_request_header(out, step.alternative, step.alternative_text, entry);
    case LogValue::response_header:
      return append_response_header(out, step.header, entry) ||
             append_response_header(out, step.alternative, entry);
    case LogValue::protocol:
      return append_text(out, protocol);
    case LogValue::response_code:
      out.append_number(entry.status);
      return true;
    case LogValue::response_code_details:
      return append_text(out, entry.details);
    case LogValue::response_flags:
      append_flags(out, entry.flags);
      return true;
    case LogValue::bytes_received:
      return append_bytes(out, entry.request->body);
    case LogValue::bytes_sent:
      return append_bytes(out, entry.response->body);
    case LogValue::upstream_host:
      return append_endpoint(out, step.part, entry.upstream_host);
    case LogValue::request_duration:
      return append_duration(out, entry.start, entry.start);
    case LogValue::request_tx_duration:
      return append_duration(out, entry.start, entry.sent);
    case LogValue::response_duration:
      return append_duration(out, entry.start, entry.answered);
    case LogValue::response_tx_duration:
      return append_duration(out, entry.answered, entry.end);
    case LogValue::request_id:
      http::append_uuid(out, entry.request->id);
      return true;
    case LogValue::access_log_type:
      return append_text(out, "DownstreamEnd");
    case LogValue::zero:
      out.append_number(0);
      return true;
    default:
      return append_way(out, step, entry);
  }
}

bool LogFormat::append_way(sim::Text& out, const Step& step, const AccessLogEntry& entry) const {
  switch (step.value) {
    case LogValue::local_reply_body:
      if (entry.reply == nullptr || entry.reply->text.empty()) return false;
      append_local_body(out, *entry.reply, entry.attempts > 1);
      return true;
    case LogValue::upstream_protocol:
      return append_text(out, entry.sent.has_value() ? protocol : "");
    case LogValue::upstream_cluster:
      if (owner_.profile->minor < minor_with_own_cluster && !entry.upstream_host) return false;
      return append_text(out, entry.upstream_cluster);
    case LogValue::upstream_local_address:
      return append_endpoint(out, step.part, entry.upstream_own);
    case LogValue::upstream_transport_failure_reason:
      return append_text(out, entry.reply == nullptr ? "" : entry.reply->transport);
    case LogValue::upstream_request_attempt_count:
      out.append_number(entry.attempts);
      return true;
    case LogValue::downstream_remote_address:
      return append_endpoint(out, step.part, entry.peer);
    case LogValue::downstream_local_address:
      if (entry.asked.address == vpc::Ipv4{} && step.part != AddressPart::port) return false;
      return append_endpoint(out, step.part, entry.asked);
    case LogValue::connection_id:
      out.append_number(static_cast<std::int64_t>(entry.connection));
      return true;
    default:
      return append_bytes(out, bytes_on_the_wire(step.value, entry));
  }
}

sim::Bytes LogFormat::bytes_on_the_wire(LogValue value, const AccessLogEntry& entry) {
  const auto if_there = [](sim::Bytes bytes, bool is_there) {
    return is_there ? bytes : sim::Bytes(0);
  };
  const sim::Bytes head = http::head_size;
  const sim::Bytes request = head + entry.request->body;
  const sim::Bytes response = head + entry.response->body;
  switch (value) {
    case LogValue::request_headers_bytes:
      return head;
    case LogValue::response_headers_bytes:
      return if_there(head, entry.status != 0);
    case LogValue::downstream_wire_bytes_received:
      return request;
    case LogValue::downstream_wire_bytes_sent:
      return if_there(response, entry.status != 0);
    case LogValue::upstream_header_bytes_sent:
      return if_there(head, entry.sent.has_value());
    case LogValue::upstream_wire_bytes_sent:
      return if_there(request, entry.sent.has_value());
    case LogValue::upstream_header_bytes_received:
      return if_there(head, entry.answered.has_value());
    case LogValue::upstream_wire_bytes_received:
      return if_there(response, entry.answered.has_value());
    default:
      HOPLAB_ASSERT(false, "what does not change from line to line is a literal");
  }
}

void LogFormat::append_start_time(sim::Text& out, const Step& step, SimTime start) {
  const sim::WallTime instant = clock_.at(start);
  if (step.time) return step.time->append(out, instant);
  time_text_.append(out, instant);
}

// --- Headers ----------------------------------------------------------------------------------

bool LogFormat::append_name(sim::Text& out, http::Name name) const {
  return append_text(out, names_.text(name));
}

bool LogFormat::append_path(sim::Text& out, http::Name name) const {
  const std::string_view path = names_.text(name);
  return append_text(out, owner_.omits_query ? path.substr(0, path.find('?')) : path);
}

bool LogFormat::append_request_header(sim::Text& out, Header header, std::string_view name,
                                      const AccessLogEntry& entry) const {
  const http::Request& request = *entry.request;
  switch (header) {
    case Header::method:
      return append_name(out, request.method);
    case Header::path:
      return append_path(out, request.path);
    case Header::authority:
      return append_name(out, request.authority);
    case Header::user_agent:
      return append_name(out, request.user_agent);
    case Header::scheme:
      return append_text(out, "http");
    case Header::request_id:
      http::append_uuid(out, request.id);
      return true;
    case Header::trace_id:
      return append_trace_id(out, entry);
    case Header::traceparent:
      return append_traceparent(out, entry);
    case Header::content_length:
      return request.body > sim::Bytes(0) && append_bytes(out, request.body);
    case Header::other:
      return append_text(out, http::find_header(names_.text(request.headers), name).value_or(""));
    default:
      return false;
  }
}

// As it goes upstream: an Envoy that traces has put its own segment there.
bool LogFormat::append_trace_id(sim::Text& out, const AccessLogEntry& entry) const {
  const http::Trace& trace = entry.request->trace;
  if (trace.decision == http::Trace::Decision::absent) return false;
  out += "Root=";
  http::append_trace_id(out, *entry.request);
  if (const std::uint64_t parent = entry.segment != 0 ? entry.segment : trace.parent; parent != 0) {
    out += ";Parent=";
    http::append_segment_id(out, parent);
  }
  out += trace.is_sampled() ? ";Sampled=1" : ";Sampled=0";
  return true;
}

// W3C wants a parent in any case: whoever does not trace a request makes one up.
bool LogFormat::append_traceparent(sim::Text& out, const AccessLogEntry& entry) {
  const http::Request& request = *entry.request;
  if (request.trace.decision == http::Trace::Decision::absent) return false;
  std::uint64_t parent = entry.segment != 0 ? entry.segment : request.trace.parent;
  if (parent == 0) parent = sim::mixed(request.id.high + request.id.low) | 1U;
  http::append_traceparent(out, request, parent);
  return true;
}

bool LogFormat::append_response_header(sim::Text& out, Header header,
                                       const AccessLogEntry& entry) const {
  if (entry.status == 0) return false;
  const http::Response& response = *entry.response;
  switch (header) {
    case Header::status:
      out.append_number(entry.status);
      return true;
    case Header::content_length:
      return response.body > sim::Bytes(0) && append_bytes(out, response.body);
    case Header::content_type:
      return entry.reply != nullptr && !entry.reply->text.empty() && append_text(out, "text/plain");
    case Header::server:
      return append_text(out, "envoy");
    case Header::upstream_service_time:
      if (response.upstream_service_time_ms < 0) return false;
      out.append_number(response.upstream_service_time_ms);
      return true;
    case Header::overloaded:
      return has(entry.flags, Flag::upstream_overflow) && append_text(out, "true");
    case Header::connection:
      return response.closes_connection && append_text(out, "close");
    default:
      return false;
  }
}

}  // namespace hoplab::models::envoy
