#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"

namespace hoplab::scenarios {
namespace {

/// The route that a path takes: that with the longest prefix. Null when none fits.
const Route* route_of(const VirtualService& virtual_service, const std::string& path) {
  const Route* longest = nullptr;
  for (const Route& route : virtual_service.routes) {
    if (!path.starts_with(route.prefix)) continue;
    if (longest == nullptr || route.prefix.size() > longest->prefix.size()) longest = &route;
  }
  return longest;
}

/// Who calls whom, services by their index.
class CallGraph {
 public:
  /// One service behind a call, and the share of the call's requests that it gets.
  struct Callee {
    std::size_t service = 0;
    double share = 0;
    const Call* call = nullptr;
  };

  explicit CallGraph(const Scenario& scenario) : services_(scenario.services) {
    std::map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < services_.size(); ++i) index.emplace(services_[i].name, i);
    std::map<std::string_view, const VirtualService*> routed;
    for (const VirtualService& it : scenario.virtual_services) routed.emplace(it.name, &it);
    callees_.resize(services_.size());
    for (std::size_t i = 0; i < services_.size(); ++i) {
      for (const Call& call : services_[i].calls) add(i, call, *routed.at(call.to), index);
    }
    state_.resize(services_.size(), State::unseen);
    for (std::size_t i = 0; i < services_.size(); ++i) {
      if (state_[i] == State::unseen) walk(i);
    }
    std::reverse(order_.begin(), order_.end());
  }

  struct Cycle {
    const Call* closing = nullptr;  ///< The call that leads back.
    std::string text;               ///< "a -> b -> a".
  };
  [[nodiscard]] const std::vector<Cycle>& cycles() const { return cycles_; }
  /// Callers before callees; of use only where there is no cycle.
  [[nodiscard]] const std::vector<std::size_t>& order() const { return order_; }
  [[nodiscard]] const std::vector<Callee>& callees(std::size_t caller) const {
    return callees_[caller];
  }

 private:
  enum class State { unseen, open, done };

  void add(std::size_t caller, const Call& call, const VirtualService& virtual_service,
           const std::map<std::string_view, std::size_t>& index) {
    const Route* route = route_of(virtual_service, call.path);
    if (route == nullptr) return;
    double sum = 0;
    for (const WeightedTarget& target : route->targets) sum += target.weight;
    for (const WeightedTarget& target : route->targets) {
      if (target.weight == 0) continue;
      callees_[caller].push_back({index.at(target.service), target.weight / sum, &call});
    }
  }

  /// Depth first with a stack of our own: a chain may be thousands of services long.
  void walk(std::size_t root) {
    std::vector<std::pair<std::size_t, std::size_t>> stack = {{root, 0}};
    state_[root] = State::open;
    while (!stack.empty()) {
      const std::size_t at = stack.back().first;
      const std::size_t next = stack.back().second;
      if (next == callees_[at].size()) {
        state_[at] = State::done;
        order_.push_back(at);
        stack.pop_back();
        continue;
      }
      ++stack.back().second;
      const std::size_t callee = callees_[at][next].service;
      if (state_[callee] == State::open) note_cycle(stack, callee, *callees_[at][next].call);
      if (state_[callee] != State::unseen) continue;
      state_[callee] = State::open;
      stack.emplace_back(callee, 0);
    }
  }

  void note_cycle(const std::vector<std::pair<std::size_t, std::size_t>>& stack, std::size_t callee,
                  const Call& closing) {
    const auto from = std::find_if(stack.begin(), stack.end(),
                                   [&](const auto& entry) { return entry.first == callee; });
    constexpr std::ptrdiff_t shown_max = 8;
    std::string text;
    const auto end = stack.end() - from > shown_max ? from + shown_max : stack.end();
    for (auto it = from; it != end; ++it) text += services_[it->first].name + " -> ";
    if (end != stack.end()) text += "... -> ";
    cycles_.push_back({&closing, text + services_[callee].name});
  }

  const std::vector<Service>& services_;
  std::vector<std::vector<Callee>> callees_;
  std::vector<State> state_;
  std::vector<std::size_t> order_;
  std::vector<Cycle> cycles_;
};

/// The highest rate that the load ever has.
double most_of(const Scenario& scenario, const Load& load) {
  const double rate = load.rate.value();
  if (load.ramp_to) return std::max(rate, load.ramp_to->value());
  if (!load.diurnal) return rate;
  // The weekdays that the run touches: all of them after a week.
  const auto first = std::chrono::floor<std::chrono::days>(scenario.start_time);
  const auto last = std::chrono::floor<std::chrono::days>(scenario.start_time + scenario.duration);
  double factor = 0;
  for (auto day = first; day <= std::min(last, first + std::chrono::days(6));
       day += std::chrono::days(1)) {
    const std::size_t weekday = std::chrono::weekday(day).iso_encoding() - 1;
    factor = std::max(factor, load.diurnal->weekday[weekday]);
  }
  return rate * (1 + load.diurnal->amplitude.value()) * factor;
}

/// Requests per second at each service while the loads that run at `instant` run.
std::vector<double> offered(const Scenario& scenario, const CallGraph& graph, Duration instant) {
  std::map<std::string_view, double> by_name;
  for (const Load& load : scenario.workload) {
    const bool runs =
        load.start <= instant && (!load.duration || instant < load.start + *load.duration);
    if (runs) by_name[load.to] += most_of(scenario, load);
  }
  std::vector<double> rates(scenario.services.size(), 0);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (const auto own = by_name.find(scenario.services[i].name); own != by_name.end()) {
      rates[i] = own->second;
    }
  }
  for (const std::size_t caller : graph.order()) {
    for (const CallGraph::Callee& callee : graph.callees(caller)) {
      rates[callee.service] += rates[caller] * callee.share;
    }
  }
  return rates;
}

/// The most requests per second that each service gets at any one time. Closed loops are left
/// out: they slow down by themselves.
std::vector<double> peaks(const Scenario& scenario, const CallGraph& graph) {
  std::vector<double> most(scenario.services.size(), 0);
  std::vector<Duration> starts;
  for (const Load& load : scenario.workload) starts.push_back(load.start);
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  // More moments than these would cost more time than they tell.
  if (starts.size() > 64) starts.resize(64);
  for (const Duration start : starts) {
    const std::vector<double> rates = offered(scenario, graph, start);
    for (std::size_t i = 0; i < most.size(); ++i) most[i] = std::max(most[i], rates[i]);
  }
  return most;
}

void check_size(Draft& draft, double requests_per_second) {
  constexpr double requests_max = 1e9;
  const Scenario& scenario = draft.scenario;
  if (requests_per_second * sim::in_seconds(scenario.duration) <= requests_max) return;
  draft.diagnostics.error(scenario.workload.front().mark, "E0416",
                          "the scenario makes more than 1000000000 requests, calls included",
                          "lower the rate, the duration or the number of calls");
}

/// Envoy's CPU is the task's too: it passes each request in, and each call out.
void warn_of_busy_tasks(Draft& draft, const std::vector<double>& rates) {
  constexpr double busy_share = 0.7;
  const Scenario& scenario = draft.scenario;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const Service& service = scenario.services[i];
    const double vcpus = static_cast<double>(service.cpu.count()) / 1024 * service.desired_count;
    if (vcpus <= 0) continue;
    const auto passes = static_cast<double>(1 + service.calls.size());
    const double envoy = scenario.has_mesh ? sim::in_seconds(service.envoy.service_time) : 0;
    const double work = sim::in_seconds(mean_of(service.service_cpu)) + passes * envoy;
    const double share = rates[i] * work / vcpus;
    if (share <= busy_share) continue;
    draft.diagnostics.warning(
        service.mark, "W0601",
        fmt::format("the load needs {:.0f} % of the CPU of service '{}'", share * 100,
                    service.name),
        fmt::format("{:.4g} requests/s of {} each on {:.4g} vCPU; above 70 % it queues", rates[i],
                    sim::format_rounded(sim::seconds_to_duration(work)), vcpus));
  }
}

/// With a mesh, the caller's Envoy says that there is no healthy upstream; without one, nobody is
/// there to say anything.
void check_callees(Draft& draft) {
  if (draft.scenario.has_mesh) return;
  std::set<std::string_view> empty;
  for (const Service& service : draft.scenario.services) {
    if (service.desired_count == 0) empty.insert(service.name);
  }
  for (const Service& service : draft.scenario.services) {
    for (const Call& call : service.calls) {
      if (!empty.contains(call.to)) continue;
      draft.diagnostics.error(call.mark, "E0412",
                              fmt::format("service '{}' has no task that could answer", call.to),
                              "its desiredCount is 0, and without a mesh its name leads nowhere");
    }
  }
}

}  // namespace

void check_whole(Draft& draft) {
  check_callees(draft);
  const CallGraph graph(draft.scenario);
  for (const CallGraph::Cycle& cycle : graph.cycles()) {
    draft.diagnostics.error(cycle.closing->mark, "E0409",
                            fmt::format("these calls never end: {}", cycle.text),
                            "take one of them out");
  }
  if (!graph.cycles().empty() || draft.scenario.workload.empty()) return;
  const std::vector<double> rates = peaks(draft.scenario, graph);
  double sum = 0;
  for (const double rate : rates) sum += rate;
  check_size(draft, sum);
  if (!draft.diagnostics.has_errors()) warn_of_busy_tasks(draft, rates);
}

}  // namespace hoplab::scenarios
