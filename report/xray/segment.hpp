// One segment or subsegment, as X-Ray's documents have them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "report/xray/json_cursor.hpp"
#include "sim/units.hpp"

namespace hoplab::report::xray {

/// "1-58406520-a006649127e371903a2de979": the second in which the trace began, and 96 random bits.
struct TraceId {
  std::uint64_t high = 0;  ///< The 8 digits of the second and the first 8 of the rest.
  std::uint64_t low = 0;

  auto operator<=>(const TraceId&) const = default;
  /// Since 1970.
  [[nodiscard]] sim::Duration instant() const;
};

/// X-Ray's own form, or the 32 digits of W3C's; nothing for other text.
[[nodiscard]] std::optional<TraceId> parse_trace_id(std::string_view text);
[[nodiscard]] std::string to_string(TraceId id);
/// 16 hex digits.
[[nodiscard]] std::string entity_id_text(std::uint64_t id);

/// Views point into the text that was read, or into its TextStore.
/// Source: X-Ray developer guide, "X-Ray segment documents".
struct Segment {
  TraceId trace;
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  ///< Of a subsegment in its segment: whatever it is in. 0: none.
  sim::Duration start{};     ///< Since 1970, by the clock of the host.
  sim::Duration end{};       ///< `start` while it is in progress.

  std::string_view name;
  std::string_view origin;      ///< "AWS::ECS::Container"; of subsegments empty.
  std::string_view name_space;  ///< "remote", "aws"; of segments empty.
  std::string_view version;     ///< Of the service: here the revision of the task definition.
  std::string_view user;
  std::string_view account;
  std::string_view resource_arn;
  std::string_view instance;
  std::string_view zone;
  std::string_view table;      ///< aws.table_name.
  std::string_view container;  ///< aws.ecs.container_arn.

  std::string_view method;
  std::string_view url;
  std::string_view user_agent;
  std::string_view client_ip;
  int status = 0;  ///< 0: no answer.

  std::string_view annotations;  ///< A JSON object as it is spelt, or empty.
  std::string_view cause;        ///< A JSON value as it is spelt, or empty.
  std::string_view document;     ///< Of what was sent alone: all of it.

  bool is_subsegment = false;
  bool is_in_progress = false;
  bool is_inferred = false;
  bool is_egress = false;  ///< Annotation `direction` of an Envoy's.
  bool is_ingress = false;
  bool is_database = false;  ///< Has `sql`.
  bool has_error = false;
  bool has_fault = false;
  bool has_throttle = false;

  [[nodiscard]] sim::Duration duration() const { return end - start; }
  [[nodiscard]] bool is_ok() const { return !has_error && !has_fault && !has_throttle; }
  [[nodiscard]] bool is_proxy() const { return origin == "AWS::AppMesh::Proxy"; }
  /// A call that leaves the process.
  [[nodiscard]] bool is_remote_call() const { return is_subsegment && !name_space.empty(); }
};

/// Calls take(segment) for the segment in `document` and, behind it, each subsegment in it.
/// False, after any number of calls, when it is no segment document.
[[nodiscard]] bool read_segment(std::string_view document, TextStore& store,
                                const std::function<void(const Segment&)>& take);

/// Calls take(name, value) with each annotation, the value as it is spelt in JSON.
void for_each_annotation(const Segment& segment,
                         const std::function<void(std::string_view, std::string_view)>& take);

struct Exception {
  std::string_view type;
  std::string_view message;
};
/// What the cause tells; strings that needed decoding are kept in `store`.
void for_each_exception(const Segment& segment, TextStore& store,
                        const std::function<void(const Exception&)>& take);

}  // namespace hoplab::report::xray
