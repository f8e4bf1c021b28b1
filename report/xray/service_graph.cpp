#include "report/xray/service_graph.hpp"

#include <algorithm>

namespace hoplab::report::xray {
namespace {

template <typename Spanned>
void widen(Spanned& spanned, const Segment& segment) {
  spanned.start = std::min(spanned.start, segment.start);
  spanned.end = std::max(spanned.end, segment.end);
}

class Builder {
 public:
  void add(const Trace& trace) {
    ++graph_.traces;
    places_.assign(trace.nodes.size(), 0);
    last_callee_.assign(trace.nodes.size(), nowhere);
    find_last_ends(trace);
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
      const TraceNode& node = trace.nodes[i];
      if (node.is_subsegment()) {
        // One that came alone, of a segment that never came, is nobody's.
        places_[i] = node.parent == no_node ? nowhere : places_[node.parent];
        continue;
      }
      places_[i] = place_of(service_of(*node.segment));
      add_segment(*node.segment, last_ends_[i], graph_.services[places_[i]]);
      if (node.parent != no_node && places_[node.parent] != nowhere) {
        // Of a call that was tried several times there are several callees.
        const bool is_first = last_callee_[node.parent] != places_[i];
        if (is_first) add_call(places_[node.parent], places_[i], trace.at(node.parent));
        last_callee_[node.parent] = places_[i];
      }
    }
    if (trace.root_segment().is_subsegment) return;
    graph_.services[places_[trace.root]].is_root = true;
    add_call(client_of(places_[trace.root]), places_[trace.root], trace.root_segment());
  }

  [[nodiscard]] ServiceGraph graph() {
    for (auto& [called, client] : clients_) {
      for (GraphEdge& edge : client.edges) {
        client.start = std::min(client.start, edge.start);
        client.end = std::max(client.end, edge.end);
      }
      graph_.services.push_back(std::move(client));
    }
    graph_.start = sim::Duration::max();
    for (GraphService& service : graph_.services) {
      graph_.start = std::min(graph_.start, service.start);
      graph_.end = std::max(graph_.end, service.end);
      std::sort(service.edges.begin(), service.edges.end(),
                [](const GraphEdge& a, const GraphEdge& b) { return a.to < b.to; });
    }
    if (graph_.services.empty()) graph_.start = {};
    return std::move(graph_);
  }

 private:
  static constexpr std::size_t nowhere = ~std::size_t{0};
  static constexpr std::size_t client_bit = std::size_t{1} << 62U;

  std::size_t place_of(const ServiceKey& key) {
    const auto [found, is_new] = index_.try_emplace(key, graph_.services.size());
    if (is_new) graph_.services.emplace_back().key = key;
    return found->second;
  }

  std::size_t client_of(std::size_t called) {
    GraphService& client = clients_[called];
    client.key = {graph_.services[called].key.name, "client", graph_.services[called].key.account};
    return called | client_bit;
  }

  /// Of each node and all below it, which stand behind it.
  void find_last_ends(const Trace& trace) {
    last_ends_.assign(trace.nodes.size(), {});
    for (std::size_t i = trace.nodes.size(); i-- > 0;) {
      const TraceNode& node = trace.nodes[i];
      last_ends_[i] = std::max(last_ends_[i], node.segment->end);
      if (node.parent == no_node) continue;
      last_ends_[node.parent] = std::max(last_ends_[node.parent], last_ends_[i]);
    }
  }

  static void add_segment(const Segment& segment, sim::Duration last_end, GraphService& service) {
    if (!segment.is_inferred) service.is_known = true;
    widen(service, segment);
    service.statistics.add(segment);
    if (!segment.is_in_progress) service.durations.add(last_end - segment.start);
  }

  void add_call(std::size_t from, std::size_t to, const Segment& seen_by_requester) {
    const bool is_client = (from & client_bit) != 0;
    GraphService& caller = is_client ? clients_[from & ~client_bit] : graph_.services[from];
    auto edge = std::find_if(caller.edges.begin(), caller.edges.end(),
                             [to](const GraphEdge& known) { return known.to == to; });
    if (edge == caller.edges.end()) {
      edge = caller.edges.emplace(caller.edges.end());
      edge->to = to;
    }
    widen(*edge, seen_by_requester);
    edge->statistics.add(seen_by_requester);
  }

  ServiceGraph graph_;
  std::map<ServiceKey, std::size_t> index_;
  std::map<std::size_t, GraphService> clients_;  ///< By the service that they call.
  // Of the nodes of the trace in hand:
  std::vector<std::size_t> places_;
  std::vector<std::size_t> last_callee_;
  std::vector<sim::Duration> last_ends_;
};

}  // namespace

ServiceKey service_of(const Segment& segment) {
  return {std::string(segment.name), std::string(service_type(segment)),
          std::string(segment.account)};
}

ServiceGraph service_graph(const TraceStore& store, const TimeRange& range) {
  Builder builder;
  for (const Trace& trace : store.traces()) {
    if (range.holds(trace.id.instant())) builder.add(trace);
  }
  return builder.graph();
}

ServiceGraph trace_graph(const Trace& trace) {
  Builder builder;
  builder.add(trace);
  return builder.graph();
}

}  // namespace hoplab::report::xray
