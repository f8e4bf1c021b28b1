#include "report/xray/service_map.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace hoplab::report::xray {
namespace {

/// "http://b.demo.local:8080/x" -> "b.demo.local:8080".
std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

/// Names of whom an Envoy's call went to, the most exact one first: its cluster, and the host.
std::vector<std::string> targets_of(const Segment& call) {
  std::vector<std::string> targets;
  for_each_annotation(call, [&](std::string_view key, std::string_view value) {
    if (key == "upstream_cluster") targets.emplace_back(value);
  });
  const std::string_view host = host_of(call.url);
  if (!host.empty()) targets.emplace_back(host);
  return targets;
}

/// Sets of services that are one node.
class Groups {
 public:
  std::size_t place(const Segment& segment) {
    const auto [found, is_new] = index_.try_emplace(service_of(segment), parents_.size());
    if (is_new) parents_.push_back(found->second);
    return found->second;
  }
  std::size_t top(std::size_t place) {
    while (parents_[place] != place) place = parents_[place] = parents_[parents_[place]];
    return place;
  }
  void join(std::size_t a, std::size_t b) { parents_[top(b)] = top(a); }
  [[nodiscard]] const std::map<ServiceKey, std::size_t>& services() const { return index_; }

 private:
  std::map<ServiceKey, std::size_t> index_;
  std::vector<std::size_t> parents_;
};

constexpr std::size_t nowhere = ~std::size_t{0};

class Folding {
 public:
  Folding(const TraceStore& store, const TimeRange& range) {
    for (const Trace& trace : store.traces()) {
      if (range.holds(trace.id.instant())) traces_.push_back(&trace);
    }
    for (const Trace* trace : traces_) learn(*trace);
    name_nodes();
    for (const Trace* trace : traces_) add(*trace);
  }

  [[nodiscard]] ServiceMap map() {
    map_.traces = traces_.size();
    if (map_.traces == 0) map_.start = {};
    for (auto& [place, versions] : versions_) {
      map_.nodes[place].versions.assign(versions.begin(), versions.end());
    }
    return std::move(map_);
  }

 private:
  /// Who is beside whom, and who answers to which host.
  void learn(const Trace& trace) {
    for (NodeIndex i = 0; i < trace.nodes.size(); ++i) {
      const TraceNode& node = trace.nodes[i];
      const Segment& segment = *node.segment;
      if (node.is_subsegment()) continue;
      const std::size_t place = groups_.place(segment);
      if (node.parent == no_node) continue;
      const Segment& caller = trace.at(trace.nodes[node.parent].owner);
      if (caller.is_subsegment) continue;
      const std::size_t caller_place = groups_.place(caller);
      const bool is_handed_in = caller.is_proxy() && caller.is_ingress && !segment.is_proxy();
      const bool is_handed_out = segment.is_proxy() && segment.is_egress && !caller.is_proxy();
      if (is_handed_in || is_handed_out) groups_.join(caller_place, place);
      if (caller.is_egress && segment.is_ingress) {
        for (const std::string& target : targets_of(caller)) answers_[target].insert(place);
      }
    }
  }

  void name_nodes() {
    for (const auto& [key, place] : groups_.services()) {
      const auto [node, is_new] = node_of_group_.try_emplace(groups_.top(place), map_.nodes.size());
      if (is_new) map_.nodes.emplace_back();
      MapNode& named = map_.nodes[node->second];
      const bool is_proxy = key.type == "AWS::AppMesh::Proxy";
      if (!named.name.empty() && is_proxy) continue;
      named.name = is_proxy ? key.name.substr(key.name.find('/') + 1) : key.name;
      named.type = key.type;
    }
  }

  std::size_t node_of(const Segment& segment) {
    return node_of_group_.at(groups_.top(groups_.place(segment)));
  }

  std::size_t client_of(std::size_t called) {
    const auto [found, is_new] = clients_.try_emplace(called, map_.nodes.size());
    if (is_new) {
      MapNode& client = map_.nodes.emplace_back();
      client.name = "client";
      client.type = "client";
      client.is_client = true;
    }
    return found->second;
  }

  /// A callee that never answers in any trace.
  std::size_t stranger(const std::string& name, const Segment& call) {
    const auto [found, is_new] = strangers_.try_emplace(name, map_.nodes.size());
    if (is_new) {
      MapNode& node = map_.nodes.emplace_back();
      node.name = name;
      node.type = service_type(call);
    }
    return found->second;
  }

  MapEdge& edge(std::size_t from, std::size_t to) {
    auto& edges = map_.nodes[from].edges;
    const auto found =
        std::find_if(edges.begin(), edges.end(), [to](const MapEdge& e) { return e.to == to; });
    if (found != edges.end()) return *found;
    edges.emplace_back().to = to;
    return edges.back();
  }

  void add(const Trace& trace) {
    places_.assign(trace.nodes.size(), nowhere);
    bad_below_.assign(trace.nodes.size(), false);
    last_callee_.assign(trace.nodes.size(), nowhere);
    for (NodeIndex i = 0; i < trace.nodes.size(); ++i) {
      const TraceNode& node = trace.nodes[i];
      if (!node.is_subsegment()) places_[i] = node_of(*node.segment);
      if (node.is_subsegment() && node.parent != no_node) places_[i] = places_[node.parent];
      map_.start = std::min(map_.start, node.segment->start);
      map_.end = std::max(map_.end, node.segment->end);
    }
    for (NodeIndex i = 0; i < trace.nodes.size(); ++i) {
      if (places_[i] != nowhere) add_node(trace, i);
    }
    // Children stand behind their parents: from the last to the first, blame climbs up to the
    // entry.
    for (NodeIndex i = static_cast<NodeIndex>(trace.nodes.size()); i-- > 0;) blame(trace, i);
  }

  [[nodiscard]] bool is_entry(const Trace& trace, NodeIndex i) const {
    const TraceNode& node = trace.nodes[i];
    if (node.is_subsegment() || node.segment->is_inferred) return false;
    return node.parent == no_node || places_[node.parent] != places_[i];
  }

  void add_node(const Trace& trace, NodeIndex i) {
    const TraceNode& node = trace.nodes[i];
    const Segment& segment = *node.segment;
    MapNode& here = map_.nodes[places_[i]];
    if (!node.is_subsegment() && !segment.is_inferred) {
      here.has_segments = true;
      if (!segment.version.empty()) versions_[places_[i]].emplace(segment.version);
    }
    if (is_entry(trace, i)) {
      here.statistics.add(segment);
      add_call(trace, i);
    } else if (segment.is_inferred || (segment.is_egress && node.first_child == no_node)) {
      add_lost_call(trace, i);
    }
  }

  /// The outermost view of the requester: the application's call, else its Envoy's.
  static NodeIndex requester_of(const Trace& trace, NodeIndex callee,
                                const std::vector<std::size_t>& places) {
    NodeIndex call = trace.nodes[callee].parent;
    const NodeIndex above = trace.nodes[call].parent;
    const bool has_application = trace.at(call).is_egress && above != no_node &&
                                 places[above] == places[call] &&
                                 trace.nodes[above].is_subsegment();
    return has_application ? above : call;
  }

  void add_call(const Trace& trace, NodeIndex i) {
    const Segment& segment = trace.at(i);
    if (trace.nodes[i].parent == no_node || places_[trace.nodes[i].parent] == nowhere) {
      if (i != trace.root) return;
      MapEdge& from_client = edge(client_of(places_[i]), places_[i]);
      from_client.requester.add(segment);
      from_client.callee.add(segment);
      return;
    }
    const NodeIndex call = requester_of(trace, i, places_);
    MapEdge& calls = edge(places_[call], places_[i]);
    // Of a call that was tried several times there are several callees.
    if (last_callee_[call] != places_[i]) calls.requester.add(trace.at(call));
    last_callee_[call] = places_[i];
    calls.callee.add(segment);
  }

  /// A call that nobody has a segment of: it never came to an Envoy, or left one and came nowhere.
  void add_lost_call(const Trace& trace, NodeIndex i) {
    const Segment& segment = trace.at(i);
    NodeIndex call = i;
    if (segment.is_inferred) {
      call = trace.nodes[i].parent;
    } else if (trace.nodes[i].parent != no_node &&
               trace.nodes[trace.nodes[i].parent].is_subsegment()) {
      call = trace.nodes[i].parent;
    }
    const std::size_t from = places_[call];
    if (from == nowhere) return;
    std::size_t to = answerer_of(segment);
    if (to == nowhere) {
      const std::string host(host_of(trace.at(call).url));
      to = segment.is_inferred ? places_[i] : stranger(host.empty() ? "?" : host, segment);
    }
    MapEdge& calls = edge(from, to);
    calls.requester.add(trace.at(call));
    if (!trace.at(call).is_ok()) ++calls.lost;
  }

  /// Who answers such calls in other traces; nowhere if nobody does, or one or another.
  std::size_t answerer_of(const Segment& call) {
    for (const std::string& target : targets_of(call)) {
      const auto known = answers_.find(target);
      if (known == answers_.end()) continue;
      const std::size_t group = groups_.top(*known->second.begin());
      const bool is_one =
          std::all_of(known->second.begin(), known->second.end(),
                      [&](std::size_t place) { return groups_.top(place) == group; });
      if (is_one) return node_of_group_.at(group);
    }
    return nowhere;
  }

  void blame(const Trace& trace, NodeIndex i) {
    const TraceNode& node = trace.nodes[i];
    const bool is_faulty = node.segment->has_fault;
    const bool comes_in = places_[i] != nowhere && is_entry(trace, i);
    if (comes_in && is_faulty && !bad_below_[i]) ++map_.nodes[places_[i]].own_faults;
    if (node.parent == no_node) return;
    const bool is_callless = node.is_subsegment() && node.segment->is_remote_call();
    if (bad_below_[i] || (is_faulty && (comes_in || is_callless))) bad_below_[node.parent] = true;
  }

  std::vector<const Trace*> traces_;
  Groups groups_;
  /// What calls are addressed to, and the services that answered there.
  std::map<std::string, std::set<std::size_t>> answers_;
  std::map<std::size_t, std::size_t> node_of_group_;
  std::map<std::size_t, std::size_t> clients_;
  std::map<std::string, std::size_t> strangers_;
  std::map<std::size_t, std::set<std::string>> versions_;
  ServiceMap map_{{}, false, 0, sim::Duration::max(), {}};
  // Of the trace in hand:
  std::vector<std::size_t> places_;
  std::vector<std::size_t> last_callee_;  ///< Of each call.
  std::vector<bool> bad_below_;  ///< A call of the same request, further down, has a fault.
};

/// Drops nodes that nothing leads to or from, and puts the rest into the order of a walk.
ServiceMap walked(ServiceMap map) {
  const std::size_t count = map.nodes.size();
  std::vector<std::size_t> place(count, nowhere);
  std::vector<std::size_t> order;
  const auto visit = [&](std::size_t start) {
    std::vector<std::size_t> waiting{start};
    while (!waiting.empty()) {
      const std::size_t here = waiting.back();
      waiting.pop_back();
      if (place[here] != nowhere) continue;
      place[here] = order.size();
      order.push_back(here);
      auto& edges = map.nodes[here].edges;
      std::sort(edges.begin(), edges.end(), [&](const MapEdge& a, const MapEdge& b) {
        return map.nodes[a.to].name < map.nodes[b.to].name;
      });
      for (auto e = edges.rbegin(); e != edges.rend(); ++e) waiting.push_back(e->to);
    }
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (map.nodes[i].is_client) visit(i);
  }
  std::vector<bool> is_called(count, false);
  for (const MapNode& node : map.nodes) {
    for (const MapEdge& edge : node.edges) is_called[edge.to] = true;
  }
  const auto is_of_use = [&](std::size_t i) {
    return map.nodes[i].statistics.total() > 0 || !map.nodes[i].edges.empty();
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_called[i] && is_of_use(i)) visit(i);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (is_of_use(i)) visit(i);
  }
  std::vector<MapNode> nodes;
  for (const std::size_t old : order) {
    for (MapEdge& edge : map.nodes[old].edges) edge.to = place[edge.to];
    nodes.push_back(std::move(map.nodes[old]));
  }
  map.nodes = std::move(nodes);
  return map;
}

}  // namespace

ServiceMap service_map(const TraceStore& store, const TimeRange& range) {
  return walked(Folding(store, range).map());
}

ServiceMap service_map(const ServiceGraph& graph) {
  ServiceMap map{{}, true, graph.traces, graph.start, graph.end};
  for (const GraphService& service : graph.services) {
    MapNode& node = map.nodes.emplace_back();
    node.name = service.is_client() ? "client" : service.key.name;
    node.type = service.key.type;
    node.is_client = service.is_client();
    node.has_segments = service.is_known;
    node.statistics = service.statistics;
    std::uint64_t passed_on = 0;
    for (const GraphEdge& edge : service.edges) {
      passed_on += edge.statistics.faults;
      MapEdge& call = node.edges.emplace_back();
      call.to = edge.to;
      call.requester = edge.statistics;
    }
    node.own_faults = node.statistics.faults - std::min(node.statistics.faults, passed_on);
  }
  return walked(std::move(map));
}

}  // namespace hoplab::report::xray
