// What GetServiceGraph answers: a node for each service, an edge for each who-calls-whom.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "report/xray/statistics.hpp"
#include "report/xray/trace.hpp"

namespace hoplab::report::xray {

/// From `from` on and before `to`, since 1970.
struct TimeRange {
  sim::Duration from{};
  sim::Duration to = sim::Duration::max();
  [[nodiscard]] bool holds(sim::Duration instant) const { return from <= instant && instant < to; }
};

/// What makes two segments one node.
struct ServiceKey {
  std::string name;
  std::string type;     ///< "AWS::ECS::Container", "remote", "client"; may be empty.
  std::string account;  ///< May be empty.
  auto operator<=>(const ServiceKey&) const = default;
};
[[nodiscard]] ServiceKey service_of(const Segment& segment);

/// As the requester saw it, network included. Source: X-Ray developer guide, "Using latency
/// histograms": a service's histogram is the service's view, an edge's is the requester's.
struct GraphEdge {
  std::size_t to = 0;
  sim::Duration start = sim::Duration::max();
  sim::Duration end{};
  Statistics statistics;
};

/// As the service itself saw it.
struct GraphService {
  ServiceKey key;
  bool is_root = false;
  bool is_known = false;  ///< Sent segments of its own ("active"); else it is inferred ("unknown").
  sim::Duration start = sim::Duration::max();
  sim::Duration end{};
  Statistics statistics;
  TimeHistogram durations;  ///< To the end of the last that a request set going.
  std::vector<GraphEdge> edges;
  [[nodiscard]] bool is_client() const { return key.type == "client"; }
};

/// A service's place in the list is its reference id. Clients come last, one for each service that
/// they call.
struct ServiceGraph {
  std::vector<GraphService> services;
  sim::Duration start{};
  sim::Duration end{};
  std::size_t traces = 0;
};

/// Of the traces that began in the range (by the instant in their ids).
[[nodiscard]] ServiceGraph service_graph(const TraceStore& store, const TimeRange& range);
/// Of one trace: GetTraceGraph.
[[nodiscard]] ServiceGraph trace_graph(const Trace& trace);

/// The document of GetServiceGraph, read and written. Reading throws BadRecording, which names the
/// member that is not as it should be.
[[nodiscard]] std::string service_graph_json(const ServiceGraph& graph);
[[nodiscard]] ServiceGraph read_service_graph(std::string_view text);

}  // namespace hoplab::report::xray
