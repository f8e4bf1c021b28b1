// Machines: `hosts`, and `infrastructure.containerInstances` in the words of EC2.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

void read_subnet(const Node& node, Host& host, Draft& draft) {
  const auto name = read_text(node, draft.diagnostics);
  if (!name) return;
  host.subnet = *name;
  std::vector<std::string> known;
  for (const Subnet& subnet : draft.scenario.subnets) known.push_back(subnet.name);
  if (std::ranges::find(known, *name) != known.end()) return;
  std::string hint = hint_for(*name, known, draft.diagnostics);
  if (hint.empty()) hint = "infrastructure.subnets names none";
  draft.diagnostics.error(node.mark, "E0423", fmt::format("there is no subnet '{}'", shown(*name)),
                          std::move(hint));
}

/// Clocks are no business of EC2's: there they stand under `simulate`.
void read_host(const Node::Entry& entry, bool is_instance, Draft& draft) {
  const auto& [key, value] = entry;
  check_name(key.name, key.mark, "a host", draft.diagnostics);
  Host host;
  host.mark = key.mark;
  host.name = key.name;
  const Section section(value, fmt::format("host '{}'", shown(key.name)),
                        {"instanceType", "subnet", is_instance ? "simulate" : "clockOffset"},
                        draft.diagnostics);
  section.take("clockOffset", read_signed_duration, host.clock_offset);
  if (const Node* simulate = section.find("simulate")) {
    const Section inner(*simulate, "'simulate'", {"clockOffset"}, draft.diagnostics);
    inner.take("clockOffset", read_signed_duration, host.clock_offset);
  }
  if (const Node* type = section.find("instanceType")) {
    const auto index = read_choice(*type, instance_types(), draft.diagnostics);
    if (index) host.instance_type = instance_types()[*index];
  }
  if (const Node* subnet = section.find("subnet")) read_subnet(*subnet, host, draft);
  const auto& hosts = draft.scenario.hosts;
  if (std::ranges::find(hosts, host.name, &Host::name) != hosts.end()) {
    draft.diagnostics.error(key.mark, "E0411", fmt::format("a second host '{}'", shown(key.name)),
                            "leave one of them out");
    return;
  }
  draft.scenario.hosts.push_back(std::move(host));
}

void read_all(const Node* node, const char* key, bool are_instances, Draft& draft) {
  if (node == nullptr) return;
  if (node->kind != Node::Kind::mapping) {
    draft.diagnostics.error(node->mark, "E0203",
                            fmt::format("'{}' wants a mapping from names to hosts", key),
                            fmt::format("write {}: {{NAME: {{instanceType: m5.large}}}}", key));
    return;
  }
  for (const Node::Entry& entry : node->entries) read_host(entry, are_instances, draft);
}

}  // namespace

void read_hosts(const Section& top, Draft& draft) {
  read_all(top.find("hosts"), "hosts", false, draft);
  const Node* infrastructure = top.find("infrastructure");
  if (infrastructure == nullptr) return;
  read_all(infrastructure->find("containerInstances"), "containerInstances", true, draft);
}

}  // namespace hoplab::scenarios
