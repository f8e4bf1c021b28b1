// X-Ray's filter expressions: read, with places for mistakes, and held against traces.
// Source: X-Ray developer guide, "Use filter expressions".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "report/xray/trace.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::xray {

enum class Keyword {
  // Boolean.
  ok,
  error,
  throttle,
  fault,
  partial,
  inferred,
  first,
  last,
  remote,
  root,
  // Numbers; times are in seconds.
  response_time,
  duration,
  http_status,
  index,
  coverage,
  // Text.
  http_url,
  http_method,
  http_user_agent,
  http_client_ip,
  user,
  name,
  type,
  message,
  availability_zone,
  instance_id,
  resource_arn,
};

enum class Comparison { equal, unequal, less, at_most, more, at_least, contains, begins, ends };

using FilterValue = std::variant<bool, double, std::string>;

struct FilterNode;
using FilterPointer = std::unique_ptr<const FilterNode>;

/// "x" or id(name: "x", type: "T", account.id: "1"); what is empty fits everything.
struct ServiceName {
  std::string name;
  std::string type;
  std::string account;
};

struct FilterNode {
  enum class Kind {
    all_of,      ///< AND: of all parts.
    any_of,      ///< OR.
    not_of,      ///< Of the one part.
    keyword,     ///< `keyword comparison value`.
    annotation,  ///< The same of annotation `key`; without has_value: that it is there.
    service,     ///< A service of this name for which the part (if any) holds.
    edge,        ///< A call between two such services.
    root_cause,  ///< Of `cause`, a service, entity or exception for which the part holds.
    cause_json,  ///< A root cause of which the JSON in `key` is a part.
  };
  enum class Level { service, entity, exception };
  enum class Cause { fault, error, response_time };

  Kind kind = Kind::all_of;
  std::vector<FilterPointer> parts;
  Keyword keyword = Keyword::ok;
  Comparison comparison = Comparison::equal;
  bool has_value = false;
  FilterValue value;
  std::string key;
  ServiceName from;
  ServiceName to;
  Cause cause = Cause::fault;
  Level level = Level::service;
};

/// A filter expression that has been understood. An empty one lets every trace pass.
class Filter {
 public:
  Filter() = default;
  explicit Filter(FilterPointer top) : top_(std::move(top)) {}

  /// Simple keywords are about the answer to the client (the root segment), `user`, `name`, `type`,
  /// `message`, `availabilityzone`, `instance.id`, `resource.arn` and annotations about any segment
  /// of the trace. In service(){} they are about the service's segment, in edge(){} about the call
  /// as its requester saw it, in rootcause.*{} about the entity.
  [[nodiscard]] bool holds(const Trace& trace) const;

 private:
  FilterPointer top_;
};

/// What is wrong with an expression, and where.
struct FilterMistake {
  std::size_t at = 0;  ///< In bytes from its beginning.
  std::string code;
  std::string message;
  std::string hint;
};

[[nodiscard]] std::variant<Filter, FilterMistake> parse_filter(std::string_view text);
/// "filter:1:17: error[E0701]: ..." with the expression, a caret below the place, and the hint.
[[nodiscard]] std::string to_string(const FilterMistake& mistake, std::string_view text);

/// As they are written: "responsetime", "http.url".
[[nodiscard]] const std::vector<std::pair<std::string_view, Keyword>>& filter_keywords();

}  // namespace hoplab::report::xray
