// The path between two services' machines loses packets.
//
// What a real operator sees: most requests are as fast as ever, some take 200 ms more (a lost
// request or answer waits for its retransmission), a few 600 ms, and where a SYN is lost the Envoy
// gives up before the kernel repeats it: UF now and then. The target's own DURATION is as it was,
// or its answer is on time at home and late at the caller. Nothing in the mesh counts it.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class LinkLoss final : public Fault {
 public:
  explicit LinkLoss(const scenarios::Fault& spec)
      : spec_(spec),
        there_(ratio_parameter(spec, "loss")),
        back_(spec.parameters.contains("replyLoss") ? ratio_parameter(spec, "replyLoss") : there_) {
  }

  void inject(Controls& world) override {
    for (const auto& [from, to] : world.links(spec_)) {
      lose(world, from->host, to->host, there_);
      lose(world, to->host, from->host, back_);
    }
  }

  void heal(Controls& /*world*/) override {
    for (const auto& [path, loss] : losing_) path->remove_loss(loss);
    losing_.clear();
  }

 private:
  void lose(Controls& world, sim::HostId from, sim::HostId to, sim::Ratio loss) {
    if (loss.value() <= 0) return;
    vpc::Path& path = world.paths().at(from, to);
    path.add_loss(loss);
    losing_.emplace_back(&path, loss);
  }

  scenarios::Fault spec_;
  sim::Ratio there_;
  sim::Ratio back_;
  std::vector<std::pair<vpc::Path*, sim::Ratio>> losing_;
};

}  // namespace

FaultKind link_loss() {
  using Type = scenarios::FaultAction::Type;
  return {
      {.action = "hoplab:link:loss",
       .target = scenarios::FaultAction::Target::link,
       .parameters = {{.name = "loss",
                       .type = Type::ratio,
                       .required = true,
                       .default_value = "",
                       .meaning = "share of the packets that get lost, 0%..100%",
                       .minimum = 0,
                       .maximum = 0},
                      {.name = "replyLoss",
                       .type = Type::ratio,
                       .required = false,
                       .default_value = "",
                       .meaning = "the same on the way back; as loss where not given",
                       .minimum = 0,
                       .maximum = 0}},
       .symptom = "some requests take 200 ms more at the caller's Envoy and not at the target's; "
                  "UF where a SYN is lost",
       .fis_equivalent = "aws:ecs:task-network-packet-loss (which loses egress only)"},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<LinkLoss>(spec);
      }};
}

}  // namespace hoplab::models::faults
