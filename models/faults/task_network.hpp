// What the network faults of tasks have in common: where the rules go, whose packets they mean.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/faults/fault.hpp"
#include "models/vpc/traffic_control.hpp"

namespace hoplab::models::faults {

/// The addresses behind a list with commas: addresses, blocks, and names of services ("b", or
/// "b.local"), which stand for the tasks that they have now. Empty for "" and "0.0.0.0/0": all.
[[nodiscard]] std::vector<vpc::Cidr> peers_of(Controls& world, const std::string& list);

/// Netem on interfaces, and how to take it off again.
class Netems {
 public:
  void add(Controls& world, vpc::Interface& interface, const vpc::NetemSpec& spec,
           std::string_view fault);
  void remove_all();

 private:
  std::vector<std::pair<vpc::Interface*, const vpc::TrafficControl::Netem*>> added_;
};

/// Ports that drop, likewise.
class Blackholes {
 public:
  void add(vpc::Interface& interface, const vpc::BlackholePort& port);
  void remove_all();

 private:
  std::vector<std::pair<vpc::Interface*, vpc::BlackholePort>> added_;
};

/// Netem on the interfaces of the target's tasks, also of those that start while it acts.
class TaskNetem final : public Fault {
 public:
  using MakeSpec = vpc::NetemSpec (*)(Controls& world, const scenarios::Fault& spec);
  TaskNetem(const scenarios::Fault& spec, MakeSpec make) : spec_(spec), make_(make) {}

  void inject(Controls& world) override;
  void meet(Controls& world, TaskHandle& task) override;
  void heal(Controls& world) override;

 private:
  scenarios::Fault spec_;
  MakeSpec make_;
  Netems netems_;
};

// Rows of parameters that several actions have.
[[nodiscard]] scenarios::FaultAction::Parameter number_between(std::string name,
                                                               std::string default_value,
                                                               std::string meaning,
                                                               std::pair<int, int> range);
[[nodiscard]] scenarios::FaultAction::Parameter some_text(std::string name,
                                                          std::string default_value,
                                                          std::string meaning,
                                                          std::string words = "");
/// What the netem actions of FIS say of whom they hit, as parameters have it; the rest is default.
[[nodiscard]] vpc::NetemSpec netem_on_peers(Controls& world, const scenarios::Fault& spec);
/// The row of such an action: its own parameters, whom it hits, what is said of every action.
[[nodiscard]] scenarios::FaultAction netem_action(
    const std::string& action, std::vector<scenarios::FaultAction::Parameter> own,
    std::string symptom);

/// What FIS adds to each of its network actions on tasks, and the agent's own way to spare peers.
void add_agent_parameters(std::vector<scenarios::FaultAction::Parameter>& parameters);

}  // namespace hoplab::models::faults
