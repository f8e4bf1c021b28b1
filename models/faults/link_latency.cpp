// The path between two services' machines gets longer, in both directions.
//
// What a real operator sees: the caller's Envoy takes 2 x delay longer per request (and another
// 2 x delay where it has to connect), while the target's own DURATION stays as it was: the gap
// between the two is the network. Nothing fails until the round trip reaches the connect time-out.

#include <utility>
#include <vector>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class LinkLatency final : public Fault {
 public:
  explicit LinkLatency(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const sim::Duration delay = duration_parameter(spec_, "delay");
    for (const auto& [from, to] : world.links(spec_)) {
      longer_.emplace_back(from->host, to->host);
      longer_.emplace_back(to->host, from->host);
    }
    for (const auto& [from, to] : longer_) lengthen(world.platform(), from, to, delay);
  }

  void heal(Controls& world) override {
    const sim::Duration delay = duration_parameter(spec_, "delay");
    for (const auto& [from, to] : longer_) lengthen(world.platform(), from, to, -delay);
    longer_.clear();
  }

 private:
  static void lengthen(sim::Platform& platform, sim::HostId from, sim::HostId to,
                       sim::Duration change) {
    platform.set_latency(from, to, platform.latency(from, to) + change);
  }

  scenarios::Fault spec_;
  std::vector<std::pair<sim::HostId, sim::HostId>> longer_;
};

}  // namespace

FaultKind link_latency() {
  return {{.action = "hoplab:link:latency",
           .target = scenarios::FaultAction::Target::link,
           .parameters = {{.name = "delay",
                           .type = scenarios::FaultAction::Type::duration,
                           .required = true,
                           .default_value = "",
                           .meaning = "added to each direction, one way; for example 200ms",
                           .minimum = 0,
                           .maximum = 0}},
           .symptom = "the caller's Envoy is slower by twice the delay, the target's is not",
           .fis_equivalent = "aws:ecs:task-network-latency (which delays egress only)"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<LinkLatency>(spec);
          }};
}

}  // namespace hoplab::models::faults
