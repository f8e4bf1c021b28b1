// The scenario language as plain values: what a file says after defaults are filled in, so that the
// short form and the long one are the same. No behaviour; scenarios/README.md documents every key.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/schema/spec_ecs.hpp"
#include "scenarios/schema/spec_envoy_stats.hpp"
#include "scenarios/schema/spec_faults.hpp"
#include "scenarios/schema/spec_mesh.hpp"
#include "scenarios/schema/spec_values.hpp"
#include "scenarios/schema/telemetry_sources.hpp"

namespace hoplab::scenarios {

/// A header of a request that somebody may want to route by; the name in small letters.
struct Header {
  std::string name;
  std::string value;
};

/// A call that a service makes while it handles a request.
struct Call {
  SourceMark mark;
  std::string to;  ///< Name of a VirtualService; a plain service has one of its own name.
  std::string path = "/";
  std::string method = "GET";
  std::vector<Header> headers;      ///< Beyond those that every request has.
  std::optional<Duration> timeout;  ///< The app's own; none: waits for ever.
  Bytes request_size{0};            ///< Body.
  /// What the app answers when the call fails: the callee's status (502/504 where there is none),
  /// a fixed status, or as if nothing had happened.
  enum class OnError { pass_through, status, ignore };
  OnError on_error = OnError::pass_through;
  int error_status = 500;            ///< For OnError::status.
  bool no_connection_reuse = false;  ///< A new connection for each call.
};

/// One rule of a short-form `securityGroup:`.
struct AllowRule {
  SourceMark mark;
  std::string from;  ///< "anywhere", a service name, or a CIDR.
  std::uint16_t port_first = 0;
  std::uint16_t port_last = 65535;
};

// --- Real artefacts, in the spelling of the AWS API -------------------------------------------

struct IpPermission {
  SourceMark mark;
  std::string protocol;  ///< "tcp", "udp", "icmp" or "-1".
  std::uint16_t port_first = 0;
  std::uint16_t port_last = 65535;
  std::vector<std::string> cidrs;      ///< IPv4.
  std::vector<std::string> group_ids;  ///< Rules that name another group.
};

struct SecurityGroup {
  SourceMark mark;
  std::string group_id;
  std::string group_name;
  std::string description;
  std::string vpc_id;
  std::vector<IpPermission> ingress;
  std::vector<IpPermission> egress;
  bool is_from_file = false;  ///< Of `artefacts`.
};

/// A rule of a network ACL. ACLs are stateless: each direction asks for itself, lowest number
/// first.
struct NetworkAclEntry {
  SourceMark mark;
  std::uint32_t rule_number = 0;  ///< 1 to 32766; 32767 is the rule that denies the rest.
  bool is_egress = false;
  bool allows = false;
  std::string protocol = "-1";  ///< "tcp", "udp", "icmp", another's number, or "-1" for all.
  std::string cidr;             ///< IPv4; empty: the rule is about IPv6.
  std::uint16_t port_first = 0;
  std::uint16_t port_last = 65535;
};

struct NetworkAcl {
  SourceMark mark;
  std::string id;
  bool is_default = false;  ///< Of subnets that no other one names.
  std::vector<NetworkAclEntry> entries;
  std::vector<std::string> subnets;  ///< That it stands in front of.
  std::string json;                  ///< As a file has it; empty: of the scenario's own.
  bool is_from_file = false;         ///< Of `artefacts`.
};

/// A route to elsewhere than the VPC, which is always reached, or one that leads nowhere.
struct VpcRoute {
  SourceMark mark;
  std::string cidr;  ///< IPv4; empty: the route is about something else.
  bool is_blackhole = false;
};

struct RouteTable {
  SourceMark mark;
  std::string id;
  bool is_main = false;  ///< Of subnets that no other one names.
  std::vector<VpcRoute> routes;
  std::vector<std::string> subnets;
  std::string json;           ///< As a file has it; empty: of the scenario's own.
  bool is_from_file = false;  ///< Of `artefacts`.
};

/// A file of `artefacts`.
struct ArtefactFile {
  std::string kind;  ///< The list that names it: "taskDefinitions", "ec2", "appmesh".
  std::string path;  ///< As written, or as found by its pattern.
};

/// Of the files that the scenario brings along; and what it says in AWS's words or gets made.
struct Artefacts {
  std::vector<TaskDefinition> task_definitions;
  std::vector<SecurityGroup> security_groups;
  std::vector<NetworkAcl> network_acls;
  std::vector<RouteTable> route_tables;
  std::vector<ArtefactFile> files;
  /// "taskdef.json: containerDefinitions[].ulimits", each once, in order of appearance.
  std::vector<std::string> accepted_not_simulated;
};

// --- The short form ---------------------------------------------------------------------------

struct EnvoySettings {
  std::uint32_t workers = 2;
  Duration service_time{350'000};  ///< CPU per request, all three parts together.
};

/// What a process pays as its memory nears its limit: the kernel reclaims, a heap collects garbage.
/// From `from` of the limit on its CPU work takes longer, in a straight line up to `slowdown` times
/// as long at the limit itself.
struct MemoryPressure {
  Ratio from{0.9};
  double slowdown = 5;  ///< At least 1.
};

struct Service {
  SourceMark mark;
  std::string name;
  std::uint16_t port = 8080;
  int desired_count = 1;
  std::string task_definition;  ///< "family:revision" of one of Artefacts::task_definitions.
  std::string family;           ///< Of the built-in one; empty: the service's name.
  int revision = 1;             ///< Of the built-in one.
  std::string virtual_node;     ///< App Mesh's name of it; empty: the service's name.
  std::string hostname;         ///< In service discovery; empty: "<name>.local".
  std::vector<std::string> security_groups;  ///< Ids of Artefacts::security_groups.
  std::optional<std::vector<AllowRule>>
      security_group;                  ///< Short form; absent: one rule per caller.
  std::vector<std::string> placement;  ///< Host of each task, in turn.
  CpuUnits cpu{1024};                  ///< Task size where there is no artefact.
  Bytes memory{std::int64_t{2048} * 1024 * 1024};
  Distribution service_cpu;  ///< Constant 0 unless given.
  Distribution service_wait;
  /// What the app's process holds when no fault makes it grow (resident set).
  Bytes app_memory{std::int64_t{128} * 1024 * 1024};
  MemoryPressure memory_pressure;
  std::uint32_t workers = 64;
  std::uint32_t accept_queue = 128;
  enum class Overflow { drop, reset };
  Overflow accept_queue_overflow = Overflow::drop;
  bool holds_worker_during_calls = true;
  enum class CallOrder { sequence, parallel };
  CallOrder call_order = CallOrder::sequence;
  std::vector<Call> calls;
  Bytes response_size{1024};  ///< Body.
  EnvoySettings envoy;
  VirtualNodeSettings node;
  ServiceConnectSettings connect;  ///< Where the mesh is Service Connect.
  DeploymentConfiguration deployment;
  Duration health_check_grace{0};
  std::vector<PlacementStrategy> placement_strategy;  ///< Empty: spread over zones.
  std::optional<HealthCheck> health_check;  ///< Of the built-in task definition's application.
  Distribution startup;                     ///< From the process's start until it listens.
  OnSigterm on_sigterm = OnSigterm::ignores;
};

struct Host {
  SourceMark mark;
  std::string name;
  std::string instance_type = "m5.large";
  std::optional<Duration> clock_offset;   ///< Absent: drawn, normal, sd = Network::clock_offset_sd.
  std::string subnet;                     ///< Empty: the built-in one.
  std::optional<double> cpu_credits;      ///< Of a burstable type, at the start; absent: full.
  bool has_unlimited_credits = true;      ///< t3's default; false: throttled to the baseline.
  std::optional<double> network_credits;  ///< Share of the burst bucket at the start; absent: full.
  std::optional<Bytes> reserved_memory;   ///< Of the kernel and the ECS agent; absent: by the type.
  std::optional<std::uint32_t> conntrack_max;  ///< Tracked flows; absent: by the type's size.
};

struct Subnet {
  SourceMark mark;
  std::string name;        ///< As hosts name it; the id of an artefact, or of the scenario's own.
  std::string cidr_block;  ///< Empty: part of the VPC's.
  std::string availability_zone = "us-east-1a";
  std::string json;           ///< As a file has it; empty: of the scenario's own.
  bool is_from_file = false;  ///< Of `artefacts`.
};

/// A path between two hosts that differs from Network's.
struct Link {
  SourceMark mark;
  std::string first;                ///< Host.
  std::string second;               ///< Host.
  std::optional<Duration> latency;  ///< One way.
  Duration jitter{0};  ///< Each message: plus or minus up to so much, evenly; never overtaking.
  std::optional<BytesPerSecond> bandwidth;
};

struct Network {
  Duration latency{0};                   ///< One way, between hosts.
  std::optional<Duration> zone_latency;  ///< The same between two zones; absent: as within one.
  Duration loopback{50'000};             ///< Per direction.
  Duration client_latency{0};            ///< One way, load client to the target.
  BytesPerSecond bandwidth{1'250'000'000};
  Duration clock_offset_sd{100'000};
  /// Of a SYN that gets no answer: 1, 3, 7, 15 s ... after the first, or once a second four times
  /// first, as kernels from 6.5 on do (net.ipv4.tcp_syn_linear_timeouts).
  enum class SynSchedule { classic, linear };
  SynSchedule syn_schedule = SynSchedule::classic;
  Duration conntrack_established = std::chrono::seconds(432'000);  ///< 350 s on Nitro v6.
};

/// A day's wave: rate x (1 + amplitude cos(2 pi (hour - peak) / 24)) x the weekday's factor.
struct Diurnal {
  Ratio amplitude;
  Duration peak = std::chrono::hours(14);              ///< Since midnight UTC.
  std::array<double, 7> weekday{1, 1, 1, 1, 1, 1, 1};  ///< Monday first.
};

struct Load {
  SourceMark mark;
  std::string name;  ///< Default "load", "load-2", ...
  std::string to;    ///< Service.
  std::string path = "/";
  std::string method = "GET";
  std::vector<Header> headers;  ///< As of Call.
  /// Poisson arrivals for `rate:` alone; evenly spaced for `executor: constant-arrival-rate`.
  enum class Executor { poisson, constant_arrival_rate, constant_vus };
  Executor executor = Executor::poisson;
  PerSecond rate;                    ///< Of the open executors.
  std::optional<PerSecond> ramp_to;  ///< Rate at the end; in between along a straight line.
  std::optional<Diurnal> diurnal;
  std::uint32_t vus = 0;    ///< constant-vus: clients in a loop.
  Distribution think_time;  ///< constant-vus.
  Duration start{0};
  std::optional<Duration> duration;  ///< Absent: to the end of the scenario.
  std::optional<std::uint64_t> requests_max;
  bool no_connection_reuse = false;  ///< k6's word: a new connection for each request.
  /// A client that has waited so long closes its connection; one of constant-vus leaves for good.
  std::optional<Duration> abandon_after;
};

/// A rule of X-Ray's local sampling file, version 2; `*` and `?` are wildcards.
struct SamplingRule {
  std::string description;
  std::string host = "*";
  std::string http_method = "*";
  std::string url_path = "*";
  std::uint32_t fixed_target = 1;  ///< Requests a second that are traced in any case.
  Ratio rate;                      ///< Of the others.
};

/// How requests are chosen for tracing, by the first party that sees no trace header.
struct Sampling {
  std::vector<SamplingRule> rules;  ///< The first that fits; else the default.
  std::uint32_t fixed_target = 1;
  Ratio rate{0.05};
};

/// Which headers carry a trace: the words of OTEL_PROPAGATORS.
struct Propagators {
  bool xray = true;           ///< X-Amzn-Trace-Id.
  bool tracecontext = false;  ///< W3C's traceparent.
};

/// A half-open span of simulated time.
struct Window {
  Duration from{0};
  Duration to{0};
  auto operator<=>(const Window&) const = default;
};

/// One comparison: "p(95)<20ms", "rate<0.001", "count==0", "p(50)~7ms" (~ is within 5 %).
struct Comparison {
  std::string text;  ///< As written.
  enum class Aggregate { quantile, average, minimum, maximum, rate, count, value };
  Aggregate aggregate = Aggregate::value;
  Ratio quantile;  ///< For Aggregate::quantile.
  enum class Operator { less, less_equal, greater, greater_equal, equal, not_equal, about };
  Operator op = Operator::less;
  bool is_duration = false;
  Duration duration{};  ///< When is_duration.
  double number = 0;    ///< Otherwise: a share, a count.
};

struct Expectation {
  SourceMark mark;
  std::string name;              ///< Default: what it says.
  std::optional<Window> window;  ///< Absent: the whole run, draining included.

  /// alarm: named and checked, not simulated yet; its result is "skipped".
  enum class Kind { thresholds, access_log, app_log, hops, ecs, utilization, diagnose, alarm };
  Kind kind = Kind::thresholds;

  /// thresholds and hops: (metric or hop, comparison), in the file's order. Metrics are
  /// "a.http_req_failed", "a.http_req_duration", "a.http_reqs", "a->b.http_req_...". Hops are
  /// "a.app->a.envoy", "b.app", ...
  std::vector<std::pair<std::string, Comparison>> comparisons;

  // access_log, app_log
  std::string container;       ///< "a.envoy", "b.app" (service.container).
  std::optional<bool> egress;  ///< direction: egress|ingress.
  std::string to;              ///< Only lines whose authority or cluster is this service.
  std::string response_flags;  ///< Contains this flag; "-" = none at all.
  std::optional<int> code;
  std::string contains;             ///< app_log: text in the message.
  std::string stream;               ///< app_log: "stdout" or "stderr" or "" for both.
  std::optional<Comparison> share;  ///< Of the lines selected by container/direction/to.
  std::optional<Comparison> count;
  std::optional<Comparison> duration;  ///< Quantile of DURATION of the selected lines, "p(50)>3s".

  // ecs: how many tasks of `service` have a container as described.
  std::string service;
  std::optional<int> exit_code;
  std::string reason;       ///< Contains.
  std::string last_status;  ///< Of the task, at the end of the window.
  std::string stop_code;
  std::string stopped_reason;  ///< Contains.

  // utilization: of the tasks of `service`, or of `container` in them, as shares of the task.
  std::optional<Comparison> cpu;
  std::optional<Comparison> memory;

  // diagnose: what `hoplab diagnose` says of the recording up to `at`.
  std::optional<Duration> at;  ///< Absent: the whole run (or `window`).
  std::string from;            ///< Caller, service; "" = any.
  std::string verdict;         ///< "network.blocked".
  std::string hop;             ///< "a.envoy->b.envoy"; "" = any.

  // alarm
  std::string alarm;                                     ///< Its name.
  std::vector<std::pair<std::string, Window>> in_state;  ///< "ALARM", when.
};

/// A CloudWatch alarm as PutMetricAlarm takes it.
struct Alarm {
  SourceMark mark;
  std::string name;
  std::string json;  ///< All of it.
};

/// A statistic of a metric in the weeks before the run: one value each minute, `level` x the day's
/// wave x the hour's factor x (1 + `noise` x a standard normal draw).
struct MetricHistory {
  SourceMark mark;
  std::string name_space;
  std::string metric;
  std::vector<std::pair<std::string, std::string>> dimensions;  ///< Name and value; by name.
  std::string statistic;  ///< As the file has it: "Average", "p99".
  SourceMark statistic_mark;
  std::string unit;  ///< "Percent"; "" for none.
  Duration length = std::chrono::days(14);
  double level = 0;  ///< In the metric's unit; at least 0.
  Diurnal wave;
  std::vector<double> hour_factors;  ///< Of the hours of the day, from midnight UTC; empty: all 1.
  Ratio noise;
  Ratio missing;  ///< Minutes without a datapoint.
};

/// Something of the file that is understood, checked and kept, but has no effect yet.
struct NotSimulated {
  SourceMark mark;
  std::string what;  ///< "alarm 'b-5xx'".
};

struct Scenario {
  std::string file;  ///< As given on the command line.
  std::string name;
  std::string description;
  std::uint64_t seed = 1;
  Duration duration{};
  WallTime start_time{};  ///< Default 2026-01-05T12:00:00Z.
  std::string envoy_profile = "v1.29";
  bool has_mesh = true;  ///< `mesh: none` = false.
  MeshKind mesh_kind = MeshKind::app_mesh;
  /// App Mesh: default the scenario's name. Service Connect: its namespace, default "local".
  std::string mesh_name;
  std::string region = "us-east-1";
  std::string account = "111122223333";
  std::string cluster = "hoplab";
  /// `start: cold`: every task is launched; `warm`: all are RUNNING with empty pools.
  bool starts_cold = false;
  EgressFilter egress_filter = EgressFilter::drop_all;  ///< App Mesh's default.
  EnvoyBehaviour envoy;
  std::optional<AccessLogFile> access_log;  ///< Of nodes that say nothing; read: theirs too.
  ServiceConnectLog connect_log;            ///< Of services that say nothing.
  /// Service Connect's formats, where somebody knows them better.
  std::optional<AccessLogFile> connect_log_format;
  EcsTimings ecs;
  ControlPlaneTimings control_plane;
  bool telemetry = true;  ///< `telemetry: none`: nothing but request results (benchmarks).
  TelemetrySources telemetry_sources = TelemetrySources::defaults();
  std::optional<Propagators> propagators;  ///< Absent: as the sources have it.
  /// Of VPC Flow Logs: one minute or ten.
  Duration flow_log_interval = std::chrono::minutes(1);
  Network network;
  std::string vpc_id;  ///< Default: made up from the cluster's name.
  std::string vpc_cidr = "10.0.0.0/16";
  std::vector<Subnet> subnets;
  std::vector<Host> hosts;
  std::vector<Link> links;
  std::vector<Service> services;
  std::vector<VirtualService> virtual_services;  ///< Every Call::to is the name of one.
  Sampling sampling;
  EnvoyStats envoy_stats;
  StatsdAgents agent;
  std::vector<Alarm> alarms;
  std::vector<MetricHistory> histories;
  std::vector<Load> workload;
  std::vector<Fault> faults;
  std::optional<Experiment> experiment;  ///< Where an alarm can stop it.
  std::vector<Expectation> expectations;
  std::vector<NotSimulated> not_simulated;
  Artefacts artefacts;
  std::string digest;  ///< xxh3-128 of the scenario file and its artefacts, hex.
  std::vector<std::pair<std::string, std::string>>
      sources;  ///< (path as written, bytes) of each file.

  [[nodiscard]] bool is_service_connect() const {
    return has_mesh && mesh_kind == MeshKind::service_connect;
  }
  /// Whether the run makes telemetry of that kind.
  [[nodiscard]] bool tells(TelemetrySource source) const {
    return telemetry && telemetry_sources.has(source);
  }
  /// Where nothing is said: X-Ray's header, and with OpenTelemetry W3C's beside it.
  [[nodiscard]] Propagators trace_headers() const {
    return propagators.value_or(
        Propagators{.xray = true, .tracecontext = tells(TelemetrySource::otlp)});
  }
};

}  // namespace hoplab::scenarios
