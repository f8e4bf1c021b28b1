// Machines: `hosts`, and `infrastructure.containerInstances` in the words of EC2.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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

/// What EC2 has no word for: `infrastructure.containerInstances` has it under `simulate`.
void read_simulated(const Section& section, Host& host, Draft& draft) {
  section.take("clockOffset", read_signed_duration, host.clock_offset);
  section.take("reservedMemory", read_bytes, host.reserved_memory);
  section.take("trackedConnections", integer_in<std::uint32_t>(1, 100'000'000), host.conntrack_max);
  std::optional<Ratio> network_credits;
  section.take("networkCredits", read_ratio, network_credits);
  if (network_credits) host.network_credits = network_credits->value();
  const Node* balance = section.find("cpuCreditBalance");
  if (balance == nullptr) return;
  constexpr double credits_max = 4608;  // Of the largest type.
  host.cpu_credits =
      read_number(*balance, {.above = -0.001, .maximum = credits_max}, draft.diagnostics);
  if (is_burstable(host.instance_type)) return;
  draft.diagnostics.error(balance->mark, "E0412",
                          fmt::format("{} has no CPU credits", host.instance_type),
                          "t2, t3 and t4g have them");
}

void read_credits(const Node& node, Host& host, Draft& draft) {
  const Section section(node, "'creditSpecification'", {"cpuCredits"}, draft.diagnostics);
  section.require("cpuCredits", "write standard or unlimited");
  section.take("cpuCredits", choice_of<bool>({{"standard", false}, {"unlimited", true}}),
               host.has_unlimited_credits);
  if (is_burstable(host.instance_type)) return;
  draft.diagnostics.error(node.mark, "E0412",
                          fmt::format("{} has no CPU credits", host.instance_type),
                          "t2, t3 and t4g have them");
}

std::vector<std::string> keys_of(bool is_instance) {
  std::vector<std::string> keys = {"instanceType", "subnet", "creditSpecification"};
  for (const char* key : {"clockOffset", "cpuCreditBalance", "reservedMemory", "networkCredits",
                          "trackedConnections"}) {
    if (!is_instance) keys.emplace_back(key);
  }
  if (is_instance) keys.emplace_back("simulate");
  return keys;
}

void read_host(const Node::Entry& entry, bool is_instance, Draft& draft) {
  const auto& [key, value] = entry;
  check_name(key.name, key.mark, "a host", draft.diagnostics);
  Host host;
  host.mark = key.mark;
  host.name = key.name;
  const std::vector<std::string> keys = keys_of(is_instance);
  const Section section(value, fmt::format("host '{}'", shown(key.name)), keys, draft.diagnostics);
  if (const Node* type = section.find("instanceType")) {
    const auto index = read_choice(*type, instance_types(), draft.diagnostics);
    if (index) host.instance_type = instance_types()[*index];
  }
  host.has_unlimited_credits = !host.instance_type.starts_with("t2.");
  read_simulated(section, host, draft);
  if (const Node* simulate = section.find("simulate")) {
    const Section inner(*simulate, "'simulate'",
                        {"clockOffset", "cpuCreditBalance", "reservedMemory", "networkCredits",
                         "trackedConnections"},
                        draft.diagnostics);
    read_simulated(inner, host, draft);
  }
  if (const Node* credits = section.find("creditSpecification")) {
    read_credits(*credits, host, draft);
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
