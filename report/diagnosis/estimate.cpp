#include "report/diagnosis/estimate.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "report/diagnosis/normal.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Samples = std::vector<std::int64_t>;  ///< Microseconds.

std::int64_t median_of(Samples& samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>((samples.size() - 1) / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

/// What was measured on one edge; round trips but for the application's own time.
struct EdgeTimes {
  Samples caller_loopback;  ///< The caller's application and its Envoy.
  Samples wire;             ///< The two Envoys; the two applications where there is no mesh.
  Samples callee_loopback;  ///< The callee's Envoy and its application.
  Samples own;
};

class LadderWriter {
 public:
  LadderWriter(const Evidence& evidence, const Edge& edge, bool has_mesh)
      : callee_(evidence.service_name(edge.second)), has_mesh_(has_mesh) {
    if (edge.first != none) caller_ = evidence.service_name(edge.first);
  }

  LadderEstimate write(EdgeTimes& times) {
    ladder_.edge = (caller_.empty() ? "" : caller_ + " ") + "-> " + callee_;
    if (has_mesh_) {
      there(caller_ + ".app", caller_ + ".envoy", times.caller_loopback);
      there(caller_ + ".envoy", callee_ + ".envoy", times.wire);
      there(callee_ + ".envoy", callee_ + ".app", times.callee_loopback);
    } else {
      there(caller_ + ".app", callee_ + ".app", times.wire);
    }
    if (!times.own.empty()) {
      ladder_.hops.push_back({callee_ + ".app", median_of(times.own), times.own.size(), false});
    }
    for (auto hop = back_.rbegin(); hop != back_.rend(); ++hop) ladder_.hops.push_back(*hop);
    return std::move(ladder_);
  }

 private:
  void there(const std::string& from, const std::string& to, Samples& round_trips) {
    if (round_trips.empty()) return;
    const std::int64_t half = std::max<std::int64_t>(median_of(round_trips), 0) / 2;
    ladder_.hops.push_back({from + "->" + to, half, round_trips.size(), true});
    back_.push_back({from + "<-" + to, half, round_trips.size(), true});
  }

  std::string caller_;
  std::string callee_;
  bool has_mesh_;
  LadderEstimate ladder_;
  std::vector<HopEstimate> back_;
};

// --- From traces --------------------------------------------------------------------------------

class TraceTimes {
 public:
  explicit TraceTimes(const Evidence& evidence) : segments_(evidence.segments) {
    for (const auto& segment : segments_) {
      if (segment.parent != 0) children_.emplace(segment.parent, &segment);
    }
  }

  std::map<Edge, EdgeTimes> measure() {
    for (const auto& segment : segments_) {
      if (segment.has_failed || segment.service == none) continue;
      if (segment.kind == Segment::Kind::ingress) measure_callee(segment);
      if (segment.kind == Segment::Kind::call) measure_call(segment);
      const bool is_meshless_entry =
          segment.kind == Segment::Kind::application && with_id(segment.parent) == nullptr;
      if (is_meshless_entry) edges_[{none, segment.service}].own.push_back(own_us(segment));
    }
    return std::move(edges_);
  }

 private:
  [[nodiscard]] const Segment* with_id(std::uint64_t id) const {
    const auto found =
        std::lower_bound(segments_.begin(), segments_.end(), id,
                         [](const Segment& segment, std::uint64_t it) { return segment.id < it; });
    return found == segments_.end() || found->id != id ? nullptr : &*found;
  }

  /// Nothing where there are several: a retry hides what lies between.
  [[nodiscard]] const Segment* only_child(const Segment& segment, Segment::Kind kind) const {
    const auto [first, last] = children_.equal_range(segment.id);
    const Segment* found = nullptr;
    for (auto it = first; it != last; ++it) {
      if (it->second->kind != kind || it->second->has_failed) continue;
      if (found != nullptr) return nullptr;
      found = it->second;
    }
    return found;
  }

  void measure_call(const Segment& call) {
    const Segment* const egress = only_child(call, Segment::Kind::egress);
    if (egress == nullptr) return measure_meshless(call);
    const Segment* const ingress = only_child(*egress, Segment::Kind::ingress);
    if (ingress == nullptr || ingress->service == none) return;
    EdgeTimes& times = edges_[{call.service, ingress->service}];
    times.caller_loopback.push_back(call.took_us() - egress->took_us());
    times.wire.push_back(egress->took_us() - ingress->took_us());
  }

  void measure_meshless(const Segment& call) {
    const Segment* const app = only_child(call, Segment::Kind::application);
    if (app == nullptr || app->service == none) return;
    EdgeTimes& times = edges_[{call.service, app->service}];
    times.wire.push_back(call.took_us() - app->took_us());
    times.own.push_back(own_us(*app));
  }

  void measure_callee(const Segment& ingress) {
    const Segment* const app = only_child(ingress, Segment::Kind::application);
    if (app == nullptr) return;
    const Segment* const caller = with_id(ingress.parent);
    EdgeTimes& times = edges_[{caller == nullptr ? none : caller->service, ingress.service}];
    times.callee_loopback.push_back(ingress.took_us() - app->took_us());
    times.own.push_back(own_us(*app));
  }

  /// Without the time in which at least one call was open.
  [[nodiscard]] std::int64_t own_us(const Segment& app) const {
    std::vector<const Segment*> calls;
    const auto [first, last] = children_.equal_range(app.id);
    for (auto it = first; it != last; ++it) {
      if (it->second->kind == Segment::Kind::call) calls.push_back(it->second);
    }
    std::stable_sort(calls.begin(), calls.end(),
                     [](const Segment* a, const Segment* b) { return a->start_us < b->start_us; });
    std::int64_t in_calls = 0;
    std::int64_t until = app.start_us;
    for (const Segment* call : calls) {
      in_calls += std::max<std::int64_t>(call->end_us - std::max(call->start_us, until), 0);
      until = std::max(until, call->end_us);
    }
    return app.took_us() - in_calls;
  }

  const std::vector<Segment>& segments_;
  std::multimap<std::uint64_t, const Segment*> children_;
  std::map<Edge, EdgeTimes> edges_;
};

// --- From logs ----------------------------------------------------------------------------------

/// A difference of whole milliseconds is off by up to one; the mean of many is not.
class Mean {
 public:
  void add(std::optional<std::int64_t> us) {
    if (!us) return;
    sum_ += *us;
    ++samples_;
  }
  [[nodiscard]] Samples as_samples() const {
    return samples_ == 0 ? Samples()
                         : Samples(samples_, sum_ / static_cast<std::int64_t>(samples_));
  }

 private:
  std::int64_t sum_ = 0;
  std::size_t samples_ = 0;
};

std::map<Edge, EdgeTimes> times_from_logs(const Evidence& evidence, const Symptoms& symptoms) {
  std::set<const CallLine*> bad;
  for (const auto& symptom : symptoms.all) bad.insert(symptom.attempt);
  struct Sums {
    Mean wire;
    Mean proxy;
  };
  std::map<Edge, Sums> sums;
  std::map<Edge, EdgeTimes> edges;
  for_each_request(evidence, [&](std::span<const Call> calls) {
    for (const auto& call : calls) {
      if (call.callee == none || bad.contains(call.last_attempt())) continue;
      const Edge edge(call.caller, call.callee);
      sums[edge].wire.add(call.wire_us());
      sums[edge].proxy.add(call.proxy_us());
      if (const auto own = call.own_us()) edges[edge].own.push_back(*own);
    }
  });
  for (const auto& [edge, of_edge] : sums) {
    edges[edge].wire = of_edge.wire.as_samples();
    edges[edge].callee_loopback = of_edge.proxy.as_samples();
  }
  return edges;
}

}  // namespace

std::vector<LadderEstimate> estimate_ladders(const Evidence& evidence, const Symptoms& symptoms) {
  auto edges = evidence.segments.empty() ? times_from_logs(evidence, symptoms)
                                         : TraceTimes(evidence).measure();
  std::vector<LadderEstimate> ladders;
  for (auto& [edge, times] : edges) {
    ladders.push_back(LadderWriter(evidence, edge, !evidence.envoy_log.empty()).write(times));
  }
  return ladders;
}

}  // namespace hoplab::report::diagnosis
