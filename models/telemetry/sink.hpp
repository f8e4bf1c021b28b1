// What the models tell the outside. Records arrive in simulated order and stream through; a sink
// keeps what it needs, never all of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/units.hpp"

namespace hoplab::models::telemetry {

using sim::Duration;
using sim::SimTime;
using sim::WallTime;

struct LogStreamId {
  std::uint32_t index = 0;
};
struct HopId {
  std::uint32_t index = 0;
  [[nodiscard]] bool is_recorded() const { return index != ~std::uint32_t{0}; }
};
/// Of what is no request of anybody: a health check's probe.
inline constexpr HopId no_hop{~std::uint32_t{0}};
struct SeriesId {
  std::uint32_t index = 0;
};
struct StatsdId {
  std::uint32_t index = 0;
};
/// Datagrams of one task that differ in their value alone.
struct StatsdSeriesId {
  std::uint32_t index = 0;
};
/// A container whose lines FireLens makes records of; or none.
struct FireLensId {
  std::uint32_t index = ~std::uint32_t{0};
  [[nodiscard]] bool is_used() const { return index != ~std::uint32_t{0}; }
};

/// Which of its outputs a process wrote to.
enum class LogSource : std::uint8_t { standard_output, standard_error };

/// What OpenTelemetry exports, each to a place of its own.
enum class OtlpSignal : std::uint8_t { traces, metrics, logs };

/// One event of CloudWatch Logs.
struct LogEvent {
  WallTime timestamp;        ///< When the log driver read the line, by the task's host clock.
  WallTime ingestion;        ///< When CloudWatch Logs took it.
  std::string_view message;  ///< The line without its newline; valid during the call only.
  LogSource source = LogSource::standard_output;
  /// Where it is used, the event's text is not the line but append_firelens_record() of it
  /// (log_driver.hpp): most who look into records want the line.
  FireLensId firelens = {};
};

/// A call edge as people read it: "a -> b" and the hops a request crosses, in order and back. A
/// service that answers by another name than the one called follows: "a -> b (b-v1)".
struct Chain {
  std::string name;  ///< "users -> a", "a -> b", "a -> b (b-v1)".
  std::vector<HopId> hops;
};

/// Receives everything a run produces.
///
/// declare_* and open_* come before the first record of their kind that uses them. Every instant
/// of `hop`, `request` and `fault` is exact simulated time; every WallTime is what a host's clock
/// would have said.
class Sink {
 public:
  virtual ~Sink() = default;

  // What the real system also has.
  virtual LogStreamId open_log_stream(std::string_view group, std::string_view stream) = 0;
  virtual void log(LogStreamId stream, const LogEvent& event) = 0;
  /// `members`: what stands behind the line in each of its records, `,"container_id":"93e8..."`.
  virtual FireLensId declare_firelens(std::string_view /*members*/) { return {0}; }
  /// An EventBridge event ("ECS Task State Change"), one JSON document without newline.
  virtual void ecs_event(std::string_view json) = 0;
  /// A DescribeTasks `task` object as it stood from `at` on; `json` is the object alone.
  virtual void ecs_task(WallTime at, std::string_view json) = 0;
  /// A DescribeServices `service` object as it stood from `at` on.
  virtual void ecs_service(WallTime /*at*/, std::string_view /*json*/) {}
  /// A DescribeContainerInstances `containerInstance` object as it stood from `at` on.
  virtual void ecs_container_instance(WallTime /*at*/, std::string_view /*json*/) {}
  /// What a task's metadata endpoint answers for /task/stats at `at`: one JSON object without
  /// newline.
  virtual void task_stats(std::string_view /*task_id*/, WallTime /*at*/,
                          std::string_view /*json*/) {}
  /// What an operator can look up: `kind` is "security-groups" (a DescribeSecurityGroups answer),
  /// "task-definitions", ... as it stood from `at` on.
  virtual void config(WallTime at, std::string_view kind, std::string_view json) = 0;
  /// A segment document as the X-Ray daemon uploads it, one JSON object without newline.
  virtual void xray_segment(std::string_view json) = 0;
  /// The datagrams that one task's processes send to its statsd port.
  virtual StatsdId open_statsd(std::string_view task_id) = 0;
  /// One datagram, sent at `at` by the host's clock.
  virtual void statsd(StatsdId task, WallTime at, std::string_view datagram) = 0;
  /// What stands before and behind the value: "envoy.cluster.upstream_rq_time:", "|ms|#...".
  virtual StatsdSeriesId declare_statsd_series(StatsdId /*task*/, std::string_view /*head*/,
                                               std::string_view /*tail*/) {
    return {};
  }
  /// One datagram of that series, sent at `at` by the host's clock.
  virtual void statsd_value(StatsdSeriesId /*series*/, WallTime /*at*/, std::uint64_t /*value*/) {}
  /// A MetricDatum of PutMetricData with its Namespace, one JSON object without newline.
  virtual void metric(std::string_view json) = 0;
  /// A line of VPC Flow Logs; the first one has the fields' names.
  virtual void flow_log(std::string_view /*line*/) {}

  /// One export request of OTLP/JSON (ExportTraceServiceRequest and its likes), without newline.
  virtual void otlp(OtlpSignal /*signal*/, std::string_view /*json*/) {}

  // What only a simulator knows.
  virtual HopId declare_hop(std::string_view name) = 0;
  virtual void declare_chain(const Chain& chain) = 0;
  /// One message or piece of work crossed a hop ("a.app->a.envoy", "b.app") and arrived at
  /// `ended`; or it failed there, then `took` says how long it had been under way.
  virtual void hop(HopId hop, SimTime ended, Duration took, bool failed) = 0;
  /// "a" for the load's requests to a, "a->b" for a's calls of b.
  virtual SeriesId declare_series(std::string_view name) = 0;
  /// A request as its caller saw it. `status` is 0 when there was no answer at all. `failed` means
  /// no answer, or 5xx, or 4xx (as k6 counts).
  virtual void request(SeriesId series, SimTime ended, Duration took, int status, bool failed) = 0;

  /// The answer key (truth/faults.jsonl): a fault began or ended.
  virtual void fault(SimTime instant, std::string_view name, std::string_view action,
                     std::string_view target, bool begins) = 0;

  /// What the real system has only while it runs: a page of an Envoy's admin interface as it stood.
  /// `name` is "stats.txt", "stats.prom", ...
  virtual void envoy_page(std::string_view /*task_id*/, std::string_view /*name*/,
                          std::string_view /*text*/) {}
};

}  // namespace hoplab::models::telemetry
