// HTTP/1.1 messages as the simulator carries them: sizes and the headers that telemetry shows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/text.hpp"
#include "sim/units.hpp"

namespace hoplab::models::http {

/// An interned text: a path, a method, an authority, a user agent. Equal texts have equal names.
struct Name {
  std::uint32_t index = 0;
  auto operator<=>(const Name&) const = default;
};

/// Interns texts. Index 0 is the empty text.
class Names {
 public:
  Names() { static_cast<void>(intern("")); }
  Name intern(std::string_view text) {
    const auto [place, is_new] =
        index_.try_emplace(std::string(text), Name{static_cast<std::uint32_t>(texts_.size())});
    if (is_new) texts_.push_back(&place->first);
    return place->second;
  }
  [[nodiscard]] const std::string& text(Name name) const { return *texts_[name.index]; }

 private:
  std::map<std::string, Name, std::less<>> index_;
  std::vector<const std::string*> texts_;
};

/// x-request-id, 128 bits; zero means the header is absent.
struct RequestId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  [[nodiscard]] bool is_set() const { return (high | low) != 0; }
  bool operator==(const RequestId&) const = default;
};

/// A UUID from random bits. `version` is its 13th digit: 4, or 9 where an Envoy that traces made
/// it. Source: Envoy, source/extensions/request_id/uuid/config.cc (the trace reason "sampling").
[[nodiscard]] RequestId make_uuid(std::uint64_t high, std::uint64_t low, unsigned version);

/// X-Amzn-Trace-Id. The 96 random bits of its Root are a hash of the request id: it travels with
/// the request anyway, and to everybody else both are random.
struct Trace {
  enum class Decision : std::uint8_t { absent, not_sampled, sampled };
  std::uint64_t parent = 0;  ///< Segment or subsegment of whoever sent the request; 0: none.
  std::uint32_t epoch = 0;   ///< Of the Root: the second in which the trace began, since 1970.
  Decision decision = Decision::absent;
  [[nodiscard]] bool is_sampled() const { return decision == Decision::sampled; }
};

/// What head and framing weigh on the wire besides the body.
/// Assumed: no public figure; a plain GET with App Mesh's headers is about this size.
inline constexpr sim::Bytes head_size{400};

struct Request {
  RequestId id;
  Name method;
  Name path;
  Name authority;  ///< "b.local:8080".
  Name user_agent;
  Name headers;  ///< Others, as head_lines() writes them.
  Trace trace;
  sim::Bytes body{0};
  sim::SimTime handed{};  ///< When its hop began: the simulator's own stamp, not on the wire.
};

struct Response {
  int status = 200;
  sim::Bytes body{0};
  std::int32_t upstream_service_time_ms = -1;  ///< x-envoy-upstream-service-time; -1 = absent.
  /// Its sender closed the connection too early, or sent bytes that are no HTTP.
  enum class Damage : std::uint8_t { none, truncated, garbage };
  Damage damage = Damage::none;
  bool closes_connection = false;  ///< `Connection: close`: whoever gets it closes.
  sim::SimTime handed{};           ///< As in Request.
  sim::SimTime head_arrived{};     ///< At its receiver, ahead of a body that takes time.
};

/// What a message weighs on the wire, head and body.
[[nodiscard]] inline std::uint64_t wire_size(const Request& request) {
  return static_cast<std::uint64_t>((head_size + request.body).count());
}
[[nodiscard]] inline std::uint64_t wire_size(const Response& response) {
  return static_cast<std::uint64_t>((head_size + response.body).count());
}

/// "x-canary: true\nx-tenant: 7\n": headers as one text that can be interned; names in small
/// letters.
[[nodiscard]] std::string head_lines(std::vector<std::pair<std::string, std::string>> headers);
/// The value of a header in such a text; nothing when it is not there.
[[nodiscard]] std::optional<std::string_view> find_header(std::string_view lines,
                                                          std::string_view name);

/// Writes a request id as a UUID, 36 characters, to `out`.
void append_uuid(sim::Text& out, RequestId id);

/// Writes the Root of a request's trace: "1-5759e988-bd862e3fe1be46a994272793". Requires that there
/// is one.
void append_trace_id(sim::Text& out, const Request& request);
/// The same id as W3C and OpenTelemetry write it: 32 hex digits, of which the first 8 are the
/// second.
void append_w3c_trace_id(sim::Text& out, const Request& request);
/// "00-<trace>-<parent>-01": W3C's traceparent. Requires that there are a trace and a parent.
void append_traceparent(sim::Text& out, const Request& request, std::uint64_t parent);
/// 16 hex digits: a segment's or subsegment's id.
void append_segment_id(sim::Text& out, std::uint64_t id);

}  // namespace hoplab::models::http
