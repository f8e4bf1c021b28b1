#include "report/writers/explanation.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "models/ecs/identity.hpp"
#include "models/mesh/translate.hpp"
#include "models/vpc/build_groups.hpp"
#include "scenarios/schema/long_form.hpp"
#include "scenarios/schema/names.hpp"

namespace hoplab::report::writers {
namespace {

using models::vpc::GroupRef;
using scenarios::IpPermission;
using scenarios::Scenario;
using scenarios::Service;
using scenarios::VirtualService;

class Explainer {
 public:
  explicit Explainer(const Scenario& scenario)
      : scenario_(scenario),
        groups_of_(models::vpc::build_groups(scenario, groups_)),
        addresses_(models::ecs::addresses_of(scenario)) {
    for (const Service& service : scenario.services) services_[service.name] = &service;
  }

  [[nodiscard]] std::vector<ExplainedCall> calls() const;

 private:
  [[nodiscard]] ExplainedCall load(const scenarios::Load& load) const;
  void add_call(const Service& caller, const scenarios::Call& call, const VirtualService& callee,
                std::vector<ExplainedCall>& calls) const;
  void judge_network(const Service& caller, const Service& callee, ExplainedCall& call) const;
  [[nodiscard]] models::vpc::FlowEnd end_of(const Service& service) const;
  [[nodiscard]] ExplainedRule rule_at(models::vpc::RuleMatch match, bool is_egress) const;
  [[nodiscard]] std::vector<std::string> ids(const Service& service) const;

  const Scenario& scenario_;
  models::vpc::SecurityGroups groups_;
  models::vpc::GroupsOfServices groups_of_;
  std::map<std::string, std::vector<models::vpc::Ipv4>> addresses_;
  std::map<std::string, const Service*> services_;
};

std::string ports_of(const IpPermission& rule) {
  if (rule.protocol == "-1") return "all traffic";
  if (rule.port_first == rule.port_last) return fmt::format("tcp {}", rule.port_first);
  return fmt::format("tcp {}-{}", rule.port_first, rule.port_last);
}

/// "tcp 8080 from 0.0.0.0/0, sg-a".
std::string describe(const IpPermission& rule, bool is_egress) {
  std::vector<std::string> ends = rule.cidrs;
  ends.insert(ends.end(), rule.group_ids.begin(), rule.group_ids.end());
  return fmt::format("{} {} {}", ports_of(rule), is_egress ? "to" : "from", fmt::join(ends, ", "));
}

ExplainedRule Explainer::rule_at(models::vpc::RuleMatch match, bool is_egress) const {
  const std::string& id = groups_.group(match.group).id;
  const auto& all = scenario_.artefacts.security_groups;
  const auto group = std::ranges::find(all, id, &scenarios::SecurityGroup::group_id);
  HOPLAB_ASSERT(group != all.end(), "every group of the network is one of the scenario");
  // The network keeps the rules for TCP alone.
  std::size_t index = 0;
  for (const IpPermission& rule : is_egress ? group->egress : group->ingress) {
    if (rule.protocol != "tcp" && rule.protocol != "-1") continue;
    if (index++ == match.index) return {id, describe(rule, is_egress), rule.mark};
  }
  HOPLAB_ASSERT(false, "every rule of the network is one of the scenario");
  return {};
}

models::vpc::FlowEnd Explainer::end_of(const Service& service) const {
  const auto& addresses = addresses_.at(service.name);
  models::vpc::FlowEnd end;
  if (!addresses.empty()) end.address = addresses.front();
  end.groups = &groups_of_.at(service.name);
  return end;
}

std::vector<std::string> Explainer::ids(const Service& service) const {
  std::vector<std::string> ids;
  for (const GroupRef ref : groups_of_.at(service.name)) ids.push_back(groups_.group(ref).id);
  return ids;
}

void Explainer::judge_network(const Service& caller, const Service& callee,
                              ExplainedCall& call) const {
  call.port = callee.port;
  call.caller_groups = ids(caller);
  call.callee_groups = ids(callee);
  const auto& callers = groups_of_.at(caller.name);
  const auto& callees = groups_of_.at(callee.name);
  if (const auto rule = groups_.egress_rule(callers, end_of(callee), callee.port)) {
    call.egress = rule_at(*rule, true);
  }
  if (const auto rule = groups_.ingress_rule(callees, end_of(caller), callee.port)) {
    call.ingress = rule_at(*rule, false);
  }
  call.is_tracked = !groups_.is_untracked_inbound(callees, callee.port);
}

ExplainedCall Explainer::load(const scenarios::Load& load) const {
  const Service& callee = *services_.at(load.to);
  ExplainedCall call;
  call.caller = load.name;
  call.is_load = true;
  call.name = callee.name;
  call.host = models::mesh::authority_of(callee);
  call.what = load.method + " " + load.path;
  call.callee = callee.name;
  call.hops = scenarios::hop_path({load.name, true, callee.name, scenario_.has_mesh});
  return call;
}

/// The route that a path takes: the longest prefix.
const scenarios::Route* route_of(const VirtualService& service, const std::string& path) {
  const scenarios::Route* longest = nullptr;
  for (const scenarios::Route& route : service.routes) {
    if (!path.starts_with(route.prefix)) continue;
    if (longest == nullptr || route.prefix.size() > longest->prefix.size()) longest = &route;
  }
  return longest;
}

void Explainer::add_call(const Service& caller, const scenarios::Call& call,
                         const VirtualService& callee, std::vector<ExplainedCall>& calls) const {
  const scenarios::Route* route = route_of(callee, call.path);
  if (route == nullptr) return;
  std::uint32_t sum = 0;
  for (const auto& target : route->targets) sum += target.weight;
  for (const auto& target : route->targets) {
    const Service& service = *services_.at(target.service);
    ExplainedCall explained;
    explained.caller = caller.name;
    explained.name = callee.name;
    explained.host = models::mesh::authority_of(callee);
    explained.what = call.method + " " + call.path;
    explained.callee = service.name;
    if (route->targets.size() > 1) explained.share = fmt::format("{} of {}", target.weight, sum);
    explained.hops = scenarios::hop_path({caller.name, false, service.name, scenario_.has_mesh});
    explained.network_hop = explained.hops[scenario_.has_mesh ? 1 : 0];
    judge_network(caller, service, explained);
    calls.push_back(std::move(explained));
  }
}

std::vector<ExplainedCall> Explainer::calls() const {
  std::vector<ExplainedCall> calls;
  for (const scenarios::Load& one : scenario_.workload) calls.push_back(load(one));
  for (const Service& caller : scenario_.services) {
    for (const scenarios::Call& call : caller.calls) {
      const auto& all = scenario_.virtual_services;
      const auto callee = std::ranges::find(all, call.to, &VirtualService::name);
      if (callee != all.end()) add_call(caller, call, *callee, calls);
    }
  }
  return calls;
}

std::vector<std::string> simulated_parts(const Scenario& scenario) {
  std::vector<std::string> parts;
  for (const auto& definition : scenario.artefacts.task_definitions) {
    std::vector<std::string> containers;
    for (const auto& container : definition.containers) containers.push_back(container.name);
    parts.push_back(
        fmt::format("task definition {}:{}: its size, containers ({}), ports, {}log "
                    "drivers, stop time-outs",
                    definition.family, definition.revision, fmt::join(containers, ", "),
                    definition.proxy_container.empty() ? "" : "proxy, "));
  }
  for (const auto& group : scenario.artefacts.security_groups) {
    parts.push_back(fmt::format("security group {}: its rules for TCP on IPv4", group.group_id));
  }
  if (!scenario.has_mesh) return parts;
  for (const auto& service : scenario.virtual_services) {
    parts.push_back(fmt::format(
        "virtual service {}: {}", service.hostname,
        service.router.empty() ? "its virtual node" : "prefixes, weights, time-outs, retries"));
  }
  return parts;
}

}  // namespace

Explanation explain(const Scenario& scenario, std::vector<sim::Diagnostic> warnings) {
  Explanation explanation;
  explanation.scenario = scenario.name;
  explanation.file = scenario.file;
  explanation.long_form = scenarios::long_form(scenario);
  explanation.calls = Explainer(scenario).calls();
  explanation.simulated = simulated_parts(scenario);
  explanation.accepted_not_simulated = scenario.artefacts.accepted_not_simulated;
  explanation.warnings = std::move(warnings);
  return explanation;
}

}  // namespace hoplab::report::writers
