#include "report/xray/root_cause.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::report::xray {
namespace {

bool has(const Segment& segment, CauseKind kind) {
  return kind == CauseKind::fault ? segment.has_fault : segment.has_error;
}

double coverage_of(const Trace& trace, NodeIndex node) {
  const auto whole = trace.root_segment().duration();
  if (whole.count() <= 0) return 0;
  const double part = sim::in_seconds(trace.at(node).duration()) / sim::in_seconds(whole);
  return std::min(part, 1.0);
}

RootCause path_to(const Trace& trace, NodeIndex last) {
  std::vector<NodeIndex> path;
  for (NodeIndex i = last; i != no_node; i = trace.nodes[i].parent) path.push_back(i);
  std::reverse(path.begin(), path.end());
  RootCause cause;
  for (const NodeIndex node : path) {
    if (!trace.nodes[node].is_subsegment() || cause.services.empty()) {
      cause.services.emplace_back().node = node;
    }
    cause.services.back().entities.push_back({node, coverage_of(trace, node)});
  }
  return cause;
}

std::size_t entities_of(const RootCause& cause) {
  std::size_t sum = 0;
  for (const RootCauseService& service : cause.services) sum += service.entities.size();
  return sum;
}

RootCause longest_path(const Trace& trace) {
  NodeIndex at = trace.root;
  const auto whole = trace.root_segment().duration();
  while (true) {
    NodeIndex longest = no_node;
    trace.for_each_child(at, [&](NodeIndex child) {
      const bool is_longer =
          longest == no_node || trace.at(child).duration() > trace.at(longest).duration();
      if (is_longer) longest = child;
    });
    if (longest == no_node || trace.at(longest).duration() * 2 < whole) break;
    at = longest;
  }
  return path_to(trace, at);
}

/// It calls somebody who has it too.
bool is_passed_on(const Trace& trace, NodeIndex node, CauseKind kind) {
  bool is_passed_on = false;
  trace.for_each_child(node, [&](NodeIndex child) {
    if (has(trace.at(child), kind)) is_passed_on = true;
  });
  return is_passed_on;
}

bool hits_client(const Trace& trace, const RootCause& cause, CauseKind kind) {
  return cause.services.front().node == trace.root &&
         std::ranges::all_of(cause.services, [&](const RootCauseService& service) {
           return std::ranges::all_of(service.entities, [&](const RootCauseEntity& entity) {
             return has(trace.at(entity.node), kind);
           });
         });
}

}  // namespace

void for_each_root_cause(const Trace& trace, CauseKind kind, const TakeCause& take) {
  if (kind == CauseKind::response_time) {
    if (trace.root_segment().duration().count() == 0) return;
    RootCause cause = longest_path(trace);
    cause.hits_client = true;
    take(cause);
    return;
  }
  for (NodeIndex i = 0; i < trace.nodes.size(); ++i) {
    if (!has(trace.at(i), kind) || is_passed_on(trace, i, kind)) continue;
    RootCause cause = path_to(trace, i);
    cause.hits_client = hits_client(trace, cause, kind);
    if (!take(cause)) return;
  }
}

std::vector<RootCause> root_causes(const Trace& trace, CauseKind kind) {
  std::vector<RootCause> causes;
  std::size_t entities = 0;
  for_each_root_cause(trace, kind, [&](const RootCause& cause) {
    entities += entities_of(cause);
    if (entities > most_root_cause_entities && !causes.empty()) return false;
    causes.push_back(cause);
    return true;
  });
  return causes;
}

}  // namespace hoplab::report::xray
