// The OpenTelemetry SDK in an application: the same spans that X-Ray's segments tell of, its log
// records, and how long requests and calls take.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/app/sdk_tracer.hpp"
#include "models/http/message.hpp"
#include "models/telemetry/otlp.hpp"
#include "sim/text.hpp"

namespace hoplab::models::app {

/// What the process uses, as the collector beside it reads it.
struct OtelUsage {
  sim::Duration cpu{};
  sim::Bytes memory{0};
};

/// Spans: SERVER for the request, CLIENT for each call, with the ids that X-Ray's segment and
/// subsegments have. Metrics: http.server.request.duration, http.client.request.duration,
/// container.cpu.time, container.memory.usage; cumulative since the process began.
///
/// Source: OpenTelemetry semantic conventions for HTTP (stable) and for containers.
/// Limits: http.route is the path; a request that is not sampled has a trace id in its log records
///         and no span id.
class OtelSdk final : private telemetry::OtlpMetrics {
 public:
  OtelSdk(telemetry::OtlpExporter& exporter, const http::Names& names,
          std::function<OtelUsage()> usage);

  /// A process begins (anew): its figures count from zero.
  void begin();

  void write_spans(const SdkSegment& segment, const http::Request& request, std::string_view client,
                   int status);
  /// The server's side of a request that has been answered.
  void request_ended(const http::Request& request, int status, sim::Duration took);
  /// The client's side of a call.
  void call_ended(const http::Request& request, int status, sim::Duration took);

  enum class Severity : std::uint8_t { info = 9, warn = 13, error = 17 };
  struct LogRecord {
    Severity severity = Severity::info;
    std::string_view body;
    const http::Request* request = nullptr;
    std::uint64_t span = 0;  ///< 0: none.
    int status = 0;          ///< 0: none.
  };
  void log(const LogRecord& record);

 private:
  /// Requests that all metrics' attributes are the same of.
  struct Series {
    http::Name method;
    http::Name path;
    http::Name authority;
    int status = 0;
    sim::Text attributes;
    telemetry::OtlpDurations durations;
  };
  void append(sim::Text& out, sim::WallTime started, sim::WallTime now) override;
  void append_durations(sim::Text& out, std::string_view name, const std::vector<Series>& all,
                        sim::WallTime started, sim::WallTime now) const;
  void append_server(sim::Text& out, const SdkSegment& segment, const http::Request& request,
                     std::string_view client, int status) const;
  void append_client(sim::Text& out, const SdkSegment& segment, const http::Request& request,
                     const SdkSegment::Call& call) const;
  void append_place(sim::Text& out, http::Name authority) const;

  telemetry::OtlpExporter& exporter_;
  const http::Names& names_;
  std::function<OtelUsage()> usage_;
  std::vector<Series> requests_;
  std::vector<Series> calls_;
};

}  // namespace hoplab::models::app
