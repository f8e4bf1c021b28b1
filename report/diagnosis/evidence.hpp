// Everything that a diagnosis rests on, as read from a recording's telemetry, before any judgement.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/diagnosis/citation.hpp"

namespace hoplab::report::diagnosis {

/// Index of a service, task, file or name; `none` for "not known".
using Index = std::uint16_t;
inline constexpr Index none = std::numeric_limits<Index>::max();

/// Response flags of an Envoy, one bit each, as far as a rule asks for them.
enum Flag : std::uint16_t {
  flag_uf = 1U << 0U,
  flag_urx = 1U << 1U,
  flag_uc = 1U << 2U,
  flag_ut = 1U << 3U,
  flag_uh = 1U << 4U,
  flag_dc = 1U << 5U,
  flag_lr = 1U << 6U,
  flag_other = 1U << 7U,
  flag_uo = 1U << 8U,
  flag_untold = 1U << 9U,  ///< The format has none: the others follow from the rest of the line.
};

/// One access-log line of an Envoy.
struct CallLine {
  std::uint64_t request = 0;  ///< Hash of x-request-id.
  std::int64_t start_ms = 0;  ///< By the clock of the Envoy's host.
  std::int32_t duration_ms = 0;
  std::int32_t upstream_ms = -1;  ///< x-envoy-upstream-service-time; -1: none.
  Place place;
  std::uint32_t bytes_sent = 0;
  std::uint16_t code = 0;
  std::uint16_t flags = 0;
  Index task = none;       ///< The Envoy's own.
  Index peer = none;       ///< Egress: the task behind the upstream address.
  Index authority = none;  ///< Index in Evidence::authorities.
  std::uint16_t peer_port = 0;
  bool is_egress = false;

  [[nodiscard]] std::int64_t end_ms() const { return start_ms + duration_ms; }
  [[nodiscard]] bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
  [[nodiscard]] bool has_failed() const { return code == 0 || code >= 500; }
};

/// An application's line about a request that it has answered.
struct AnswerLine {
  std::uint64_t request = 0;
  std::int64_t at_ms = 0;  ///< When it was answered.
  std::int64_t took_us = 0;
  Place place;
  Index task = none;
  std::uint16_t status = 0;
  bool is_wrapped = false;  ///< In a FireLens record.
};

/// An application's line about a call of its own that failed.
struct FailedCallLine {
  std::int64_t at_ms = 0;
  std::int64_t took_ms = 0;
  Place place;
  Index task = none;
  Index to = none;     ///< Index in Evidence::authorities.
  Index error = none;  ///< Index in Evidence::errors.
  std::uint16_t status = 0;
  bool timed_out = false;
};

/// Other lines of applications, those that say the same in one row.
struct Remark {
  Index task = none;
  bool is_stderr = false;
  std::string text;  ///< The first one of its kind.
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::uint64_t count = 0;
  Place first;
};

struct Task {
  std::string id;
  Index service = none;
  std::string address;                ///< Of its network interface.
  std::string interface;              ///< "eni-..."; "" where no document says.
  std::string instance;               ///< Id of its container instance.
  std::string definition;             ///< "family:revision".
  Place place;                        ///< Its first document.
  std::int64_t stopped_ms = 0;        ///< 0: it runs to the end.
  std::int64_t asked_to_stop_ms = 0;  ///< 0: nobody asked it to.
  Place asked_to_stop;                ///< The document that says so first.
  std::string stop_reason;            ///< "UserInitiated: Task stopped by user".
};

/// The end of a container's main process.
struct ContainerEnd {
  Index task = none;
  std::string container;
  bool is_proxy = false;
  bool was_asked = false;  ///< Its task was to stop before: a deployment, a failed health check.
  bool is_first = false;   ///< The first one of its task to end.
  int exit_code = 0;
  bool has_exit_code = false;
  std::string reason;
  std::int64_t at_ms = 0;
  Place place;
};

/// A rule that was in a security group's document and is not in the next one.
struct RuleLoss {
  std::string group;  ///< Its id.
  std::string rule;   ///< "tcp 8080 from sg-0abc".
  int port_first = 0;
  int port_last = 65535;
  std::int64_t at_ms = 0;
  std::int64_t back_ms = 0;  ///< 0: it never came back.
  Place before;
  Place after;
};

/// A change of the way between two subnets: an entry of a network ACL that denies, a route that
/// leads nowhere, or one of either that let packets pass and is gone.
struct WayChange {
  bool is_acl = false;  ///< Else a route table.
  std::string id;       ///< The ACL's or the table's.
  std::string what;     ///< "10.0.2.0/24 is a blackhole".
  std::int64_t at_ms = 0;
  std::int64_t back_ms = 0;  ///< 0: it never was undone.
  Place place;
};

/// Somebody beside it says that a machine is not there any more.
struct MachineSilence {
  std::string instance;  ///< The container instance.
  std::int64_t at_ms = 0;
  bool is_status_check = false;  ///< EC2's metric; else ECS lost the connection of its agent.
  Place place;
};

/// An interval in which a flow log has no record of a network interface.
struct NoData {
  Index at = none;  ///< Task of the interface.
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::string interface;
  Place place;
};

/// A flow-log record of packets that a network interface refused: by its security groups, by its
/// subnet's network ACL.
struct Refusal {
  Index at = none;  ///< Task of the interface.
  Index peer = none;
  bool is_arriving = false;   ///< Else they were leaving.
  std::int64_t first_ms = 0;  ///< Whole seconds.
  std::int64_t last_ms = 0;
  std::string interface;
  Place place;
};

/// CPU and memory of one task, service or host at one instant.
struct Usage {
  Index task = none;
  Index service = none;  ///< Of a service's metric, which has no task.
  std::string host;      ///< EC2 instance, of a host's metric, which has neither.
  std::int64_t at_ms = 0;
  std::int32_t cpu_permille = -1;  ///< Of what is reserved; -1: not known.
  std::int32_t memory_permille = -1;
  std::int64_t memory_mib = -1;  ///< Of a task's own metric.
  Place place;
  std::string metric;
};

/// CPU of one container in one minute, in thousandths of what its task reserves.
struct ContainerUsage {
  Index task = none;
  std::string container;
  std::int64_t at_ms = 0;
  std::int32_t cpu_permille = 0;
  Place place;
};

/// CPU credits of a burstable machine at one instant.
struct CreditLevel {
  std::string host;  ///< EC2 instance.
  std::int64_t at_ms = 0;
  std::int64_t thousandths = 0;
  bool is_surplus = false;  ///< Spent beyond the balance, as unlimited ones may; else the balance.
  Place place;
};

/// A container instance.
struct Machine {
  std::string type;             ///< "m5.large"; "" where it does not say.
  std::int64_t memory_mib = 0;  ///< Of its type; 0: not known.
  Place place;
};

/// What a counter of an Envoy grew by in one flush.
struct CounterStep {
  Index task = none;
  std::string cluster;
  bool is_connect_timeout = false;  ///< Else upstream_cx_connect_fail.
  std::int64_t at_ms = 0;
  std::uint64_t by = 0;
  Place place;
};

/// One span of an X-Ray trace: an Envoy's or an application's segment, or a call in the latter.
struct Segment {
  enum class Kind : std::uint8_t { application, call, egress, ingress };
  std::uint64_t id = 0;
  std::uint64_t parent = 0;   ///< 0: none.
  std::int64_t start_us = 0;  ///< Since 1970, by the clock of its host.
  std::int64_t end_us = 0;
  Index service = none;
  Kind kind = Kind::application;
  bool has_failed = false;

  [[nodiscard]] std::int64_t took_us() const { return end_us - start_us; }
};

struct Evidence {
  std::vector<std::string> files;     ///< Paths below the recording.
  std::vector<std::string> services;  ///< Names as the telemetry has them.
  std::vector<Task> tasks;
  std::vector<std::string> authorities;          ///< "b.local:8080" of requests.
  std::map<Index, Index> service_behind;         ///< Authority to service.
  std::map<Index, std::string> node_of_service;  ///< "<mesh>_<virtual node>", as clusters have it.

  std::vector<CallLine> calls;
  std::vector<AnswerLine> answers;
  std::vector<FailedCallLine> failed_calls;
  std::vector<std::string> errors;  ///< What they say; those that say the same once.
  std::vector<Remark> remarks;
  std::vector<ContainerEnd> ends;
  std::vector<RuleLoss> rule_losses;
  std::vector<WayChange> way_changes;
  std::vector<MachineSilence> machine_silences;
  std::vector<NoData> no_data;
  std::vector<Refusal> refusals;
  bool has_flow_logs = false;
  std::vector<Usage> usages;
  std::vector<ContainerUsage> container_usages;
  std::vector<CreditLevel> credit_levels;
  std::map<std::string, Machine> machines;  ///< By container instance.
  std::vector<CounterStep> counters;
  std::vector<Segment> segments;  ///< By id.

  std::map<std::string, std::string> ec2_of_host;  ///< Container instance to EC2 instance.

  std::map<Index, std::uint32_t> envoy_log;  ///< Task to the file of its Envoy's log.

  std::int64_t first_ms = 0;  ///< Of all log records.
  std::int64_t last_ms = 0;
  std::uint64_t lines = 0;
  std::uint64_t unreadable = 0;      ///< Lines that are cut off or no JSON.
  std::uint64_t sampled_one_in = 1;  ///< Requests kept: one in so many.
  std::vector<std::string> missing;  ///< Kinds of evidence that the recording does not have.

  [[nodiscard]] const std::string& service_name(Index service) const {
    static const std::string unknown = "?";
    return service == none ? unknown : services[service];
  }
  [[nodiscard]] Index service_of(Index task) const {
    return task == none ? none : tasks[task].service;
  }
};

}  // namespace hoplab::report::diagnosis
