// The SSM documents AWSFIS-Run-Network-*: tc and iptables on a machine.
//
// What a real operator sees: what the task actions of the same name show, for every task of the
// machine at once. The rules are put on the interfaces of its tasks.

#include <memory>

#include "models/faults/task_network.hpp"

namespace hoplab::models::faults {
namespace {

using Parameters = std::vector<scenarios::FaultAction::Parameter>;

constexpr double percent = 100;

scenarios::Fault every_task() {
  scenarios::Fault all;
  all.target = scenarios::every_resource;
  return all;
}

/// The interfaces of the tasks of the machines that the target names.
std::vector<vpc::Interface*> interfaces_of(Controls& world, const scenarios::Fault& spec) {
  std::vector<vpc::Interface*> found;
  const auto machines = world.instances(spec);
  for (TaskHandle* task : world.tasks(every_task())) {
    for (const ec2::Instance* machine : machines) {
      if (&task->instance() == machine) found.push_back(&task->interface());
    }
  }
  return found;
}

class MachineNetem final : public Fault {
 public:
  using MakeSpec = TaskNetem::MakeSpec;
  MachineNetem(const scenarios::Fault& spec, MakeSpec make) : spec_(spec), make_(make) {}

  void inject(Controls& world) override {
    const vpc::NetemSpec netem = make_(world, spec_);
    for (vpc::Interface* interface : interfaces_of(world, spec_)) {
      netems_.add(world, *interface, netem, spec_.name);
    }
  }
  void heal(Controls& /*world*/) override { netems_.remove_all(); }

 private:
  scenarios::Fault spec_;
  MakeSpec make_;
  Netems netems_;
};

class MachineBlackhole final : public Fault {
 public:
  explicit MachineBlackhole(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const vpc::BlackholePort port{
        .port = static_cast<std::uint16_t>(integer_parameter(spec_, "Port")),
        .is_egress = text_parameter(spec_, "TrafficType") == "egress",
        .is_udp = text_parameter(spec_, "Protocol") == "udp",
        .spared = {}};
    for (vpc::Interface* interface : interfaces_of(world, spec_)) {
      blackholes_.add(*interface, port);
    }
  }
  void heal(Controls& /*world*/) override { blackholes_.remove_all(); }

 private:
  scenarios::Fault spec_;
  Blackholes blackholes_;
};

vpc::NetemSpec delay_of(Controls& world, const scenarios::Fault& spec) {
  const bool has_sources = spec.action.ends_with("-Sources");
  vpc::NetemSpec netem;
  netem.delay = std::chrono::milliseconds(integer_parameter(spec, "DelayMilliseconds"));
  if (!has_sources) return netem;
  netem.jitter = std::chrono::milliseconds(integer_parameter(spec, "JitterMilliseconds"));
  netem.peers = peers_of(world, text_parameter(spec, "Sources"));
  return netem;
}

vpc::NetemSpec loss_of(Controls& world, const scenarios::Fault& spec) {
  vpc::NetemSpec netem;
  netem.loss = sim::Ratio(integer_parameter(spec, "LossPercent") / percent);
  if (spec.action.ends_with("-Sources"))
    netem.peers = peers_of(world, text_parameter(spec, "Sources"));
  return netem;
}

FaultKind row(const char* document, Parameters parameters, const char* symptom,
              std::unique_ptr<Fault> (*make)(const scenarios::Fault& spec)) {
  parameters.insert(parameters.begin(),
                    number_between("DurationSeconds", "60", "how long it acts", {1, 43'200}));
  parameters.push_back(some_text("Interface", "eth0", "the document's; of each task"));
  parameters.push_back(some_text("InstallDependencies", "True",
                                 "the document's; tc and iptables are always there", "True|False"));
  return {{.action = std::string("aws:ssm:send-command/") + document,
           .target = scenarios::FaultAction::Target::host,
           .parameters = std::move(parameters),
           .symptom = symptom,
           .fis_equivalent = std::string("aws:ssm:send-command (") + document + ")",
           .length_parameter = "DurationSeconds"},
          make};
}

constexpr const char* late = "answers and calls of the machine's tasks are late by the delay";
constexpr const char* lost = "some requests to and from the machine's tasks take 200 ms more";

std::unique_ptr<Fault> make_delay(const scenarios::Fault& spec) {
  return std::make_unique<MachineNetem>(spec, delay_of);
}
std::unique_ptr<Fault> make_loss(const scenarios::Fault& spec) {
  return std::make_unique<MachineNetem>(spec, loss_of);
}

}  // namespace

FaultKind ssm_network_latency() {
  return row(
      "AWSFIS-Run-Network-Latency",
      {number_between("DelayMilliseconds", "200", "of each packet that leaves", {0, 600'000})},
      late, make_delay);
}

FaultKind ssm_network_latency_sources() {
  return row(
      "AWSFIS-Run-Network-Latency-Sources",
      {number_between("DelayMilliseconds", "200", "of each packet that leaves", {0, 600'000}),
       number_between("JitterMilliseconds", "10", "up to so much more or less", {0, 600'000}),
       some_text("Sources", "0.0.0.0/0", "peers: addresses, blocks, services, with commas"),
       some_text("TrafficType", "egress", "netem delays what leaves alone", "egress")},
      late, make_delay);
}

FaultKind ssm_network_packet_loss() {
  return row("AWSFIS-Run-Network-Packet-Loss",
             {number_between("LossPercent", "7", "of the packets that leave, 1..100 %", {1, 100})},
             lost, make_loss);
}

FaultKind ssm_network_packet_loss_sources() {
  return row("AWSFIS-Run-Network-Packet-Loss-Sources",
             {number_between("LossPercent", "7", "of the packets that leave, 1..100 %", {1, 100}),
              some_text("Sources", "0.0.0.0/0", "peers: addresses, blocks, services, with commas"),
              some_text("TrafficType", "egress", "netem loses what leaves alone", "egress")},
             lost, make_loss);
}

FaultKind ssm_network_blackhole_port() {
  return row(
      "AWSFIS-Run-Network-Blackhole-Port",
      {number_between("Port", "", "whose packets are dropped, 1..65535", {1, 65'535}),
       some_text("Protocol", "tcp", "of UDP, DNS to port 53 alone is simulated", "tcp|udp"),
       some_text("TrafficType", "ingress", "what comes in, or what goes out", "ingress|egress")},
      "connections to the port hang on every task of the machine",
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<MachineBlackhole>(spec);
      });
}

}  // namespace hoplab::models::faults
