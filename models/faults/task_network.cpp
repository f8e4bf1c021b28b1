#include "models/faults/task_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace hoplab::models::faults {
namespace {

constexpr int address_bits = 32;

std::vector<vpc::Cidr> tasks_named(Controls& world, std::string_view name) {
  scenarios::Fault all;
  all.target = std::string(name.substr(0, name.find('.')));
  std::vector<vpc::Cidr> found;
  for (TaskHandle* task : world.tasks(all)) {
    found.push_back({task->interface().address, address_bits});
  }
  return found;
}

vpc::TrafficControl& control_of(vpc::Interface& interface) {
  if (!interface.control) interface.control = std::make_unique<vpc::TrafficControl>();
  return *interface.control;
}

void tidy(vpc::Interface& interface) {
  if (interface.control && interface.control->is_idle()) interface.control.reset();
}

}  // namespace

std::vector<vpc::Cidr> peers_of(Controls& world, const std::string& list) {
  std::vector<vpc::Cidr> peers;
  if (list == "0.0.0.0/0") return peers;
  for (std::size_t from = 0; from < list.size();) {
    const std::size_t to = std::min(list.find(',', from), list.size());
    std::string_view word = std::string_view(list).substr(from, to - from);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (const auto block = vpc::parse_cidr(word)) {
      peers.push_back(*block);
    } else if (!word.empty()) {
      const std::vector<vpc::Cidr> tasks = tasks_named(world, word);
      peers.insert(peers.end(), tasks.begin(), tasks.end());
      // A name that leads nowhere means nobody, not everybody.
      if (tasks.empty()) peers.push_back({vpc::Ipv4{0}, address_bits});
    }
    from = to + 1;
  }
  return peers;
}

void Netems::add(Controls& world, vpc::Interface& interface, const vpc::NetemSpec& spec,
                 std::string_view fault) {
  const std::string stream = fmt::format("netem/{}/{}", fault, vpc::to_string(interface.address));
  auto& netem =
      control_of(interface).add(spec, sim::Rng::stream(world.sim_engine().seed(), stream));
  added_.emplace_back(&interface, &netem);
}

void Netems::remove_all() {
  for (const auto& [interface, netem] : added_) {
    interface->control->remove(*netem);
    tidy(*interface);
  }
  added_.clear();
}

void Blackholes::add(vpc::Interface& interface, const vpc::BlackholePort& port) {
  control_of(interface).add(port);
  added_.emplace_back(&interface, port);
}

void Blackholes::remove_all() {
  for (const auto& [interface, port] : added_) {
    interface->control->remove(port);
    tidy(*interface);
  }
  added_.clear();
}

void TaskNetem::inject(Controls& world) {
  for (TaskHandle* task : world.tasks(spec_)) meet(world, *task);
}

void TaskNetem::meet(Controls& world, TaskHandle& task) {
  netems_.add(world, task.interface(), make_(world, spec_), spec_.name);
}

void TaskNetem::heal(Controls& /*world*/) { netems_.remove_all(); }

scenarios::FaultAction::Parameter number_between(std::string name, std::string default_value,
                                                 std::string meaning, std::pair<int, int> range) {
  auto row = whole_number(std::move(name), std::move(default_value), std::move(meaning),
                          {range.first, range.second});
  row.required = row.default_value.empty();
  return row;
}

scenarios::FaultAction::Parameter some_text(std::string name, std::string default_value,
                                            std::string meaning, std::string words) {
  return {.name = std::move(name),
          .type = scenarios::FaultAction::Type::text,
          .required = false,
          .default_value = std::move(default_value),
          .meaning = std::move(meaning),
          .words = std::move(words)};
}

vpc::NetemSpec netem_on_peers(Controls& world, const scenarios::Fault& spec) {
  vpc::NetemSpec netem;
  netem.peers = peers_of(world, text_parameter(spec, "sources"));
  netem.spared = peers_of(world, text_parameter(spec, "sourcesToFilter"));
  netem.flows_percent = static_cast<std::uint32_t>(integer_parameter(spec, "flowsPercent"));
  return netem;
}

scenarios::FaultAction netem_action(const std::string& action,
                                    std::vector<scenarios::FaultAction::Parameter> own,
                                    std::string symptom) {
  own.push_back(some_text("sources", "0.0.0.0/0",
                          "peers: addresses, blocks, services, with commas; 0.0.0.0/0: all"));
  own.push_back(
      number_between("flowsPercent", "100", "share of the connections, 1..100 %", {1, 100}));
  add_agent_parameters(own);
  return {.action = action,
          .target = scenarios::FaultAction::Target::service,
          .parameters = std::move(own),
          .symptom = std::move(symptom),
          .fis_equivalent = action,
          .asks = scenarios::FaultAction::Asks::fault_injection_or_pid_mode,
          .is_alone_on_task = true};
}

void add_agent_parameters(std::vector<scenarios::FaultAction::Parameter>& parameters) {
  parameters.push_back(some_text(
      "sourcesToFilter", "", "the agent's SourcesToFilter: peers that are spared, with commas"));
  parameters.push_back({.name = "useEcsFaultInjectionEndpoints",
                        .type = scenarios::FaultAction::Type::boolean,
                        .required = false,
                        .default_value = "false",
                        .meaning = "FIS's; the rules are the same either way"});
  parameters.push_back({.name = "installDependencies",
                        .type = scenarios::FaultAction::Type::boolean,
                        .required = false,
                        .default_value = "true",
                        .meaning = "FIS's; tc and iptables are always there"});
}

}  // namespace hoplab::models::faults
