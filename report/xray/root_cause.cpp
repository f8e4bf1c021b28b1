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

}  // namespace

std::vector<RootCause> root_causes(const Trace& trace, CauseKind kind) {
  std::vector<RootCause> causes;
  std::size_t entities = 0;
  if (kind == CauseKind::response_time) {
    if (trace.root_segment().duration().count() == 0) return causes;
    causes.push_back(longest_path(trace));
    causes.back().hits_client = true;
    return causes;
  }
  for (NodeIndex i = 0; i < trace.nodes.size(); ++i) {
    if (!has(trace.at(i), kind)) continue;
    bool is_passed_on = false;
    trace.for_each_child(i, [&](NodeIndex child) {
      if (has(trace.at(child), kind)) is_passed_on = true;
    });
    if (is_passed_on) continue;
    RootCause cause = path_to(trace, i);
    entities += entities_of(cause);
    if (entities > most_root_cause_entities && !causes.empty()) break;
    causes.push_back(std::move(cause));
    const auto& services = causes.back().services;
    causes.back().hits_client =
        services.front().node == trace.root &&
        std::all_of(services.begin(), services.end(), [&](const RootCauseService& service) {
          return std::all_of(
              service.entities.begin(), service.entities.end(),
              [&](const RootCauseEntity& entity) { return has(trace.at(entity.node), kind); });
        });
  }
  return causes;
}

}  // namespace hoplab::report::xray
