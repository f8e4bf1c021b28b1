// How an Envoy writes the line of a request: its access log's format, ready to be filled in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/envoy/config.hpp"
#include "models/envoy/profile.hpp"
#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/time_text.hpp"
#include "scenarios/schema/log_format.hpp"
#include "scenarios/schema/log_time.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/text.hpp"

namespace hoplab::models::envoy {

/// What is known of one request when it has ended. Pointers and views are read at once.
struct AccessLogEntry {
  SimTime start{};
  SimTime end{};
  const http::Request* request = nullptr;
  const http::Response* response = nullptr;  ///< What went, or would have gone, downstream.
  int status = 0;                            ///< 0: no response was begun.
  Flag flags = Flag::none;
  std::optional<Endpoint> upstream_host = {};  ///< Absent = "-".

  const LocalReply* reply = nullptr;  ///< The Envoy's own answer; null: another's, or none.
  std::string_view details = {};
  std::string_view upstream_cluster = {};     ///< Empty = "-".
  std::uint32_t attempts = 0;                 ///< To reach an upstream.
  std::optional<SimTime> sent = {};           ///< To the upstream, by the last attempt.
  std::optional<SimTime> answered = {};       ///< The first byte from there.
  std::optional<Endpoint> upstream_own = {};  ///< This Envoy's end of that connection.
  Endpoint peer = {};                         ///< Downstream.
  Endpoint asked = {};                        ///< What it dialled; no address: a name of the mesh.
  std::uint64_t connection = 0;               ///< Downstream's, counted from 1.
  std::uint64_t segment = 0;                  ///< Of its trace; 0: not traced.
  Direction direction = Direction::ingress;
};

/// What an Envoy's own process is to its log.
struct LogOwner {
  const Profile* profile = nullptr;
  std::string hostname = {};
  scenarios::Propagators propagators = {};
  std::map<std::string, std::string> environment = {};
  bool types_json_values = false;
  bool omits_query = false;  ///< Of paths.
};

/// A format, compiled to a list of steps; what does not change from line to line is text by then.
///
/// Headers it knows, in any spelling: of requests those with a colon, host, user-agent,
/// x-request-id, x-forwarded-proto, x-amzn-trace-id, content-length and whatever the caller sent
/// besides; of responses :status, content-length, content-type of local replies, server,
/// x-envoy-upstream-service-time, x-envoy-overloaded and connection. Others are not there.
///
/// Cost:   no allocation but that of the line, unless a value must be cut or escaped.
/// Source: Envoy, source/common/formatter/substitution_formatter.cc.
/// Limits: the address that a name of the mesh stands for is not known, so DOWNSTREAM_LOCAL_ADDRESS
///         of an egress line is "-" and its port is there; requests arrive as a whole
///         (REQUEST_DURATION is 0); heads weigh http::head_size; App Mesh names neither routes nor
///         filter chains as far as is known, so ROUTE_NAME and FILTER_CHAIN_NAME are "-";
///         CONNECTION_ID counts downstream connections alone, Envoy's upstream ones too; members of
///         JSON keep the order in which they are written, which Envoy does not promise; text is
///         escaped as JSON demands and no further.
class LogFormat {
 public:
  /// `file` as the scenario has it, checked; its path does not matter here.
  LogFormat(const scenarios::AccessLogFile& file, LogOwner owner, const http::Names& names,
            telemetry::HostClock clock);

  /// Writes the line, as Envoy does: with a line break where the format has one.
  void append(sim::Text& out, const AccessLogEntry& entry);

 private:
  enum class Header : std::uint8_t {
    none,
    // Of requests.
    method,
    path,
    authority,
    scheme,
    user_agent,
    request_id,
    trace_id,
    traceparent,
    // Of both.
    content_length,
    // Of responses.
    status,
    content_type,
    server,
    upstream_service_time,
    overloaded,
    connection,
    other,  ///< As the caller sent it.
  };
  struct Step {
    scenarios::LogValue value = scenarios::LogValue::literal;
    scenarios::AddressPart part = scenarios::AddressPart::whole;
    Header header = Header::none;
    Header alternative = Header::none;
    bool escapes = false;    ///< Within a JSON string.
    bool is_typed = false;   ///< A whole value of typed JSON.
    bool is_number = false;  ///< It is then one.
    std::optional<std::uint32_t> length_max;
    std::string before;  ///< What stands between the value before and this one.
    std::string text;    ///< The name of the header.
    std::string alternative_text;
    std::optional<scenarios::LogTime> time;  ///< Absent: the default.

    [[nodiscard]] bool is_adorned() const { return escapes || is_typed || length_max.has_value(); }
  };
  /// Where a value stands.
  struct Context {
    bool escapes = false;
    bool is_whole = false;
  };

  void compile(std::string_view format, Context context);
  void compile_json(const scenarios::AccessLogFile& file);
  void add(const scenarios::LogPiece& piece, Context context);
  void add_text(std::string_view text);
  [[nodiscard]] Header request_header(std::string_view name) const;
  [[nodiscard]] static Header response_header(std::string_view name);

  /// Cuts, escapes and quotes the value that was written from `start` on.
  static void adorn(sim::Text& out, std::size_t start, const Step& step);
  /// False, and nothing is written, when there is no such value.
  bool append_value(sim::Text& out, const Step& step, const AccessLogEntry& entry);
  bool append_way(sim::Text& out, const Step& step, const AccessLogEntry& entry) const;
  [[nodiscard]] static sim::Bytes bytes_on_the_wire(scenarios::LogValue value,
                                                    const AccessLogEntry& entry);
  bool append_request_header(sim::Text& out, Header header, std::string_view name,
                             const AccessLogEntry& entry) const;
  bool append_response_header(sim::Text& out, Header header, const AccessLogEntry& entry) const;
  bool append_trace_id(sim::Text& out, const AccessLogEntry& entry) const;
  static bool append_traceparent(sim::Text& out, const AccessLogEntry& entry);
  bool append_name(sim::Text& out, http::Name name) const;
  bool append_path(sim::Text& out, http::Name name) const;
  void append_start_time(sim::Text& out, const Step& step, SimTime start);

  LogOwner owner_;
  const http::Names& names_;
  telemetry::HostClock clock_;
  std::vector<Step> steps_;
  std::string rest_;  ///< Behind the last value.
  telemetry::TimeText time_text_;
};

}  // namespace hoplab::models::envoy
