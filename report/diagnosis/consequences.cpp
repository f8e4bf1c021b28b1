#include "report/diagnosis/consequences.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace hoplab::report::diagnosis {
namespace {

/// Which services a service reaches by its calls, directly or not.
class CallGraph {
 public:
  explicit CallGraph(const Symptoms& symptoms) {
    for (const auto& [callee, began] : symptoms.began) {
      for (const auto& call : began) {
        if (call.caller != none) callees_[call.caller].insert(callee);
      }
    }
  }

  [[nodiscard]] bool reaches(Index from, Index to) const {
    std::set<Index> seen;
    std::vector<Index> open = {from};
    while (!open.empty()) {
      const Index at = open.back();
      open.pop_back();
      const auto next = callees_.find(at);
      if (next == callees_.end()) continue;
      if (next->second.contains(to)) return true;
      for (const Index callee : next->second) {
        if (seen.insert(callee).second) open.push_back(callee);
      }
    }
    return false;
  }

 private:
  std::map<Index, std::set<Index>> callees_;
};

/// Clocks, and whole seconds of documents.
constexpr std::int64_t slack_ms = 1'500;

bool is_within(const Episode& inner, const Episode& outer) {
  return inner.first_ms + slack_ms >= outer.first_ms &&
         inner.first_ms <= outer.last_end_ms + slack_ms;
}

bool calls(const Facts& facts, Index caller) {
  const auto share = facts.by_caller.find(caller);
  return share != facts.by_caller.end() && share->second.bad > 0;
}

bool is_about_a_wait(Verdict verdict) {
  return verdict == Verdict::app_hung || verdict == Verdict::app_infinite_loop ||
         verdict == Verdict::app_slow_version || verdict == Verdict::host_overloaded ||
         verdict == Verdict::app_failing_version || verdict == Verdict::network_latency ||
         verdict == Verdict::undetermined;
}

/// Requests pile up in a caller that waits for its callee, and in that one's callers.
bool waits_for(const Facts& facts, const Finding& finding, const Facts& other,
               const CallGraph& graph) {
  return facts.end == nullptr && is_about_a_wait(finding.verdict) &&
         graph.reaches(facts.episode->callee, other.episode->callee) &&
         is_within(*facts.episode, *other.episode);
}

bool takes_cpu(const Finding& finding) {
  return finding.verdict == Verdict::host_overloaded ||
         finding.verdict == Verdict::app_infinite_loop;
}

/// A caller without CPU sends late and reads late: the way to its callees looks slow.
bool is_late_at_the_caller(const Facts& facts, const Finding& finding, const Facts& other,
                           const Finding& cause) {
  return finding.verdict == Verdict::network_latency && takes_cpu(cause) &&
         calls(facts, other.episode->callee) && is_within(*facts.episode, *other.episode);
}

/// Of several services on one host, the one that suffers most stands for it.
bool shares_the_host(const Facts& facts, const Finding& finding, const Facts& other,
                     const Finding& cause) {
  const bool is_of_task = other.shortage.kind == Shortage::Kind::task_cpu ||
                          other.shortage.kind == Shortage::Kind::task_memory;
  const bool is_same = !facts.host.empty() && facts.host == other.host && !is_of_task;
  return is_same && takes_cpu(cause) && finding.verdict != cause.verdict
             ? facts.end == nullptr && is_within(*facts.episode, *other.episode) &&
                   is_about_a_wait(finding.verdict)
             : is_same && finding.verdict == Verdict::host_overloaded &&
                   cause.verdict == Verdict::host_overloaded &&
                   facts.episode->symptoms.size() < other.episode->symptoms.size();
}

}  // namespace

void mark_consequences(const std::vector<Facts>& facts, const Symptoms& symptoms,
                       std::vector<Finding>& findings) {
  const CallGraph graph(symptoms);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    for (std::size_t k = 0; k < findings.size(); ++k) {
      if (i == k || !findings[k].consequence_of.empty()) continue;
      if (facts[i].episode->callee == facts[k].episode->callee) continue;
      const bool is_one = waits_for(facts[i], findings[i], facts[k], graph) ||
                          is_late_at_the_caller(facts[i], findings[i], facts[k], findings[k]) ||
                          shares_the_host(facts[i], findings[i], facts[k], findings[k]);
      if (is_one) findings[i].consequence_of = findings[k].hop;
    }
  }
}

}  // namespace hoplab::report::diagnosis
