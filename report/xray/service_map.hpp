// The service map that a person reads: an application and its Envoy are one node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "report/xray/service_graph.hpp"

namespace hoplab::report::xray {

/// Calls of one service by another.
struct MapEdge {
  std::size_t to = 0;
  Statistics requester;  ///< As the caller's application (else its Envoy) saw them.
  Statistics callee;     ///< The same calls as the callee saw them: those that it has a segment of.
  std::uint64_t lost = 0;  ///< Faults and errors of calls that the callee has no segment of.
};

struct MapNode {
  std::string name;
  std::string type;
  std::vector<std::string> versions;  ///< Of the application, ordered: "reviews:2".
  bool is_client = false;
  bool has_segments = false;     ///< Else it is known from the calls of others only.
  Statistics statistics;         ///< Of requests that came in, as the node itself saw them.
  std::uint64_t own_faults = 0;  ///< Faults that none of the node's own calls explains.
  std::vector<MapEdge> edges;
};

struct ServiceMap {
  std::vector<MapNode> nodes;  ///< Clients first, then in the order in which a walk meets them.
  bool is_of_graph = false;    ///< `traces` are then the clients' requests, 0 when it names none.
  std::size_t traces = 0;
  sim::Duration start{};
  sim::Duration end{};
};

/// Of the traces that began in the range.
///
/// An Envoy is the application's that it hands requests to (its ingress segments are parents of
/// the application's) or takes calls from. A call that reached nobody goes to whoever answers to
/// that host in other traces.
[[nodiscard]] ServiceMap service_map(const TraceStore& store, const TimeRange& range);

/// The nodes as they are in the graph, nothing folded; which faults are a node's own can only be
/// estimated: those that are more than its calls have.
[[nodiscard]] ServiceMap service_map(const ServiceGraph& graph);

}  // namespace hoplab::report::xray
