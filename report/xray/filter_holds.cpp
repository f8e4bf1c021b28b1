// Does a trace fit a filter?
#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "report/xray/filter.hpp"
#include "report/xray/root_cause.hpp"
#include "report/xray/summary_json.hpp"

namespace hoplab::report::xray {
namespace {

using Kind = FilterNode::Kind;
using Json = nlohmann::ordered_json;

/// What keywords are asked of.
struct Subject {
  enum class Level { trace, service, edge, cause };
  Level level = Level::trace;
  const Trace& trace;
  NodeIndex node;              ///< Whose segment has status, times and flags.
  NodeIndex called = no_node;  ///< Of an edge: the callee.
  // Of what is in a root cause.
  std::size_t index = 0;
  std::size_t count = 1;
  double coverage = 0;
  const Exception* exception = nullptr;

  [[nodiscard]] const Segment& segment() const { return trace.at(node); }
};

bool compare_text(std::string_view text, Comparison comparison, std::string_view value) {
  switch (comparison) {
    case Comparison::equal:
      return text == value;
    case Comparison::unequal:
      return text != value;
    case Comparison::contains:
      return text.find(value) != std::string_view::npos;
    case Comparison::begins:
      return text.starts_with(value);
    case Comparison::ends:
      return text.ends_with(value);
    default:
      return false;
  }
}

bool compare_number(double number, Comparison comparison, double value) {
  switch (comparison) {
    case Comparison::equal:
      return number == value;
    case Comparison::unequal:
      return number != value;
    case Comparison::less:
      return number < value;
    case Comparison::at_most:
      return number <= value;
    case Comparison::more:
      return number > value;
    case Comparison::at_least:
      return number >= value;
    default:
      return false;
  }
}

bool is_inferred(const Subject& subject) {
  const auto& nodes = subject.trace.nodes;
  if (subject.level == Subject::Level::edge) return subject.trace.at(subject.called).is_inferred;
  if (subject.level != Subject::Level::trace) return subject.segment().is_inferred;
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const TraceNode& node) { return node.segment->is_inferred; });
}

bool flag(const Subject& subject, Keyword keyword) {
  const Segment& segment = subject.segment();
  const bool is_trace = subject.level == Subject::Level::trace;
  switch (keyword) {
    case Keyword::ok:
      return segment.is_ok() && !segment.is_in_progress;
    case Keyword::error:
      return segment.has_error;
    case Keyword::throttle:
      return segment.has_throttle;
    case Keyword::fault:
      return segment.has_fault;
    case Keyword::partial:
      return is_trace ? subject.trace.is_partial() : segment.is_in_progress;
    case Keyword::inferred:
      return is_inferred(subject);
    case Keyword::first:
      return subject.index == 0;
    case Keyword::last:
      return subject.index + 1 == subject.count;
    case Keyword::remote:
      return segment.is_remote_call();
    case Keyword::root:
      return subject.node == subject.trace.root;
    default:
      return false;
  }
}

std::optional<double> number(const Subject& subject, Keyword keyword) {
  const Segment& segment = subject.segment();
  switch (keyword) {
    case Keyword::response_time:
      return sim::in_seconds(segment.duration());
    case Keyword::duration:
      return sim::in_seconds(subject.level == Subject::Level::trace ? subject.trace.duration()
                                                                    : segment.duration());
    case Keyword::http_status:
      return segment.status == 0 ? std::nullopt : std::optional<double>(segment.status);
    case Keyword::index:
      return static_cast<double>(subject.index);
    case Keyword::coverage:
      return subject.coverage;
    default:
      return std::nullopt;
  }
}

/// Of one segment; "" is: none.
std::string_view plain_text(const Segment& segment, Keyword keyword) {
  switch (keyword) {
    case Keyword::http_url:
      return segment.url;
    case Keyword::http_method:
      return segment.method;
    case Keyword::http_user_agent:
      return segment.user_agent;
    case Keyword::http_client_ip:
      return segment.client_ip;
    case Keyword::user:
      return segment.user;
    case Keyword::availability_zone:
      return segment.zone;
    case Keyword::instance_id:
      return segment.instance;
    case Keyword::resource_arn:
      return segment.resource_arn;
    case Keyword::type:
      return segment.is_subsegment ? std::string_view() : service_type(segment);
    case Keyword::name:
      return segment.is_subsegment ? std::string_view() : segment.name;
    default:
      return {};
  }
}

/// Calls take(text) until it says true; whether it did. Empty texts are none.
template <typename Take>
bool any_text_of(const Segment& segment, Keyword keyword, const Take& take) {
  const std::string_view plain = plain_text(segment, keyword);
  if (!plain.empty() && take(plain)) return true;
  if (keyword != Keyword::name && keyword != Keyword::message) return false;
  if (segment.cause.empty()) return false;
  TextStore store;
  bool is_found = false;
  for_each_exception(segment, store, [&](const Exception& exception) {
    const auto text = keyword == Keyword::name ? exception.type : exception.message;
    if (!text.empty() && take(text)) is_found = true;
  });
  return is_found;
}

template <typename Take>
bool any_text(const Subject& subject, Keyword keyword, const Take& take) {
  if (subject.exception != nullptr) {
    if (keyword == Keyword::name) return take(subject.exception->type);
    if (keyword == Keyword::message) return take(subject.exception->message);
  }
  if (subject.level == Subject::Level::cause && keyword == Keyword::name) {
    return take(subject.segment().name);  // Of a subsegment, too.
  }
  const bool is_of_answer = keyword <= Keyword::http_client_ip;
  if (subject.level != Subject::Level::trace || is_of_answer) {
    return any_text_of(subject.segment(), keyword, take);
  }
  const auto& nodes = subject.trace.nodes;
  return std::any_of(nodes.begin(), nodes.end(), [&](const TraceNode& node) {
    return any_text_of(*node.segment, keyword, take);
  });
}

bool keyword_holds(const FilterNode& node, const Subject& subject) {
  if (node.keyword <= Keyword::root) {
    const bool is_equal = flag(subject, node.keyword) == std::get<bool>(node.value);
    return is_equal == (node.comparison == Comparison::equal);
  }
  if (node.keyword <= Keyword::coverage) {
    const auto value = number(subject, node.keyword);
    return value && compare_number(*value, node.comparison, std::get<double>(node.value));
  }
  return any_text(subject, node.keyword, [&](std::string_view text) {
    return !node.has_value ||
           compare_text(text, node.comparison, std::get<std::string>(node.value));
  });
}

bool annotation_fits(const FilterNode& node, std::string_view spelt) {
  if (!node.has_value) return true;
  TextStore store;
  JsonCursor cursor(spelt);
  const char first = cursor.peek();
  const bool is_unequal = node.comparison == Comparison::unequal;
  if (const auto* text = std::get_if<std::string>(&node.value)) {
    if (first != '"') return is_unequal;
    return compare_text(cursor.string(store), node.comparison, *text);
  }
  if (const auto* truth = std::get_if<bool>(&node.value)) {
    if (first != 't' && first != 'f') return is_unequal;
    return (cursor.boolean() == *truth) != is_unequal;
  }
  if (first != '-' && (first < '0' || first > '9')) return is_unequal;
  return compare_number(cursor.number(), node.comparison, std::get<double>(node.value));
}

bool annotation_holds(const FilterNode& node, const Trace& trace) {
  bool is_found = false;
  for (const TraceNode& member : trace.nodes) {
    for_each_annotation(*member.segment, [&](std::string_view name, std::string_view value) {
      if (name == node.key && annotation_fits(node, value)) is_found = true;
    });
    if (is_found) return true;
  }
  return false;
}

bool fits(const ServiceName& name, const Segment& segment) {
  return (name.name.empty() || name.name == segment.name) &&
         (name.type.empty() || name.type == service_type(segment)) &&
         (name.account.empty() || name.account == segment.account);
}

bool holds(const FilterNode& node, const Subject& subject);

bool part_holds(const FilterNode& node, const Subject& subject) {
  return node.parts.empty() || holds(*node.parts.front(), subject);
}

bool service_holds(const FilterNode& node, const Trace& trace) {
  for (NodeIndex i = 0; i < trace.nodes.size(); ++i) {
    if (trace.nodes[i].is_subsegment() || !fits(node.from, trace.at(i))) continue;
    if (part_holds(node, Subject{Subject::Level::service, trace, i})) return true;
  }
  return false;
}

bool edge_holds(const FilterNode& node, const Trace& trace) {
  for (NodeIndex i = 0; i < trace.nodes.size(); ++i) {
    const TraceNode& callee = trace.nodes[i];
    if (callee.is_subsegment() || callee.parent == no_node) continue;
    const NodeIndex caller = trace.nodes[callee.parent].owner;
    if (!fits(node.from, trace.at(caller)) || !fits(node.to, trace.at(i))) continue;
    if (part_holds(node, Subject{Subject::Level::edge, trace, callee.parent, i})) return true;
  }
  return false;
}

bool exception_holds(const FilterNode& node, Subject subject) {
  TextStore store;
  std::vector<Exception> exceptions;
  for_each_exception(subject.segment(), store,
                     [&](const Exception& exception) { exceptions.push_back(exception); });
  subject.count = exceptions.size();
  for (subject.index = 0; subject.index < exceptions.size(); ++subject.index) {
    subject.exception = &exceptions[subject.index];
    if (part_holds(node, subject)) return true;
  }
  return false;
}

bool cause_holds(const FilterNode& node, const Trace& trace, const RootCause& cause) {
  Subject subject{Subject::Level::cause, trace, trace.root};
  if (node.level == FilterNode::Level::service) {
    subject.count = cause.services.size();
    for (const RootCauseService& service : cause.services) {
      subject.node = service.node;
      subject.coverage = service.entities.front().coverage;
      if (part_holds(node, subject)) return true;
      ++subject.index;
    }
    return false;
  }
  for (const RootCauseService& service : cause.services) {
    const bool is_last_service = &service == &cause.services.back();
    subject.index = 0;
    // `last` is the end of the whole path, which is where it began.
    subject.count = is_last_service ? service.entities.size() : service.entities.size() + 1;
    for (const RootCauseEntity& entity : service.entities) {
      subject.node = entity.node;
      subject.coverage = entity.coverage;
      const bool is_found = node.level == FilterNode::Level::entity
                                ? part_holds(node, subject)
                                : exception_holds(node, subject);
      if (is_found) return true;
      ++subject.index;
    }
  }
  return false;
}

bool root_cause_holds(const FilterNode& node, const Trace& trace) {
  const CauseKind kind = node.cause == FilterNode::Cause::fault   ? CauseKind::fault
                         : node.cause == FilterNode::Cause::error ? CauseKind::error
                                                                  : CauseKind::response_time;
  bool holds = false;
  for_each_root_cause(trace, kind, [&](const RootCause& cause) {
    holds = cause_holds(node, trace, cause);
    return !holds;
  });
  return holds;
}

/// Every member of `part` is in `whole`, and every element of a list, in that order.
bool is_part(const Json& part, const Json& whole) {
  if (part.is_object()) {
    if (!whole.is_object()) return false;
    return std::all_of(part.items().begin(), part.items().end(), [&](const auto& member) {
      const auto found = whole.find(member.key());
      return found != whole.end() && is_part(member.value(), *found);
    });
  }
  if (!part.is_array()) return part == whole;
  if (!whole.is_array()) return false;
  auto at = whole.begin();
  for (const Json& element : part) {
    at = std::find_if(at, whole.end(), [&](const Json& other) { return is_part(element, other); });
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

bool cause_json_holds(const FilterNode& node, const Trace& trace) {
  const Json wanted = Json::parse(node.key, nullptr, false);
  if (!wanted.is_array()) return false;
  for (const CauseKind kind : {CauseKind::fault, CauseKind::error, CauseKind::response_time}) {
    if (is_part(wanted, root_causes_json(trace, kind))) return true;
  }
  return false;
}

bool holds(const FilterNode& node, const Subject& subject) {
  const auto part = [&](const FilterPointer& inner) { return holds(*inner, subject); };
  switch (node.kind) {
    case Kind::all_of:
      return std::all_of(node.parts.begin(), node.parts.end(), part);
    case Kind::any_of:
      return std::any_of(node.parts.begin(), node.parts.end(), part);
    case Kind::not_of:
      return !part(node.parts.front());
    case Kind::keyword:
      return keyword_holds(node, subject);
    case Kind::annotation:
      return annotation_holds(node, subject.trace);
    case Kind::service:
      return service_holds(node, subject.trace);
    case Kind::edge:
      return edge_holds(node, subject.trace);
    case Kind::root_cause:
      return root_cause_holds(node, subject.trace);
    case Kind::cause_json:
      return cause_json_holds(node, subject.trace);
  }
  return false;
}

}  // namespace

bool Filter::holds(const Trace& trace) const {
  if (!top_) return true;
  return xray::holds(*top_, Subject{Subject::Level::trace, trace, trace.root});
}

}  // namespace hoplab::report::xray
